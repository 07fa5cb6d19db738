#include "controller/relay/tubes.h"

#include <stddef.h>

#include "controller/relay/tube.h"

static struct tube **chain_of(struct tubes *all, uint32_t stream)
{
    return stream ? &all->buckets[stream % TUBES_BUCKETS] : &all->waiting;
}

static void put(struct tube **chain, struct tube *t)
{
    *tube_link(t) = *chain;
    *chain = t;
}

void tubes_wait(struct tubes *all, struct tube *t)
{
    put(&all->waiting, t);
}

struct tube *tubes_next(struct tubes *all)
{
    struct tube **place = &all->waiting, *t;

    while (*place && tube_is_closed(*place))
        place = tube_link(*place);
    t = *place;
    if (t)
        *place = *tube_link(t);
    return t;
}

void tubes_join(struct tubes *all, struct tube *t, uint32_t stream)
{
    put(chain_of(all, stream), t);
}

struct tube *tubes_find(const struct tubes *all, uint32_t stream)
{
    struct tube *t = all->buckets[stream % TUBES_BUCKETS];

    while (t && tube_stream(t) != stream)
        t = *tube_link(t);
    return t;
}

void tubes_forget(struct tubes *all, struct tube *t)
{
    struct tube **place = chain_of(all, tube_stream(t));

    while (*place != t)
        place = tube_link(*place);
    *place = *tube_link(t);
    tube_free(t);
}

void tubes_each(const struct tubes *all, void (*act)(void *arg, struct tube *t),
                void *arg)
{
    for (struct tube *t = all->waiting; t; t = *tube_link(t))
        act(arg, t);
    for (size_t i = 0; i < TUBES_BUCKETS; i++)
        for (struct tube *t = all->buckets[i]; t; t = *tube_link(t))
            act(arg, t);
}

void tubes_clear(struct tubes *all)
{
    while (all->waiting)
        tubes_forget(all, all->waiting);
    for (size_t i = 0; i < TUBES_BUCKETS; i++)
        while (all->buckets[i])
            tubes_forget(all, all->buckets[i]);
}
