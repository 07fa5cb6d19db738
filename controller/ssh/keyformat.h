/* keyformat - the text of a key file -> what SSH and OpenSSL make of it
 *
 * OpenSSL reads PEM but not OpenSSH's own format ("BEGIN OPENSSH PRIVATE KEY"), so
 * that one is read here: openssh-key-v1; ed25519, ECDSA and RSA.  A key with a
 * passphrase is not opened, and nobody is asked: what its file shows of the public half
 * is enough to find it in an ssh-agent.  So is a public key file.
 */
#ifndef CONTROLLER_KEYFORMAT_H
#define CONTROLLER_KEYFORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct evp_pkey_st;
struct fail;

/* The largest public key that is taken: RSA of 16384 bits is 2 KiB. */
#define KEYFORMAT_PUBLIC_MAX_BYTES ((size_t)8 << 10)

/* Exactly one of the two is there, or none for a PEM with a passphrase, which hides
 * both.
 */
struct keyformat {
    struct evp_pkey_st *secret;
    unsigned char *public_half; /* as SSH sends it: string type, then the numbers */
    size_t public_bytes;
    bool is_locked; /* it has a passphrase */
};

/* On -1 nothing is to be cleared: FAIL_KEY_FILE says what is wrong with the key, without
 * the name of the file; or FAIL_MEMORY.
 */
int keyformat_parse(const char *text, size_t len_bytes, struct keyformat *parsed,
                    struct fail *why);

void keyformat_clear(struct keyformat *parsed);

#endif
