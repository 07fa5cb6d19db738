#include "controller/rollout/breaker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

struct kind {
    uint64_t hash; /* of a signature; 0: none yet */
    size_t count;
};

struct breaker {
    const struct fleet_policy *keys;
    size_t fleet_count;
    size_t well, failed, in_a_row;
    struct fail why;
    size_t room; /* a power of two, at least twice as many as can fail */
    struct kind kinds[];
};

static size_t room_for(size_t count)
{
    size_t room = 16;

    while (room < 2 * count)
        room *= 2;
    return room;
}

struct breaker *breaker_new(const struct fleet_policy *keys, size_t count,
                            size_t fleet_count)
{
    size_t room = room_for(count);
    struct breaker *b = calloc(1, sizeof *b + room * sizeof *b->kinds);

    if (!b)
        return NULL;
    b->keys = keys;
    b->fleet_count = fleet_count;
    b->room = room;
    return b;
}

void breaker_free(struct breaker *b)
{
    free(b);
}

void breaker_trip(struct breaker *b, const char *format, ...)
{
    char words[sizeof b->why.text];
    va_list args;

    if (b->why.code)
        return;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    fail_set(&b->why, FAIL_BUDGET, "%s", words);
}

const struct fail *breaker_why(const struct breaker *b)
{
    return &b->why;
}

static const char *said(const struct breaker *b, enum policy_key key)
{
    return fleet_policy_text(b->keys, key);
}

/* FNV-1a.  Two kinds of failures that share 64 bits would be counted as one. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash ? hash : 1;
}

/* There is room for it, as no more kinds can be than nodes that fail. */
static size_t count_kind(struct breaker *b, const char *signature)
{
    uint64_t hash = hash_of(signature);
    size_t at = hash & (b->room - 1), looked = 0;

    while (b->kinds[at].hash && b->kinds[at].hash != hash && looked++ < b->room)
        at = (at + 1) & (b->room - 1);
    b->kinds[at].hash = hash;
    return ++b->kinds[at].count;
}

static void check_same(struct breaker *b, const char *signature)
{
    size_t same = signature ? count_kind(b, signature) : 0;

    if (b->keys->same_failure && same >= b->keys->same_failure)
        breaker_trip(b, "%zu node%s failed in the same way (same_failure = %s): %s", same,
                     same == 1 ? " has" : "s have", said(b, POLICY_SAME_FAILURE),
                     signature);
}

static void check_budget(struct breaker *b)
{
    size_t ended = b->well + b->failed;

    if (b->failed > share_of(&b->keys->budget_upgraded, ended))
        breaker_trip(b,
                     "%zu of %zu nodes that have ended have failed, more than "
                     "budget_upgraded = %s",
                     b->failed, ended, said(b, POLICY_BUDGET_UPGRADED));
}

void breaker_count_well(struct breaker *b)
{
    b->well++;
    b->in_a_row = 0;
}

void breaker_count_failed(struct breaker *b, const char *signature)
{
    b->failed++;
    b->in_a_row++;
    if (b->failed > b->keys->max_failures)
        breaker_trip(b, "%zu node%s failed, more than max_failures = %u", b->failed,
                     b->failed == 1 ? " has" : "s have", b->keys->max_failures);
    check_budget(b);
    check_same(b, signature);
    if (b->keys->consecutive && b->in_a_row >= b->keys->consecutive)
        breaker_trip(b, "%zu node%s failed (consecutive = %s)", b->in_a_row,
                     b->in_a_row == 1 ? " has" : "s in a row have",
                     said(b, POLICY_CONSECUTIVE));
}

void breaker_check_fleet(struct breaker *b, size_t unhealthy)
{
    if (unhealthy > share_of(&b->keys->budget_fleet, b->fleet_count))
        breaker_trip(b,
                     "%zu of %zu nodes of the fleet are unhealthy, more than "
                     "budget_fleet = %s",
                     unhealthy, b->fleet_count, said(b, POLICY_BUDGET_FLEET));
}
