#include "node-agent/verbs/patience.h"

#include <sched.h>
#include <time.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/queue.h"
#include "protocol/fail.h"

/* Looks (some 20 ns each on real hardware) before the CPU is given away. */
#define SPIN_LOOKS  2000
#define YIELD_LOOKS 1

#define NAP_US 100

/* The queue wakes us; this is for what it does not announce. */
#define SLEEP_MAX_MS 50

void patience_begin(struct patience *p, enum patience_kind kind, struct queue *queue,
                    uint64_t end_ns, uint64_t silence_ns)
{
    *p = (struct patience){.kind = kind,
                           .queue = queue,
                           .end_ns = end_ns,
                           .silence_ns = silence_ns};
    patience_renew(p, clock_ns());
}

void patience_renew(struct patience *p, uint64_t now_ns)
{
    uint64_t silent_ns = now_ns + p->silence_ns;

    p->until_ns = p->silence_ns && silent_ns < p->end_ns ? silent_ns : p->end_ns;
    p->looks = 0;
}

static void nap_us(uint64_t us)
{
    struct timespec t = {.tv_sec = (time_t)(us / 1000000),
                         .tv_nsec = (long)(us % 1000000) * 1000};

    nanosleep(&t, NULL);
}

void patience_pause(unsigned ms)
{
    nap_us((uint64_t)ms * 1000);
}

/* Between arming and sleeping the caller looks once more. */
static void sleep_or_arm(struct patience *p)
{
    if (p->armed)
        queue_sleep(p->queue, SLEEP_MAX_MS);
    else
        queue_arm(p->queue);
    p->armed = !p->armed;
}

static void give_way(struct patience *p)
{
    switch (p->kind) {
    case PATIENCE_SPIN:
    case PATIENCE_YIELD:
        sched_yield();
        break;
    case PATIENCE_SLEEP:
        sleep_or_arm(p);
        break;
    case PATIENCE_NAP:
        nap_us(NAP_US);
        break;
    }
}

bool patience_left(struct patience *p)
{
    unsigned looks = p->kind == PATIENCE_SPIN    ? SPIN_LOOKS
                     : p->kind == PATIENCE_YIELD ? YIELD_LOOKS
                                                 : 1;

    if (++p->looks % looks)
        return true;
    give_way(p);
    return clock_ns() < p->until_ns;
}

int patience_fail(const struct patience *p, struct fail *why, const char *doing)
{
    if (p->until_ns < p->end_ns)
        return fail_set(why, FAIL_PATH, "nothing came for %llu ms while %s",
                        (unsigned long long)p->silence_ns / 1000000, doing);
    return fail_set(why, FAIL_TIMEOUT, "the slot was over while %s", doing);
}
