#include "protocol/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sha256.h> /* libmd */

struct digest {
    SHA256_CTX state;
};

struct digest *digest_new(void)
{
    struct digest *d = malloc(sizeof *d);

    if (d)
        SHA256Init(&d->state);
    return d;
}

void digest_push(struct digest *d, const void *bytes, size_t len_bytes)
{
    SHA256Update(&d->state, bytes, len_bytes);
}

int digest_peek(const struct digest *d, char hex[DIGEST_HEX_BYTES])
{
    struct digest *copy = digest_new();

    if (!copy)
        return -1;
    copy->state = d->state;
    digest_take(copy, hex);
    return 0;
}

void digest_take(struct digest *d, char hex[DIGEST_HEX_BYTES])
{
    char made[DIGEST_HEX_BYTES];

    SHA256End(&d->state, made);
    if (hex)
        memcpy(hex, made, sizeof made);
    free(d);
}

void digest_of(const void *bytes, size_t len_bytes, char hex[DIGEST_HEX_BYTES])
{
    SHA256_CTX state;

    SHA256Init(&state);
    SHA256Update(&state, bytes, len_bytes);
    SHA256End(&state, hex);
}
