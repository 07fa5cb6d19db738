#include "controller/ssh/pubkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyformat.h"
#include "protocol/fail.h"

#define ED25519_BYTES 32

/* Uncompressed point of the largest curve, and room to see that it is larger. */
#define POINT_MAX_BYTES 140

static const struct curve {
    const char *group, *type, *name, *hash;
} curves[] = {
    {"prime256v1", "ecdsa-sha2-nistp256", "nistp256", "SHA256"},
    {"secp384r1", "ecdsa-sha2-nistp384", "nistp384", "SHA384"},
    {"secp521r1", "ecdsa-sha2-nistp521", "nistp521", "SHA512"},
};
#define CURVES (sizeof curves / sizeof *curves)

/* ---- what it is --------------------------------------------------------------- */

static const struct curve *curve_of_type(const struct blob *type)
{
    for (size_t i = 0; i < CURVES; i++)
        if (blob_is(type, curves[i].type))
            return &curves[i];
    return NULL;
}

enum pubkey_kind pubkey_kind(const struct blob *public_half)
{
    struct blob rest = *public_half, type;

    if (blob_next_string(&rest, &type) < 0)
        return PUBKEY_OTHER;
    return blob_is(&type, "ssh-ed25519") ? PUBKEY_ED25519
           : blob_is(&type, "ssh-rsa")   ? PUBKEY_RSA
           : curve_of_type(&type)        ? PUBKEY_ECDSA
                                         : PUBKEY_OTHER;
}

const char *pubkey_ecdsa_hash(const struct blob *public_half)
{
    struct blob rest = *public_half, type;
    const struct curve *curve =
        blob_next_string(&rest, &type) < 0 ? NULL : curve_of_type(&type);

    return curve ? curve->hash : NULL;
}

/* ---- making one --------------------------------------------------------------- */

static int no_public_half(struct fail *why)
{
    return fail_set(why, FAIL_KEY_FILE, "its public half cannot be made");
}

/* A name and up to two strings behind it. */
static int assemble(const char *type, const struct blob *first, const struct blob *second,
                    unsigned char **bytes, size_t *len_bytes, struct fail *why)
{
    size_t size =
        4 + strlen(type) + 4 + first->len_bytes + (second ? 4 + second->len_bytes : 0);
    unsigned char *at = malloc(size);

    if (!at)
        return fail_memory(why);
    *bytes = at;
    *len_bytes = size;
    blob_put_string(&at, type, strlen(type));
    blob_put_string(&at, first->bytes, first->len_bytes);
    if (second)
        blob_put_string(&at, second->bytes, second->len_bytes);
    return 0;
}

static int of_ed25519(EVP_PKEY *secret, unsigned char **bytes, size_t *len_bytes,
                      struct fail *why)
{
    unsigned char public[ED25519_BYTES];
    size_t n = sizeof public;

    if (!EVP_PKEY_get_raw_public_key(secret, public, &n))
        return no_public_half(why);
    return assemble("ssh-ed25519", &(struct blob){public, n}, NULL, bytes, len_bytes,
                    why);
}

static const struct curve *curve_of(const EVP_PKEY *key)
{
    char group[32];

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
                                       sizeof group, NULL))
        for (size_t i = 0; i < CURVES; i++)
            if (strcmp(group, curves[i].group) == 0)
                return &curves[i];
    return NULL;
}

static int of_ecdsa(EVP_PKEY *secret, unsigned char **bytes, size_t *len_bytes,
                    struct fail *why)
{
    const struct curve *curve = curve_of(secret);
    unsigned char point[POINT_MAX_BYTES];
    size_t n = 0;

    if (!curve)
        return fail_set(why, FAIL_KEY_FILE, "SSH does not use its curve");
    if (!EVP_PKEY_set_utf8_string_param(secret,
                                        OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        "uncompressed") ||
        !EVP_PKEY_get_octet_string_param(secret, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         sizeof point, &n))
        return no_public_half(why);
    return assemble(curve->type,
                    &(struct blob){(const unsigned char *)curve->name,
                                   strlen(curve->name)},
                    &(struct blob){point, n}, bytes, len_bytes, why);
}

size_t pubkey_format_number(const BIGNUM *n, unsigned char *bytes)
{
    size_t len_bytes = (size_t)BN_bn2bin(n, bytes + 1);
    bool would_be_negative = len_bytes > 0 && bytes[1] & 0x80;

    bytes[0] = 0;
    if (!would_be_negative)
        memmove(bytes, bytes + 1, len_bytes);
    return len_bytes + would_be_negative;
}

/* An SSH number of at most so many bytes, or 0. */
static size_t number_of(const EVP_PKEY *key, const char *name, unsigned char *bytes,
                        size_t max_bytes)
{
    BIGNUM *n = NULL;
    size_t len_bytes = 0;

    if (EVP_PKEY_get_bn_param(key, name, &n) && (size_t)BN_num_bytes(n) < max_bytes)
        len_bytes = pubkey_format_number(n, bytes);
    BN_free(n);
    return len_bytes;
}

static int of_rsa(EVP_PKEY *secret, unsigned char **bytes, size_t *len_bytes,
                  struct fail *why)
{
    unsigned char e[KEYFORMAT_PUBLIC_MAX_BYTES / 4], n[sizeof e];
    size_t e_bytes = number_of(secret, OSSL_PKEY_PARAM_RSA_E, e, sizeof e);
    size_t n_bytes = number_of(secret, OSSL_PKEY_PARAM_RSA_N, n, sizeof n);

    if (!e_bytes || !n_bytes)
        return no_public_half(why);
    return assemble("ssh-rsa", &(struct blob){e, e_bytes}, &(struct blob){n, n_bytes},
                    bytes, len_bytes, why);
}

int pubkey_of(EVP_PKEY *secret, unsigned char **bytes, size_t *len_bytes,
              struct fail *why)
{
    switch (EVP_PKEY_get_base_id(secret)) {
    case EVP_PKEY_ED25519:
        return of_ed25519(secret, bytes, len_bytes, why);
    case EVP_PKEY_RSA:
        return of_rsa(secret, bytes, len_bytes, why);
    default:
        return of_ecdsa(secret, bytes, len_bytes, why);
    }
}

int pubkey_rename(const struct blob *public_half, const char *type, unsigned char **bytes,
                  size_t *len_bytes, struct fail *why)
{
    struct blob rest = *public_half, first, second;

    if (blob_next_string(&rest, &first) < 0 || blob_next_string(&rest, &first) < 0 ||
        blob_next_string(&rest, &second) < 0)
        return fail_set(why, FAIL_KEY_FILE, "its public half is damaged");
    return assemble(type, &first, &second, bytes, len_bytes, why);
}
