/* userkey - the private key we log in with, parsed once and used for every node
 *
 * ed25519 and ECDSA keys, in OpenSSH's own format or PEM, without a passphrase.
 * What it can not use it refuses with a sentence that says what to do.
 */
#ifndef CONTROLLER_USERKEY_H
#define CONTROLLER_USERKEY_H

#include <stddef.h>

struct fail;
struct userkey;

/* A key file larger than this is not a key file. */
#define USERKEY_FILE_MAX_BYTES ((size_t)64 << 10)

/* Read the key in this file.  FAIL_KEY_FILE or FAIL_MEMORY. */
int userkey_new(const char *path, struct userkey **key, struct fail *why);

/* NULL is allowed. */
void userkey_free(struct userkey *key);

const char *userkey_path(const struct userkey *key);

/* The public half as SSH sends it: string type, then the numbers.  Borrowed. */
const unsigned char *userkey_blob(const struct userkey *key, size_t *len_bytes);

/* Sign; *sig is malloc'ed and the caller's: the bare signature of SSH, without the
 * name of the algorithm.  -1 when OpenSSL can not.
 */
int userkey_sign(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                 unsigned char **sig, size_t *sig_bytes);

#endif
