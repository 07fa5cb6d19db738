/* pubkey - the public half of a key, as SSH sends it: string type, then the numbers */
#ifndef CONTROLLER_PUBKEY_H
#define CONTROLLER_PUBKEY_H

#include <stddef.h>

struct bignum_st;
struct blob;
struct evp_pkey_st;
struct fail;

enum pubkey_kind {
    PUBKEY_ED25519,
    PUBKEY_ECDSA,
    PUBKEY_RSA,
    PUBKEY_OTHER /* certificates, keys on a FIDO token, DSA: nothing that we sign with */
};

/* What it is, by the name at its front. */
enum pubkey_kind pubkey_kind(const struct blob *public_half);

/* Of an ed25519, ECDSA or RSA key, whose numbers stay as they are.  *bytes is the caller's (free).  FAIL_KEY_FILE, without
 * the name of the key; FAIL_MEMORY.
 */
int pubkey_of(struct evp_pkey_st *secret, unsigned char **bytes, size_t *len_bytes,
              struct fail *why);

/* The same numbers under another name.  *bytes is the caller's (free).  FAIL_KEY_FILE when
 * public_half is none; FAIL_MEMORY.
 */
int pubkey_rename(const struct blob *public_half, const char *type, unsigned char **bytes,
                  size_t *len_bytes, struct fail *why);

/* The hash with which an ECDSA key of this type signs ("SHA256"...; RFC 5656, section
 * 6.2.1), or NULL.
 */
const char *pubkey_ecdsa_hash(const struct blob *public_half);

/* A positive number as SSH's mpint: without leading zeros, but never negative.  bytes has
 * room for one more than the number has; returns how many were used.
 */
size_t pubkey_format_number(const struct bignum_st *n, unsigned char *bytes);

#endif
