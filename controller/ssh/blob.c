#include "controller/ssh/blob.h"

#include <string.h>

static int take(struct blob *b, size_t len_bytes, const unsigned char **bytes)
{
    if (len_bytes > b->len_bytes) {
        b->len_bytes = 0;
        return -1;
    }
    *bytes = b->bytes;
    b->bytes += len_bytes;
    b->len_bytes -= len_bytes;
    return 0;
}

int blob_next_u32(struct blob *b, uint32_t *value)
{
    const unsigned char *p;

    if (take(b, 4, &p) < 0)
        return -1;
    *value = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return 0;
}

int blob_next_string(struct blob *b, struct blob *string)
{
    uint32_t len_bytes;

    if (blob_next_u32(b, &len_bytes) < 0 || take(b, len_bytes, &string->bytes) < 0)
        return -1;
    string->len_bytes = len_bytes;
    return 0;
}

int blob_skip(struct blob *b, size_t len_bytes)
{
    const unsigned char *skipped;

    return take(b, len_bytes, &skipped);
}

bool blob_equals(const struct blob *a, const struct blob *b)
{
    return a->len_bytes == b->len_bytes &&
           (a->len_bytes == 0 || memcmp(a->bytes, b->bytes, a->len_bytes) == 0);
}

bool blob_is(const struct blob *b, const char *text)
{
    return b->len_bytes == strlen(text) && memcmp(b->bytes, text, b->len_bytes) == 0;
}

void blob_put_u32(unsigned char **at, uint32_t value)
{
    unsigned char *p = *at;

    p[0] = (unsigned char)(value >> 24);
    p[1] = (unsigned char)(value >> 16);
    p[2] = (unsigned char)(value >> 8);
    p[3] = (unsigned char)value;
    *at = p + 4;
}

void blob_put_string(unsigned char **at, const void *bytes, size_t len_bytes)
{
    blob_put_u32(at, (uint32_t)len_bytes);
    memcpy(*at, bytes, len_bytes);
    *at += len_bytes;
}
