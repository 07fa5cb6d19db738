/* secretkey - the numbers of a private key as OpenSSH writes them -> an OpenSSL key */
#ifndef CONTROLLER_SECRETKEY_H
#define CONTROLLER_SECRETKEY_H

struct blob;
struct evp_pkey_st;
struct fail;

/* What is wrong with a key file, without its name. */
#define SECRETKEY_DAMAGED "it is not a private key, or damaged"
#define SECRETKEY_OTHER_KIND \
    "only ed25519, ECDSA and RSA keys can be used; make one with: ssh-keygen -t ed25519"

/* Take a key off the front of b: its type as a string, then its numbers.  The caller's to
 * free (EVP_PKEY_free), or NULL: FAIL_KEY_FILE.
 */
struct evp_pkey_st *secretkey_parse(struct blob *b, struct fail *why);

#endif
