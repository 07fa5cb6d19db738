/* Millions of them: OpenSSL's assembler is worth its deprecated name, the new interface
 * costs more than the hash.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "controller/ssh/hashedname.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define SHA1_BYTES   20
#define BLOCK_BYTES  64
#define LENGTH_BYTES 8

static const uint32_t sha1_begin[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                       0xc3d2e1f0};

static void transform(uint32_t state[5], const uint8_t *block)
{
    SHA_CTX c = {
        .h0 = state[0], .h1 = state[1], .h2 = state[2], .h3 = state[3], .h4 = state[4]};

    SHA1_Transform(&c, block);
    state[0] = c.h0;
    state[1] = c.h1;
    state[2] = c.h2;
    state[3] = c.h3;
    state[4] = c.h4;
}

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write_u32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* What stands behind a message that follows one block: 1, zeros, its length in bits. */
static size_t pad(uint8_t *blocks, size_t len_bytes)
{
    size_t whole =
        (len_bytes + 1 + LENGTH_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;

    memset(blocks + len_bytes, 0, whole - len_bytes);
    blocks[len_bytes] = 0x80;
    write_u32(blocks + whole - 4, (uint32_t)(8 * (BLOCK_BYTES + len_bytes)));
    return whole;
}

/* The salt is the key: exclusive-or'ed into a block of its own (RFC 2104). */
static void begin(uint32_t state[5], const unsigned char *salt, uint8_t with)
{
    uint8_t block[BLOCK_BYTES];

    memset(block, with, sizeof block);
    for (int i = 0; i < SHA1_BYTES; i++)
        block[i] ^= salt[i];
    memcpy(state, sha1_begin, sizeof sha1_begin);
    transform(state, block);
}

/* 20 bytes in base64 are 27 characters and one '='. */
static int decode_sha1(const char *text, size_t len_bytes, unsigned char *sha1)
{
    unsigned char bytes[SHA1_BYTES + 1];

    if (len_bytes != 28 || EVP_DecodeBlock(bytes, (const unsigned char *)text, 28) < 0)
        return -1;
    memcpy(sha1, bytes, SHA1_BYTES);
    return 0;
}

int hashedname_parse(const char *text, size_t len_bytes, struct hashedname *hidden)
{
    const char *salt = text + 3, *end = text + len_bytes, *bar;
    unsigned char key[SHA1_BYTES], mac[SHA1_BYTES];

    if (len_bytes < 4 || memcmp(text, "|1|", 3) != 0)
        return -1;
    bar = memchr(salt, '|', (size_t)(end - salt));
    if (!bar || decode_sha1(salt, (size_t)(bar - salt), key) < 0 ||
        decode_sha1(bar + 1, (size_t)(end - bar - 1), mac) < 0)
        return -1;
    begin(hidden->inner, key, 0x36);
    begin(hidden->outer, key, 0x5c);
    for (int i = 0; i < 5; i++)
        hidden->mac[i] = read_u32(mac + 4 * i);
    return 0;
}

void hashedname_ask(const char *name, struct hashedname_question *question)
{
    size_t len_bytes = strlen(name);

    assert(len_bytes < HASHEDNAME_MAX_BYTES);
    memcpy(question->blocks, name, len_bytes);
    question->len_bytes = pad(question->blocks, len_bytes);
}

bool hashedname_is(const struct hashedname *hidden,
                   const struct hashedname_question *question)
{
    uint8_t block[BLOCK_BYTES];
    uint32_t state[5];

    memcpy(state, hidden->inner, sizeof state);
    for (size_t at = 0; at < question->len_bytes; at += BLOCK_BYTES)
        transform(state, question->blocks + at);
    for (int i = 0; i < 5; i++)
        write_u32(block + 4 * i, state[i]);
    pad(block, SHA1_BYTES);
    memcpy(state, hidden->outer, sizeof state);
    transform(state, block);
    return memcmp(state, hidden->mac, sizeof state) == 0;
}
