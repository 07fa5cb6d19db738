#include "controller/ssh/userkey.h"

#include <errno.h>
#include <libssh2.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyformat.h"
#include "controller/ssh/pubkey.h"
#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define RSA_SHA512 "rsa-sha2-512"
#define RSA_SHA256 "rsa-sha2-256"

/* RSA of 16384 bits. */
#define SIGNATURE_MAX_BYTES 2048

/* Of an ECDSA signature's two numbers. */
#define NUMBER_MAX_BYTES 140

/* Of an agent's word for a key, in messages. */
#define COMMENT_BYTES 80

struct userkey {
    char *name;
    EVP_PKEY *secret; /* NULL: an agent signs */
    bool is_locked;
    enum pubkey_kind kind;
    unsigned char *blob;
    size_t blob_bytes;
    unsigned char *disguise; /* of an RSA key, see userkey_offer() */
    size_t disguise_bytes;
};

/* ---- the file ----------------------------------------------------------------- */

static int read_file(const char *path, struct keyformat *parsed, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len_bytes;
    int rc;

    if (whole_file_read(path, USERKEY_FILE_MAX_BYTES, &text, &len_bytes) < 0)
        return errno == EFBIG
                   ? fail_set(why, FAIL_KEY_FILE, "it is not a private key: too large")
                   : fail_set(why, FAIL_KEY_FILE, "%s", strerror(errno));
    rc = keyformat_parse(text, len_bytes, parsed, why);
    explicit_bzero(text, len_bytes);
    return rc;
}

static void take(struct userkey *key, struct keyformat *parsed)
{
    key->secret = parsed->secret;
    key->is_locked = parsed->is_locked;
    key->blob = parsed->public_half;
    key->blob_bytes = parsed->public_bytes;
}

/* A PEM file with a passphrase hides its public half: without the other file it is not
 * known, which is for our caller to say.
 */
static void read_beside(struct userkey *key, const char *path)
{
    CLEANUP(text_done) char *beside = NULL;
    struct keyformat parsed;

    if (asprintf(&beside, "%s.pub", path) < 0) {
        beside = NULL;
        return;
    }
    if (read_file(beside, &parsed, NULL) == 0) {
        key->blob = parsed.public_half;
        key->blob_bytes = parsed.public_bytes;
        parsed.public_half = NULL;
        keyformat_clear(&parsed);
    }
}

static int know_kind(struct userkey *key, struct fail *why)
{
    struct blob blob = userkey_blob(key);

    key->kind = pubkey_kind(&blob);
    return key->kind != PUBKEY_RSA ? 0
                                   : pubkey_rename(&blob, RSA_SHA512, &key->disguise,
                                                   &key->disguise_bytes, why);
}

static int load(struct userkey *key, const char *path, struct fail *why)
{
    struct keyformat parsed;

    if (read_file(path, &parsed, why) < 0)
        return -1;
    take(key, &parsed);
    if (key->secret && pubkey_of(key->secret, &key->blob, &key->blob_bytes, why) < 0)
        return -1;
    if (!key->blob)
        read_beside(key, path);
    return know_kind(key, why);
}

int userkey_new(const char *path, struct userkey **key, struct fail *why)
{
    struct userkey *made = calloc(1, sizeof *made);

    if (made)
        made->name = strdup(path);
    if (!made || !made->name) {
        userkey_free(made);
        return fail_memory(why);
    }
    if (load(made, path, why) < 0) {
        userkey_free(made);
        return fail_prefix(why, "the key %s", path);
    }
    *key = made;
    return 0;
}

int userkey_of_agent(const struct blob *public_half, const struct blob *comment,
                     struct userkey **key, struct fail *why)
{
    struct userkey *made = calloc(1, sizeof *made);
    size_t n = comment->len_bytes < COMMENT_BYTES ? comment->len_bytes : COMMENT_BYTES;

    if (made)
        made->blob = malloc(public_half->len_bytes + 1);
    if (!made || !made->blob ||
        asprintf(&made->name, "%.*s in the ssh-agent", (int)n,
                 (const char *)comment->bytes) < 0) {
        if (made)
            made->name = NULL;
        userkey_free(made);
        return fail_memory(why);
    }
    memcpy(made->blob, public_half->bytes, public_half->len_bytes);
    made->blob_bytes = public_half->len_bytes;
    if (know_kind(made, why) < 0) {
        userkey_free(made);
        return -1;
    }
    *key = made;
    return 0;
}

void userkey_free(struct userkey *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->secret);
    free(key->disguise);
    free(key->blob);
    free(key->name);
    free(key);
}

const char *userkey_name(const struct userkey *key)
{
    return key->name;
}

bool userkey_has_secret(const struct userkey *key)
{
    return key->secret != NULL;
}

bool userkey_is_locked(const struct userkey *key)
{
    return key->is_locked;
}

struct blob userkey_blob(const struct userkey *key)
{
    return (struct blob){.bytes = key->blob, .len_bytes = key->blob_bytes};
}

/* ---- showing it --------------------------------------------------------------- */

/* Servers of OpenSSH know rsa-sha2-512 since 7.2, also as the name of a key. */
static bool knows_disguise(const char *banner)
{
    unsigned major = 0, minor = 0;

    return banner && sscanf(banner, "SSH-2.0-OpenSSH_%u.%u", &major, &minor) == 2 &&
           (major > 7 || (major == 7 && minor >= 2));
}

/* libssh2 before 1.11 asks for a signature by the name that stands in the public half,
 * and "ssh-rsa" means SHA-1, which today's servers refuse.  So the public half goes out
 * under the name of the signature.  The numbers are the same, the server finds them in
 * authorized_keys all the same, and the signature covers what was sent: it is no less
 * than what RFC 8332 asks for, only spelled in a way that OpenSSH takes and others do not.
 */
static int offer_rsa(const struct userkey *key, const char *banner, struct blob *offer,
                     struct fail *why)
{
    if (LIBSSH2_VERSION_NUM >= 0x010b00)
        return 0;
    if (!knows_disguise(banner))
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the key %s is RSA, which works only with OpenSSH servers here, "
                        "and this is %s; use an ed25519 or ECDSA key",
                        key->name, banner ? banner : "none");
    *offer = (struct blob){.bytes = key->disguise, .len_bytes = key->disguise_bytes};
    return 0;
}

int userkey_offer(const struct userkey *key, const char *banner, struct blob *offer,
                  struct fail *why)
{
    if (key->kind == PUBKEY_OTHER)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the key %s is a certificate, a FIDO key or DSA, which cannot be "
                        "used; use an ed25519, ECDSA or RSA key",
                        key->name);
    *offer = userkey_blob(key);
    return key->kind == PUBKEY_RSA ? offer_rsa(key, banner, offer, why) : 0;
}

/* ---- signing ------------------------------------------------------------------ */

/* string session, byte, string user, string service, string "publickey", byte, string
 * algorithm, string key (RFC 4252, section 7)
 */
static int algorithm_of(struct blob request, struct blob *algorithm)
{
    struct blob skipped;

    return blob_next_string(&request, &skipped) < 0 || blob_skip(&request, 1) < 0 ||
                   blob_next_string(&request, &skipped) < 0 ||
                   blob_next_string(&request, &skipped) < 0 ||
                   blob_next_string(&request, &skipped) < 0 ||
                   blob_skip(&request, 1) < 0 || blob_next_string(&request, algorithm) < 0
               ? -1
               : 0;
}

int userkey_scheme(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                   struct blob *scheme)
{
    struct blob rest = userkey_blob(key), type;

    if (blob_next_string(&rest, &type) < 0 ||
        algorithm_of((struct blob){data, len_bytes}, scheme) < 0)
        return -1;
    if (key->kind == PUBKEY_RSA)
        return blob_is(scheme, RSA_SHA512) || blob_is(scheme, RSA_SHA256) ? 0 : -1;
    return blob_equals(scheme, &type) ? 0 : -1;
}

/* OpenSSL answers in DER; SSH wants two mpints. */
static int from_der(const unsigned char *der, size_t der_bytes, unsigned char **sig,
                    size_t *sig_bytes)
{
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)der_bytes);
    unsigned char number[NUMBER_MAX_BYTES], *at = malloc(2 * (4 + NUMBER_MAX_BYTES));

    *sig = at;
    if (parts && at) {
        blob_put_string(&at, number,
                        pubkey_format_number(ECDSA_SIG_get0_r(parts), number));
        blob_put_string(&at, number,
                        pubkey_format_number(ECDSA_SIG_get0_s(parts), number));
        *sig_bytes = (size_t)(at - *sig);
    } else {
        free(at);
        *sig = NULL;
    }
    ECDSA_SIG_free(parts);
    return *sig ? 0 : -1;
}

/* NULL: ed25519 hashes by itself. */
static const char *hash_of(const struct userkey *key, const struct blob *scheme)
{
    struct blob blob = userkey_blob(key);

    return key->kind == PUBKEY_RSA ? blob_is(scheme, RSA_SHA512) ? "SHA512" : "SHA256"
                                   : pubkey_ecdsa_hash(&blob);
}

static int sign_raw(const struct userkey *key, const char *hash,
                    const unsigned char *data, size_t len_bytes, unsigned char *raw,
                    size_t *raw_bytes)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        ctx &&
        EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, key->secret, NULL) > 0 &&
        EVP_DigestSign(ctx, raw, raw_bytes, data, len_bytes) > 0;

    EVP_MD_CTX_free(ctx);
    return good ? 0 : -1;
}

int userkey_sign(const struct userkey *key, const unsigned char *data, size_t len_bytes,
                 unsigned char **sig, size_t *sig_bytes)
{
    unsigned char raw[SIGNATURE_MAX_BYTES];
    size_t raw_bytes = sizeof raw;
    struct blob scheme;

    if (!key->secret || userkey_scheme(key, data, len_bytes, &scheme) < 0 ||
        sign_raw(key, hash_of(key, &scheme), data, len_bytes, raw, &raw_bytes) < 0)
        return -1;
    if (key->kind == PUBKEY_ECDSA)
        return from_der(raw, raw_bytes, sig, sig_bytes);
    *sig = malloc(raw_bytes);
    if (!*sig)
        return -1;
    memcpy(*sig, raw, raw_bytes);
    *sig_bytes = raw_bytes;
    return 0;
}
