#include "inventory/hostset_part.h"

#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* splitmix64: the same numbers on every machine. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* From 0 to bound - 1, none likelier than another. */
static uint64_t below(uint64_t *state, uint64_t bound)
{
    uint64_t fair = UINT64_MAX - UINT64_MAX % bound, number;

    do
        number = next_number(state);
    while (number >= fair);
    return number % bound;
}

/* In one pass: of what is left to look at, so many are still wanted. */
int hostset_pick(const struct hostset *set, size_t most, uint64_t seed,
                 struct hostset **part, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *made = hostset_new();
    size_t count = hostset_count(set);

    if (!made)
        return fail_memory(why);
    for (size_t i = 0; i < count && most; i++) {
        if (below(&seed, count - i) >= most)
            continue;
        most--;
        if (hostset_add(made, hostset_name(set, i), why) < 0)
            return -1;
    }
    *part = made;
    made = NULL;
    return 0;
}

int hostset_split(const struct hostset *set, size_t parts, size_t i,
                  struct hostset **part, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *made = hostset_new();
    size_t size = hostset_count(set) / parts, larger = hostset_count(set) % parts;
    size_t first = i * size + (i < larger ? i : larger);

    if (!made)
        return fail_memory(why);
    for (size_t k = first; k < first + size + (i < larger); k++)
        if (hostset_add(made, hostset_name(set, k), why) < 0)
            return -1;
    *part = made;
    made = NULL;
    return 0;
}
