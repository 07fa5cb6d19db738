/* However an HTTP answer is split, it ends in the same way and with the same body, which
 * lies within what came; and no beginning of a good one is called bad.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* Of a copy that ends where the bytes do. */
static enum reply_state look(const uint8_t *data, size_t size, bool ended, char **bytes,
                             struct reply *r)
{
    enum reply_state state;

    *bytes = malloc(size + !size);
    memcpy(*bytes, data, size);
    state = reply_read(*bytes, size, ended, r);
    if (state == REPLY_WHOLE) {
        demand(r->status >= 200 && r->status <= 599 && r->retry_after_s >= -1);
        demand(r->body >= *bytes && r->body_bytes <= size);
        demand((size_t)(r->body - *bytes) + r->body_bytes <= size);
    }
    return state;
}

static enum reply_state state_of(const uint8_t *data, size_t size, bool ended)
{
    struct reply r;
    char *bytes;
    enum reply_state state = look(data, size, ended, &bytes, &r);

    free(bytes);
    return state;
}

/* The first beginning that is not to be continued; what follows it is not read. */
static size_t first_end(const uint8_t *data, size_t size)
{
    size_t n = 0;

    while (n < size && state_of(data, n, false) == REPLY_MORE)
        n++;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n;

    if (size > 2048)
        return state_of(data, size, true) == REPLY_MORE ? abort(), 0 : 0;
    n = first_end(data, size);
    demand(state_of(data, size, true) != REPLY_MORE);
    if (state_of(data, n, false) == REPLY_WHOLE) {
        struct reply early, late;
        char *a, *b;

        demand(look(data, n, false, &a, &early) == REPLY_WHOLE);
        demand(look(data, size, true, &b, &late) == REPLY_WHOLE);
        demand(early.status == late.status && early.body_bytes == late.body_bytes);
        demand(memcmp(early.body, late.body, early.body_bytes) == 0);
        free(a);
        free(b);
    }
    return 0;
}
