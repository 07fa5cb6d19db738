#include "controller/ssh/userkey.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyformat.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Uncompressed point of the largest curve, and room to see that it is larger. */
#define POINT_MAX_BYTES 140

struct userkey {
    char *path;
    EVP_PKEY *secret;
    const EVP_MD *hash; /* NULL: ed25519 hashes by itself */
    unsigned char *blob;
    size_t blob_bytes;
};

/* What SSH calls a curve, and with which hash it signs (RFC 5656, section 6.2.1). */
static const struct curve {
    const char *group, *type, *name;
    const EVP_MD *(*hash)(void);
} curves[] = {
    {"prime256v1", "ecdsa-sha2-nistp256", "nistp256", EVP_sha256},
    {"secp384r1", "ecdsa-sha2-nistp384", "nistp384", EVP_sha384},
    {"secp521r1", "ecdsa-sha2-nistp521", "nistp521", EVP_sha512},
};

static const struct curve *curve_of(const EVP_PKEY *key)
{
    char group[32];

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
                                       sizeof group, NULL))
        for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
            if (strcmp(group, curves[i].group) == 0)
                return &curves[i];
    return NULL;
}

/* ---- the public half ---------------------------------------------------------- */

static unsigned char *blob_new(struct userkey *key, size_t len_bytes)
{
    key->blob_bytes = len_bytes;
    key->blob = malloc(len_bytes);
    return key->blob;
}

static int blob_ed25519(struct userkey *key, struct fail *why)
{
    static const char type[] = "ssh-ed25519";
    unsigned char public[32], *at;
    size_t len_bytes = sizeof public;

    if (!EVP_PKEY_get_raw_public_key(key->secret, public, &len_bytes))
        return fail_set(why, FAIL_KEY_FILE, "its public half cannot be made");
    at = blob_new(key, 8 + strlen(type) + len_bytes);
    if (!at)
        return fail_memory(why);
    blob_put_string(&at, type, strlen(type));
    blob_put_string(&at, public, len_bytes);
    return 0;
}

static int blob_ecdsa(struct userkey *key, struct fail *why)
{
    const struct curve *curve = curve_of(key->secret);
    unsigned char point[POINT_MAX_BYTES], *at;
    size_t len_bytes = 0;

    if (!curve)
        return fail_set(why, FAIL_KEY_FILE, "SSH does not use its curve");
    if (!EVP_PKEY_set_utf8_string_param(key->secret,
                                        OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        "uncompressed") ||
        !EVP_PKEY_get_octet_string_param(key->secret, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         sizeof point, &len_bytes))
        return fail_set(why, FAIL_KEY_FILE, "its public half cannot be made");
    key->hash = curve->hash();
    at = blob_new(key, 12 + strlen(curve->type) + strlen(curve->name) + len_bytes);
    if (!at)
        return fail_memory(why);
    blob_put_string(&at, curve->type, strlen(curve->type));
    blob_put_string(&at, curve->name, strlen(curve->name));
    blob_put_string(&at, point, len_bytes);
    return 0;
}

/* ---- the file ----------------------------------------------------------------- */

static int parse(struct userkey *key, const char *text, size_t len_bytes,
                 struct fail *why)
{
    key->secret = keyformat_parse(text, len_bytes, why);
    if (!key->secret)
        return -1;
    return EVP_PKEY_get_base_id(key->secret) == EVP_PKEY_ED25519 ? blob_ed25519(key, why)
                                                                 : blob_ecdsa(key, why);
}

static int load(struct userkey *key, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len_bytes;
    int rc;

    if (!key->path)
        return fail_memory(why);
    if (whole_file_read(key->path, USERKEY_FILE_MAX_BYTES, &text, &len_bytes) < 0)
        return errno == EFBIG
                   ? fail_set(why, FAIL_KEY_FILE, "it is not a private key: too large")
                   : fail_set(why, FAIL_KEY_FILE, "%s", strerror(errno));
    rc = parse(key, text, len_bytes, why);
    explicit_bzero(text, len_bytes);
    return rc;
}

int userkey_new(const char *path, struct userkey **key, struct fail *why)
{
    struct userkey *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->path = strdup(path);
    if (load(made, why) < 0) {
        userkey_free(made);
        return fail_prefix(why, "the key %s", path);
    }
    *key = made;
    return 0;
}

void userkey_free(struct userkey *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->secret);
    free(key->blob);
    free(key->path);
    free(key);
}

const char *userkey_path(const struct userkey *key)
{
    return key->path;
}

const unsigned char *userkey_blob(const struct userkey *key, size_t *len_bytes)
{
    *len_bytes = key->blob_bytes;
    return key->blob;
}

/* ---- signing ------------------------------------------------------------------ */

/* A positive number as SSH's mpint: without leading zeros, but never negative. */
static void put_mpint(unsigned char **at, const BIGNUM *n)
{
    unsigned char bytes[POINT_MAX_BYTES] = {0};
    int len_bytes = BN_bn2bin(n, bytes + 1);
    bool would_be_negative = bytes[1] & 0x80;

    blob_put_string(at, bytes + !would_be_negative,
                    (size_t)(len_bytes + would_be_negative));
}

/* OpenSSL answers in DER; SSH wants two mpints. */
static int from_der(const unsigned char *der, size_t der_bytes, unsigned char **sig,
                    size_t *sig_bytes)
{
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)der_bytes);
    unsigned char *at = malloc(2 * (4 + POINT_MAX_BYTES));

    *sig = at;
    if (parts && at) {
        put_mpint(&at, ECDSA_SIG_get0_r(parts));
        put_mpint(&at, ECDSA_SIG_get0_s(parts));
        *sig_bytes = (size_t)(at - *sig);
    } else {
        free(at);
        *sig = NULL;
    }
    ECDSA_SIG_free(parts);
    return *sig ? 0 : -1;
}

static int sign_raw(const struct userkey *key, const unsigned char *data,
                    size_t len_bytes, unsigned char *raw, size_t *raw_bytes)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, key->hash, NULL, key->secret) > 0 &&
                EVP_DigestSign(ctx, raw, raw_bytes, data, len_bytes) > 0;

    EVP_MD_CTX_free(ctx);
    return good ? 0 : -1;
}

int userkey_sign(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                 unsigned char **sig, size_t *sig_bytes)
{
    unsigned char raw[2 * POINT_MAX_BYTES];
    size_t raw_bytes = sizeof raw;

    if (sign_raw(key, data, len_bytes, raw, &raw_bytes) < 0)
        return -1;
    if (key->hash)
        return from_der(raw, raw_bytes, sig, sig_bytes);
    *sig = malloc(raw_bytes);
    if (!*sig)
        return -1;
    memcpy(*sig, raw, raw_bytes);
    *sig_bytes = raw_bytes;
    return 0;
}
