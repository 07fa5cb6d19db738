#include "controller/ssh/keyformat.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END   "-----END OPENSSH PRIVATE KEY-----"
#define OPENSSH_MAGIC "openssh-key-v1" /* its NUL belongs to the file */

#define ED25519_BYTES 32

/* 16384 bits, and the zero that keeps a number positive. */
#define RSA_NUMBER_MAX_BYTES 2049u

static const char not_supported[] =
    "only ed25519, ECDSA and RSA keys can be used; make one with: ssh-keygen -t ed25519";
static const char not_a_line[] =
    "it is a public key, but not in OpenSSH's format (ssh-keygen -i -f FILE makes that)";
static const char damaged_public[] = "it is a public key, but damaged";
static const char empty[] = "it is empty";
static const char damaged[] = "it is not a private key, or damaged";

static EVP_PKEY *refuse(struct fail *why, const char *text)
{
    fail_set(why, FAIL_KEY_FILE, "%s", text);
    return NULL;
}

/* ---- base64 ------------------------------------------------------------------- */

/* Wiped when they go: they may be a private key. */
struct bytes {
    unsigned char *bytes;
    size_t len_bytes, room_bytes;
};

static void bytes_done(struct bytes *b)
{
    OPENSSL_clear_free(b->bytes, b->room_bytes);
}

static int make_bytes(struct bytes *b, size_t room_bytes)
{
    b->bytes = OPENSSL_malloc(room_bytes);
    b->room_bytes = b->bytes ? room_bytes : 0;
    return b->bytes ? 0 : -1;
}

/* Newlines do not count. */
static int decode(const char *text, size_t len_bytes, struct bytes *out)
{
    CLEANUP(bytes_done) struct bytes base64 = {0};
    size_t n = 0;
    int made;

    if (make_bytes(&base64, len_bytes + 1) < 0 || make_bytes(out, len_bytes + 3) < 0)
        return -1;
    for (size_t i = 0; i < len_bytes; i++)
        if (text[i] != '\n' && text[i] != '\r')
            base64.bytes[n++] = (unsigned char)text[i];
    made = EVP_DecodeBlock(out->bytes, base64.bytes, (int)n);
    if (made <= 0)
        return -1;
    for (size_t i = n; i > 0 && made > 0 && base64.bytes[i - 1] == '=' && n - i < 2; i--)
        made--;
    out->len_bytes = (size_t)made;
    return 0;
}

/* ---- OpenSSH's own format ----------------------------------------------------- */

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
    if (blob_is(&type, "ssh-rsa"))
        return parse_rsa(b, why);
    return refuse(why, not_supported);
}

/* The public half, copied. */
static int keep_public(struct keyformat *parsed, const struct blob *public,
                       const char *or_else, struct fail *why)
{
    struct blob rest = *public, type;

    if (public->len_bytes > KEYFORMAT_PUBLIC_MAX_BYTES ||
        blob_next_string(&rest, &type) < 0 || type.len_bytes == 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", or_else);
    parsed->public_half = malloc(public->len_bytes);
    if (!parsed->public_half)
        return fail_memory(why);
    memcpy(parsed->public_half, public->bytes, public->len_bytes);
    parsed->public_bytes = public->len_bytes;
    return 0;
}

static int parse_container(struct blob b, struct keyformat *parsed, struct fail *why)
{
    struct blob cipher, kdf, options, public, secret;
    uint32_t keys;

    if (b.len_bytes < sizeof OPENSSH_MAGIC ||
        memcmp(b.bytes, OPENSSH_MAGIC, sizeof OPENSSH_MAGIC) != 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", damaged);
    b.bytes += sizeof OPENSSH_MAGIC;
    b.len_bytes -= sizeof OPENSSH_MAGIC;
    if (blob_next_string(&b, &cipher) < 0 || blob_next_string(&b, &kdf) < 0 ||
        blob_next_string(&b, &options) < 0 || blob_next_u32(&b, &keys) < 0 || keys != 1 ||
        blob_next_string(&b, &public) < 0 || blob_next_string(&b, &secret) < 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", damaged);
    parsed->is_locked = !blob_is(&cipher, "none");
    if (parsed->is_locked)
        return keep_public(parsed, &public, damaged, why);
    parsed->secret = parse_secret(&secret, why);
    return parsed->secret ? 0 : -1;
}

static int parse_openssh(const char *text, size_t len_bytes, struct keyformat *parsed,
                         struct fail *why)
{
    const char *begin = text + strlen(OPENSSH_BEGIN);
    const char *end = memmem(begin, len_bytes - strlen(OPENSSH_BEGIN), OPENSSH_END,
                             strlen(OPENSSH_END));
    CLEANUP(bytes_done) struct bytes body = {0};

    if (!end || decode(begin, (size_t)(end - begin), &body) < 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", damaged);
    return parse_container((struct blob){.bytes = body.bytes,
                                         .len_bytes = body.len_bytes},
                           parsed, why);
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

static int parse_pem(const char *text, size_t len_bytes, struct keyformat *parsed,
                     struct fail *why)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len_bytes);
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &parsed->is_locked)
            : NULL;

    BIO_free(bio);
    if (!key)
        return parsed->is_locked ? 0 : fail_set(why, FAIL_KEY_FILE, "%s", damaged);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ||
        EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ||
        EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        parsed->secret = key;
        return 0;
    }
    EVP_PKEY_free(key);
    return fail_set(why, FAIL_KEY_FILE, "%s", not_supported);
}

/* ---- public keys -------------------------------------------------------------- */

static bool begins(const char *text, size_t len_bytes, const char *with)
{
    return len_bytes > strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* "TYPE BASE64 [comment]" */
static int parse_line(const char *text, size_t len_bytes, struct keyformat *parsed,
                      struct fail *why)
{
    const char *end = text + len_bytes, *base64 = memchr(text, ' ', len_bytes), *after;
    CLEANUP(bytes_done) struct bytes key = {0};

    base64 = base64 ? base64 + 1 : end;
    for (after = base64; after < end && !strchr(" \t\r\n", *after); after++)
        ;
    if (decode(base64, (size_t)(after - base64), &key) < 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", damaged_public);
    return keep_public(parsed,
                       &(struct blob){.bytes = key.bytes, .len_bytes = key.len_bytes},
                       damaged_public, why);
}

static int parse_any(const char *text, size_t len_bytes, struct keyformat *parsed,
                     struct fail *why)
{
    if (len_bytes == 0)
        return fail_set(why, FAIL_KEY_FILE, "%s", empty);
    if (begins(text, len_bytes, "-----BEGIN PUBLIC KEY-----") ||
        begins(text, len_bytes, "---- BEGIN SSH2 PUBLIC KEY ----"))
        return fail_set(why, FAIL_KEY_FILE, "%s", not_a_line);
    if (begins(text, len_bytes, "ssh-") || begins(text, len_bytes, "ecdsa-sha2-") ||
        begins(text, len_bytes, "sk-"))
        return parse_line(text, len_bytes, parsed, why);
    if (begins(text, len_bytes, OPENSSH_BEGIN))
        return parse_openssh(text, len_bytes, parsed, why);
    return parse_pem(text, len_bytes, parsed, why);
}

int keyformat_parse(const char *text, size_t len_bytes, struct keyformat *parsed,
                    struct fail *why)
{
    struct keyformat made = {0};

    if (parse_any(text, len_bytes, &made, why) < 0) {
        keyformat_clear(&made);
        return -1;
    }
    *parsed = made;
    return 0;
}

void keyformat_clear(struct keyformat *parsed)
{
    EVP_PKEY_free(parsed->secret);
    free(parsed->public_half);
    *parsed = (struct keyformat){0};
}
