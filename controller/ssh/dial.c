#include "controller/ssh/dial.h"

#include <netdb.h>
#include <stddef.h>

#include "controller/ssh/lookup.h"
#include "controller/ssh/tcp.h"
#include "protocol/fail.h"

static void on_addresses(void *arg, struct addrinfo *addresses, const struct fail *why)
{
    struct dial *d = arg;

    d->lookup = NULL;
    d->all = d->next = addresses;
    d->on_found(d->arg, why);
}

int dial_resolve(struct dial *d, void (*on_found)(void *arg, const struct fail *why),
                 void *arg, struct fail *why)
{
    d->all = d->next = lookup_numeric(d->address, d->port);
    if (d->all)
        return 1;
    d->on_found = on_found;
    d->arg = arg;
    d->lookup = lookup_start(d->loop, d->address, d->port, on_addresses, d, why);
    return d->lookup ? 0 : -1;
}

struct wire *dial_next(struct dial *d, void (*on_ready)(void *arg), void *arg,
                       struct fail *why)
{
    struct wire *wire = NULL;

    for (; d->next && !wire; d->next = d->next->ai_next)
        wire = tcp_open(d->loop, d->next, on_ready, arg, why);
    if (!wire)
        fail_prefix(why, "%s:%u", d->address, d->port);
    return wire;
}

unsigned dial_left(const struct dial *d)
{
    unsigned left = 0;

    for (const struct addrinfo *a = d->next; a; a = a->ai_next)
        left++;
    return left;
}

void dial_clear(struct dial *d)
{
    if (d->lookup)
        lookup_abandon(d->lookup);
    if (d->all)
        freeaddrinfo(d->all);
    d->lookup = NULL;
    d->all = d->next = NULL;
}
