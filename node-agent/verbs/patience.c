#include "node-agent/verbs/patience.h"

#include <sched.h>
#include <time.h>

#include "protocol/fail.h"

/* A look costs some 20 ns on real hardware. */
#define HOT_SPINS_HARD  2000
#define HOT_SPINS_SOFT  1
#define COOL_SPINS_HARD 20000
#define COOL_SPINS_SOFT 1
#define COOL_NAP_US     200

uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void patience_begin(struct patience *p, enum patience_kind kind, bool soft,
                    uint64_t end_ns, uint64_t silence_ns)
{
    *p = (struct patience){.end_ns = end_ns, .silence_ns = silence_ns};
    if (kind == PATIENCE_HOT) {
        p->spins = soft ? HOT_SPINS_SOFT : HOT_SPINS_HARD;
    } else {
        p->spins = soft ? COOL_SPINS_SOFT : COOL_SPINS_HARD;
        p->nap_us = COOL_NAP_US;
    }
    patience_renew(p, clock_ns());
}

void patience_renew(struct patience *p, uint64_t now_ns)
{
    uint64_t silent_ns = now_ns + p->silence_ns;

    p->until_ns = p->silence_ns && silent_ns < p->end_ns ? silent_ns : p->end_ns;
    p->looks = 0;
}

static void nap(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000),
                         .tv_nsec = (long)(ns % 1000000000)};

    nanosleep(&t, NULL);
}

void patience_pause(unsigned ms)
{
    nap((uint64_t)ms * 1000000);
}

bool patience_left(struct patience *p)
{
    p->looks++;
    if (p->nap_us ? p->looks < p->spins : p->looks % p->spins != 0)
        return true;
    if (p->nap_us)
        nap((uint64_t)p->nap_us * 1000);
    else
        sched_yield();
    return clock_ns() < p->until_ns;
}

int patience_fail(const struct patience *p, struct fail *why, const char *doing)
{
    if (p->until_ns < p->end_ns)
        return fail_set(why, FAIL_PATH, "nothing came for %llu ms while %s",
                        (unsigned long long)p->silence_ns / 1000000, doing);
    return fail_set(why, FAIL_TIMEOUT, "the slot was over while %s", doing);
}
