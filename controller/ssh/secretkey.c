#include "controller/ssh/secretkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "controller/ssh/blob.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define ED25519_BYTES 32

/* 16384 bits, and the zero that keeps a number positive. */
#define RSA_NUMBER_MAX_BYTES 2049u

static EVP_PKEY *refuse(struct fail *why, const char *text)
{
    fail_set(why, FAIL_KEY_FILE, "%s", text);
    return NULL;
}

/* ---- numbers ------------------------------------------------------------------ */

static void bignum_done(BIGNUM **n)
{
    BN_clear_free(*n);
}

/* In OpenSSL's secure heap where there is one, and wiped when it goes. */
static BIGNUM *secret_number(const struct blob *number)
{
    BIGNUM *made = BN_secure_new();

    if (made && !BN_bin2bn(number->bytes, (int)number->len_bytes, made)) {
        BN_clear_free(made);
        return NULL;
    }
    return made;
}

static void builder_done(OSSL_PARAM_BLD **b)
{
    OSSL_PARAM_BLD_free(*b);
}

static void params_done(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}

static void context_done(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

/* A key of this type from its numbers; the builder is spent. */
static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *b)
{
    CLEANUP(context_done)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CLEANUP(params_done) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY *key = NULL;

    if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
        return NULL;
    return key;
}

static EVP_PKEY *build_ecdsa(const char *group, const struct blob *point,
                             const struct blob *number)
{
    CLEANUP(bignum_done) BIGNUM *d = secret_number(number);
    CLEANUP(builder_done) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();

    if (!d || !b ||
        !OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) ||
        !OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point->bytes,
                                          point->len_bytes) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d))
        return NULL;
    return build("EC", b);
}

static EVP_PKEY *parse_ecdsa(struct blob *b, const char *group, struct fail *why)
{
    struct blob curve, point, number;
    EVP_PKEY *key;

    if (blob_next_string(b, &curve) < 0 || blob_next_string(b, &point) < 0 ||
        blob_next_string(b, &number) < 0)
        return refuse(why, SECRETKEY_DAMAGED);
    key = build_ecdsa(group, &point, &number);
    return key ? key : refuse(why, SECRETKEY_DAMAGED);
}

static EVP_PKEY *parse_ed25519(struct blob *b, struct fail *why)
{
    struct blob public, secret; /* the secret is 32 bytes of seed and the public half */
    EVP_PKEY *key;

    if (blob_next_string(b, &public) < 0 || blob_next_string(b, &secret) < 0 ||
        secret.len_bytes != 2 * ED25519_BYTES)
        return refuse(why, SECRETKEY_DAMAGED);
    key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret.bytes, ED25519_BYTES);
    return key ? key : refuse(why, SECRETKEY_DAMAGED);
}

/* The exponents that OpenSSH leaves out: d modulo p-1 and modulo q-1. */
static BIGNUM *exponent_of(const BIGNUM *d, const BIGNUM *prime)
{
    CLEANUP(bignum_done) BIGNUM *less = BN_dup(prime);
    BIGNUM *made = BN_secure_new();
    BN_CTX *ctx = BN_CTX_secure_new();
    bool good = less && made && ctx && BN_sub_word(less, 1) && BN_mod(made, d, less, ctx);

    BN_CTX_free(ctx);
    if (good)
        return made;
    BN_clear_free(made);
    return NULL;
}

enum { RSA_N, RSA_E, RSA_D, RSA_COEFFICIENT, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_NUMBERS };

/* As many as the file has, in its order; the last two are made of them. */
#define RSA_IN_FILE RSA_DP

static bool push_rsa(OSSL_PARAM_BLD *b, BIGNUM *const n[RSA_NUMBERS])
{
    static const char *const names[RSA_NUMBERS] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
        OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2};

    for (size_t i = 0; i < RSA_NUMBERS; i++)
        if (!n[i] || !OSSL_PARAM_BLD_push_BN(b, names[i], n[i]))
            return false;
    return true;
}

static EVP_PKEY *parse_rsa(struct blob *b, struct fail *why)
{
    CLEANUP(builder_done) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n[RSA_NUMBERS] = {NULL};
    EVP_PKEY *key = NULL;
    struct blob number;
    size_t read = 0;

    while (read < RSA_IN_FILE && blob_next_string(b, &number) == 0 &&
           number.len_bytes > 0 && number.len_bytes <= RSA_NUMBER_MAX_BYTES)
        n[read++] = secret_number(&number);
    if (builder && read == RSA_IN_FILE && n[RSA_D] && n[RSA_P] && n[RSA_Q]) {
        n[RSA_DP] = exponent_of(n[RSA_D], n[RSA_P]);
        n[RSA_DQ] = exponent_of(n[RSA_D], n[RSA_Q]);
        if (push_rsa(builder, n))
            key = build("RSA", builder);
    }
    for (size_t i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(n[i]);
    return key ? key : refuse(why, SECRETKEY_DAMAGED);
}

EVP_PKEY *secretkey_parse(struct blob *b, struct fail *why)
{
    struct blob type;

    if (blob_next_string(b, &type) < 0)
        return refuse(why, SECRETKEY_DAMAGED);
    if (blob_is(&type, "ssh-ed25519"))
        return parse_ed25519(b, why);
    if (blob_is(&type, "ecdsa-sha2-nistp256"))
        return parse_ecdsa(b, "P-256", why);
    if (blob_is(&type, "ecdsa-sha2-nistp384"))
        return parse_ecdsa(b, "P-384", why);
    if (blob_is(&type, "ecdsa-sha2-nistp521"))
        return parse_ecdsa(b, "P-521", why);
    if (blob_is(&type, "ssh-rsa"))
        return parse_rsa(b, why);
    return refuse(why, SECRETKEY_OTHER_KIND);
}
