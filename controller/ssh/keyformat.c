#include "controller/ssh/keyformat.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/secretkey.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END   "-----END OPENSSH PRIVATE KEY-----"
#define OPENSSH_MAGIC "openssh-key-v1" /* its NUL belongs to the file */

static const char not_a_line[] =
    "it is a public key, but not in OpenSSH's format (ssh-keygen -i -f FILE makes that)";
static const char damaged_public[] = "it is a public key, but damaged";
static const char empty[] = "it is empty";

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

/* The private part: twice the same number, the key, a comment. */
static EVP_PKEY *parse_secret(struct blob *b, struct fail *why)
{
    uint32_t check, again;

    if (blob_next_u32(b, &check) == 0 && blob_next_u32(b, &again) == 0 && check == again)
        return secretkey_parse(b, why);
    fail_set(why, FAIL_KEY_FILE, SECRETKEY_DAMAGED);
    return NULL;
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
        return fail_set(why, FAIL_KEY_FILE, SECRETKEY_DAMAGED);
    b.bytes += sizeof OPENSSH_MAGIC;
    b.len_bytes -= sizeof OPENSSH_MAGIC;
    if (blob_next_string(&b, &cipher) < 0 || blob_next_string(&b, &kdf) < 0 ||
        blob_next_string(&b, &options) < 0 || blob_next_u32(&b, &keys) < 0 || keys != 1 ||
        blob_next_string(&b, &public) < 0 || blob_next_string(&b, &secret) < 0)
        return fail_set(why, FAIL_KEY_FILE, SECRETKEY_DAMAGED);
    parsed->is_locked = !blob_is(&cipher, "none");
    if (parsed->is_locked)
        return keep_public(parsed, &public, SECRETKEY_DAMAGED, why);
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
        return fail_set(why, FAIL_KEY_FILE, SECRETKEY_DAMAGED);
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
        return parsed->is_locked ? 0 : fail_set(why, FAIL_KEY_FILE, SECRETKEY_DAMAGED);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ||
        EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ||
        EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        parsed->secret = key;
        return 0;
    }
    EVP_PKEY_free(key);
    return fail_set(why, FAIL_KEY_FILE, SECRETKEY_OTHER_KIND);
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
