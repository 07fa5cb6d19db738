/* algorithms - what we offer when libssh2 logs in, best first
 *
 * Elliptic curves only: a finite-field exchange costs up to 30 ms of CPU per node.
 */
#ifndef CONTROLLER_ALGORITHMS_H
#define CONTROLLER_ALGORITHMS_H

#define ALGORITHMS_KEX                                                   \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256," \
    "ecdh-sha2-nistp521,ecdh-sha2-nistp384"
#define ALGORITHMS_CIPHERS \
    "aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define ALGORITHMS_MACS                                          \
    "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com," \
    "hmac-sha2-512-etm@openssh.com"

/* Of host keys and ours; RSA besides, where libssh2 can. */
#define ALGORITHMS_KEYS \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"

#endif
