#include "controller/azure/assertion.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/text.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- what OpenSSL gives ---------------------------------------------------------------------- */

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

/* A key with a passphrase: nobody is asked for one. */
static int no_passphrase(char *into, int size, int is_for_writing, void *arg)
{
    (void)into;
    (void)size;
    (void)is_for_writing;
    (void)arg;
    return -1;
}

static int parse_pem(const char *path, const char *pem, size_t len_bytes, EVP_PKEY **key,
                     X509 **certificate, struct fail *why)
{
    CLEANUP(free_bio) BIO *for_key = BIO_new_mem_buf(pem, (int)len_bytes);
    CLEANUP(free_bio) BIO *for_certificate = BIO_new_mem_buf(pem, (int)len_bytes);

    if (!for_key || !for_certificate)
        return fail_memory(why);
    *key = PEM_read_bio_PrivateKey(for_key, NULL, no_passphrase, NULL);
    *certificate = PEM_read_bio_X509(for_certificate, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (!*key || EVP_PKEY_base_id(*key) != EVP_PKEY_RSA)
        return fail_set(why, FAIL_AZURE_LOGIN,
                        "%s: no RSA key in it that can be read without a passphrase",
                        path);
    if (!*certificate)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: no certificate in it", path);
    if (X509_check_private_key(*certificate, *key) != 1)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: its key is not its certificate's",
                        path);
    return 0;
}

static int load(const char *path, EVP_PKEY **key, X509 **certificate, struct fail *why)
{
    size_t len_bytes;
    char *pem;
    int result;

    if (whole_file_read(path, ASSERTION_MAX_PEM, &pem, &len_bytes) < 0)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: %s", path, strerror(errno));
    result = parse_pem(path, pem, len_bytes, key, certificate, why);
    explicit_bzero(pem, len_bytes);
    free(pem);
    return result;
}

/* ---- the words --------------------------------------------------------------------------------- */

static void put_encoded(struct text *t, const unsigned char *bytes, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned held = 0, bits = 0;

    for (size_t i = 0; i < len; i++) {
        held = held << 8 | bytes[i];
        for (bits += 8; bits >= 6; bits -= 6)
            text_put(t, &digits[held >> (bits - 6) & 63], 1);
    }
    if (bits)
        text_put(t, &digits[held << (6 - bits) & 63], 1);
}

static void put_document(struct text *t, struct json *doc)
{
    CLEANUP(text_done) char *printed = json_print(doc);

    if (printed)
        put_encoded(t, (const unsigned char *)printed, strlen(printed));
    else
        t->cut = true;
}

static void put_header(struct text *t, X509 *certificate)
{
    CLEANUP(json_done) struct json *header = json_object();
    CLEANUP(text_clear) struct text thumbprint = {0};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
        t->cut = true;
    put_encoded(&thumbprint, digest, len);
    if (!header || json_put_text(header, "alg", "PS256") < 0 ||
        json_put_text(header, "typ", "JWT") < 0 ||
        json_put_text(header, "x5t#S256", text_of(&thumbprint)) < 0)
        t->cut = true;
    put_document(t, header);
}

/* A random name, so that the same words are not taken twice. */
static int name_it(char name[37])
{
    unsigned char r[16];

    if (RAND_bytes(r, sizeof r) != 1)
        return -1;
    r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
    r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
    snprintf(name, 37,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0],
             r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12],
             r[13], r[14], r[15]);
    return 0;
}

static void put_claims(struct text *t, const char *client_id, const char *audience,
                       int64_t now_s)
{
    CLEANUP(json_done) struct json *claims = json_object();
    char name[37] = "";

    if (name_it(name) < 0 || !claims || json_put_text(claims, "aud", audience) < 0 ||
        json_put_text(claims, "iss", client_id) < 0 ||
        json_put_text(claims, "sub", client_id) < 0 ||
        json_put_text(claims, "jti", name) < 0 ||
        json_put_int(claims, "iat", now_s) < 0 ||
        json_put_int(claims, "nbf", now_s) < 0 ||
        json_put_int(claims, "exp", now_s + ASSERTION_LIVES_S) < 0)
        t->cut = true;
    put_document(t, claims);
}

/* ---- the signature ------------------------------------------------------------------------------- */

static int begin_signing(EVP_MD_CTX *context, EVP_PKEY *key)
{
    EVP_PKEY_CTX *padding = NULL; /* the context's own */

    if (EVP_DigestSignInit(context, &padding, EVP_sha256(), NULL, key) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) == 1)
        return 0;
    return -1;
}

static int put_signature(struct text *t, EVP_PKEY *key)
{
    CLEANUP(free_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[2048];
    size_t len = sizeof signature;
    const unsigned char *words = (const unsigned char *)text_of(t);

    if (!context || EVP_PKEY_size(key) > (int)sizeof signature ||
        begin_signing(context, key) < 0 ||
        EVP_DigestSign(context, signature, &len, words, t->len_bytes) != 1) {
        ERR_clear_error();
        return -1;
    }
    text_put(t, ".", 1);
    put_encoded(t, signature, len);
    return 0;
}

char *assertion_make(const char *path, const char *client_id, const char *audience,
                     int64_t now_s, struct fail *why)
{
    CLEANUP(free_key) EVP_PKEY *key = NULL;
    CLEANUP(free_certificate) X509 *certificate = NULL;
    struct text t = {0};

    if (load(path, &key, &certificate, why) < 0)
        return NULL;
    put_header(&t, certificate);
    text_put(&t, ".", 1);
    put_claims(&t, client_id, audience, now_s);
    if (text_is_cut(&t) || put_signature(&t, key) < 0 || text_is_cut(&t)) {
        text_clear(&t);
        fail_set(why, FAIL_AZURE_LOGIN, "%s: its key cannot sign (PS256)", path);
        return NULL;
    }
    return t.bytes;
}
