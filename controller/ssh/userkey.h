/* userkey - one of our keys: its public half, and who signs with it
 *
 * From a file that has the private half: then it is read once, and userkey_sign() signs,
 * with no bytes kept but OpenSSL's.  Otherwise (a key with a passphrase, a public key
 * file, what an ssh-agent lists) an ssh-agent signs, and only the public half is here.
 *
 *     userkey_new("/home/me/.ssh/id_ed25519", &key, why);
 *     userkey_offer(key, banner, &blob, why);        what to show to this server
 *     userkey_sign(key, data, n, &sig, &sig_bytes);  or ask the agent, with
 *     userkey_scheme(key, data, n, &scheme);         the algorithm that is wanted
 */
#ifndef CONTROLLER_USERKEY_H
#define CONTROLLER_USERKEY_H

#include <stdbool.h>
#include <stddef.h>

struct blob;
struct fail;
struct userkey;

/* A key file larger than this is not a key file. */
#define USERKEY_FILE_MAX_BYTES ((size_t)64 << 10)

/* Read the key in this file, and FILE.pub where the file hides its public half.
 * FAIL_KEY_FILE or FAIL_MEMORY.
 */
int userkey_new(const char *path, struct userkey **key, struct fail *why);

/* A key that an agent has; comment is the agent's word for it.  FAIL_MEMORY; FAIL_KEY_FILE
 * when the public half is none.
 */
int userkey_of_agent(const struct blob *public_half, const struct blob *comment,
                     struct userkey **key, struct fail *why);

/* NULL is allowed. */
void userkey_free(struct userkey *key);

/* For people: the path of its file, or "COMMENT in the ssh-agent". */
const char *userkey_name(const struct userkey *key);

/* Can it sign by itself? */
bool userkey_has_secret(const struct userkey *key);

/* Without the secret: is it because of a passphrase (or is the file a public key)? */
bool userkey_is_locked(const struct userkey *key);

/* The public half: string type, then the numbers; empty for a locked PEM file without a
 * .pub beside it.  Borrowed.
 */
struct blob userkey_blob(const struct userkey *key);

/* What to show to a server with this banner.  Borrowed.  FAIL_UNSUPPORTED when libssh2
 * cannot log in to it with this kind of key, whoever signs: certificates and FIDO keys,
 * and RSA before libssh2 1.11 where the server is not OpenSSH.
 */
int userkey_offer(const struct userkey *key, const char *banner, struct blob *offer,
                  struct fail *why);

/* The algorithm that a login request wants its signature made with; scheme points into
 * data.  -1 when data is no such request, or the algorithm is not one for this key.
 */
int userkey_scheme(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                   struct blob *scheme);

/* Sign a login request; *sig is malloc'ed and the caller's: the bare signature of SSH,
 * without the name of the algorithm.  -1 when OpenSSL can not, or data is no request.
 */
int userkey_sign(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                 unsigned char **sig, size_t *sig_bytes);

#endif
