#include "controller/ssh/keyformat.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END   "-----END OPENSSH PRIVATE KEY-----"
#define OPENSSH_MAGIC "openssh-key-v1" /* its NUL belongs to the file */

#define ED25519_BYTES 32

static const char encrypted[] =
    "it has a passphrase; use a key without one (ssh-keygen -p -f FILE takes it off)";
static const char not_supported[] =
    "only ed25519 and ECDSA keys can be used; make one with: ssh-keygen -t ed25519";
static const char public_half[] =
    "it is a public key; the private one usually has the same name without .pub";
static const char empty[] = "it is empty";
static const char damaged[] = "it is not a private key, or damaged";

static EVP_PKEY *refuse(struct fail *why, const char *text)
{
    fail_set(why, FAIL_KEY_FILE, "%s", text);
    return NULL;
}

/* ---- OpenSSH's own format ----------------------------------------------------- */

static void bignum_done(BIGNUM **n)
{
    BN_clear_free(*n);
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

static EVP_PKEY *build_ecdsa(const char *group, const struct blob *point,
                             const struct blob *number)
{
    CLEANUP(bignum_done)
    BIGNUM *d = BN_bin2bn(number->bytes, (int)number->len_bytes, NULL);
    CLEANUP(builder_done) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    CLEANUP(context_done)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CLEANUP(params_done) OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (!d || !b || !ctx ||
        !OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) ||
        !OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point->bytes,
                                          point->len_bytes) ||
        !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d))
        return NULL;
    params = OSSL_PARAM_BLD_to_param(b);
    if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
        return NULL;
    return key;
}

static EVP_PKEY *parse_ecdsa(struct blob *b, const char *group, struct fail *why)
{
    struct blob curve, point, number;
    EVP_PKEY *key;

    if (blob_next_string(b, &curve) < 0 || blob_next_string(b, &point) < 0 ||
        blob_next_string(b, &number) < 0)
        return refuse(why, damaged);
    key = build_ecdsa(group, &point, &number);
    return key ? key : refuse(why, damaged);
}

static EVP_PKEY *parse_ed25519(struct blob *b, struct fail *why)
{
    struct blob public, secret; /* the secret is 32 bytes of seed and the public half */
    EVP_PKEY *key;

    if (blob_next_string(b, &public) < 0 || blob_next_string(b, &secret) < 0 ||
        secret.len_bytes != 2 * ED25519_BYTES)
        return refuse(why, damaged);
    key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret.bytes, ED25519_BYTES);
    return key ? key : refuse(why, damaged);
}

/* The private part: twice the same number, the type, the numbers, a comment. */
static EVP_PKEY *parse_secret(struct blob *b, struct fail *why)
{
    uint32_t check, again;
    struct blob type;

    if (blob_next_u32(b, &check) < 0 || blob_next_u32(b, &again) < 0 || check != again ||
        blob_next_string(b, &type) < 0)
        return refuse(why, damaged);
    if (blob_is(&type, "ssh-ed25519"))
        return parse_ed25519(b, why);
    if (blob_is(&type, "ecdsa-sha2-nistp256"))
        return parse_ecdsa(b, "P-256", why);
    if (blob_is(&type, "ecdsa-sha2-nistp384"))
        return parse_ecdsa(b, "P-384", why);
    if (blob_is(&type, "ecdsa-sha2-nistp521"))
        return parse_ecdsa(b, "P-521", why);
    return refuse(why, not_supported);
}

static EVP_PKEY *parse_container(struct blob b, struct fail *why)
{
    struct blob cipher, kdf, options, public, secret;
    uint32_t keys;

    if (b.len_bytes < sizeof OPENSSH_MAGIC ||
        memcmp(b.bytes, OPENSSH_MAGIC, sizeof OPENSSH_MAGIC) != 0)
        return refuse(why, damaged);
    b.bytes += sizeof OPENSSH_MAGIC;
    b.len_bytes -= sizeof OPENSSH_MAGIC;
    if (blob_next_string(&b, &cipher) < 0 || blob_next_string(&b, &kdf) < 0 ||
        blob_next_string(&b, &options) < 0 || blob_next_u32(&b, &keys) < 0 || keys != 1 ||
        blob_next_string(&b, &public) < 0)
        return refuse(why, damaged);
    if (!blob_is(&cipher, "none"))
        return refuse(why, encrypted);
    if (blob_next_string(&b, &secret) < 0)
        return refuse(why, damaged);
    return parse_secret(&secret, why);
}

static EVP_PKEY *parse_openssh(const char *text, size_t len_bytes, struct fail *why)
{
    const char *begin = text + strlen(OPENSSH_BEGIN);
    const char *end = memmem(begin, len_bytes - strlen(OPENSSH_BEGIN), OPENSSH_END,
                             strlen(OPENSSH_END));
    unsigned char *bytes = OPENSSL_malloc(len_bytes); /* base64 shrinks */
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    int body_bytes = 0, rest_bytes = 0;
    EVP_PKEY *key = NULL;

    if (ctx)
        EVP_DecodeInit(ctx);
    if (end && bytes && ctx &&
        EVP_DecodeUpdate(ctx, bytes, &body_bytes, (const unsigned char *)begin,
                         (int)(end - begin)) >= 0 &&
        EVP_DecodeFinal(ctx, bytes + body_bytes, &rest_bytes) >= 0)
        key =
            parse_container((struct blob){.bytes = bytes,
                                          .len_bytes = (size_t)(body_bytes + rest_bytes)},
                            why);
    else
        refuse(why, damaged);
    EVP_ENCODE_CTX_free(ctx);
    OPENSSL_clear_free(bytes, len_bytes);
    return key;
}

/* ---- PEM ---------------------------------------------------------------------- */

/* Called only for an encrypted key. */
static int no_passphrase(char *bytes, int size, int writing, void *was_asked)
{
    (void)bytes;
    (void)size;
    (void)writing;
    *(bool *)was_asked = true;
    return -1;
}

static EVP_PKEY *parse_pem(const char *text, size_t len_bytes, struct fail *why)
{
    bool was_asked = false;
    BIO *bio = BIO_new_mem_buf(text, (int)len_bytes);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &was_asked) : NULL;

    BIO_free(bio);
    if (!key)
        return refuse(why, was_asked ? encrypted : damaged);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ||
        EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
        return key;
    EVP_PKEY_free(key);
    return refuse(why, not_supported);
}

static bool begins(const char *text, size_t len_bytes, const char *with)
{
    return len_bytes > strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* The one that lies beside it, in the formats of ssh-keygen and of others. */
static bool is_public(const char *text, size_t len_bytes)
{
    static const char *const signs[] = {"ssh-", "ecdsa-sha2-", "sk-",
                                        "-----BEGIN PUBLIC KEY-----",
                                        "---- BEGIN SSH2 PUBLIC KEY ----"};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (begins(text, len_bytes, signs[i]))
            return true;
    return false;
}

EVP_PKEY *keyformat_parse(const char *text, size_t len_bytes, struct fail *why)
{
    if (len_bytes == 0)
        return refuse(why, empty);
    if (is_public(text, len_bytes))
        return refuse(why, public_half);
    if (begins(text, len_bytes, OPENSSH_BEGIN))
        return parse_openssh(text, len_bytes, why);
    return parse_pem(text, len_bytes, why);
}
