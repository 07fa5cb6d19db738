#include "controller/fabric/pace.h"

#include <stddef.h>

#include "controller/fabric/member.h"

#define BATCH_MS    4000 /* the screen moves about as often */
#define MAX_SLOTS   32
#define SLACK_MS    5000 /* beyond a batch's slots: an order's way and its answer's */
#define SPARE_SLOTS 64   /* for retests, in the limit that we set ourselves         */
#define AMPLE       3    /* a slot holds so many times what a round has taken       */
#define SLOT_MAX_MS 120000

/* ---- the plan ---------------------------------------------------------------------- */

/* As ib_write_lat and ib_write_bw do it, with more samples and windows. */
static const struct measure_plan hard = {
    .slot_ms = 2000,
    .warmup = 200,
    .samples = 10000,
    .latency_bytes = 8,
    .window_ms = 20,
    .windows = 3,
    .message_bytes = 65536,
    .depth = 128,
};

/* Soft-RoCE takes a thousand times as long for a message, and what is in flight
 * when a window ends must not take as long as the window.
 */
static const struct measure_plan soft = {
    .slot_ms = 15000,
    .warmup = 20,
    .samples = 200,
    .latency_bytes = 8,
    .window_ms = 200,
    .windows = 3,
    .message_bytes = 65536,
    .depth = 4,
};

static void fill(unsigned *field, unsigned usual)
{
    if (!*field)
        *field = usual;
}

/* What the operator asked for may take longer than usual. */
static unsigned slot_for(const struct measure_plan *plan,
                         const struct measure_plan *usual)
{
    unsigned own_ms = pace_round_ms(plan), usual_ms = pace_round_ms(usual);

    return usual->slot_ms + (own_ms > usual_ms ? 2 * (own_ms - usual_ms) : 0);
}

void pace_plan(struct measure_plan *plan, const struct member *members, size_t n)
{
    const struct measure_plan *usual = &hard;

    for (size_t i = 0; i < n; i++)
        if (members[i].joined && members[i].endpoint.soft)
            usual = &soft;
    fill(&plan->warmup, usual->warmup);
    fill(&plan->samples, usual->samples);
    fill(&plan->latency_bytes, usual->latency_bytes);
    fill(&plan->window_ms, usual->window_ms);
    fill(&plan->windows, usual->windows);
    fill(&plan->message_bytes, usual->message_bytes);
    fill(&plan->depth, usual->depth);
    fill(&plan->slot_ms, slot_for(plan, usual));
}

unsigned pace_round_ms(const struct measure_plan *plan)
{
    /* A soft round trip is about 1 ms, a hard one 4 us; depth tells them apart. */
    unsigned trips_per_ms = plan->depth > soft.depth ? 250 : 1;
    unsigned latency_ms = (plan->warmup + plan->samples) / trips_per_ms;

    return 20 + latency_ms + 2 * plan->window_ms * (plan->windows + 1);
}

unsigned pace_slots(const struct measure_plan *plan)
{
    unsigned slots = BATCH_MS / pace_round_ms(plan);

    return slots < 1 ? 1 : slots > MAX_SLOTS ? MAX_SLOTS : slots;
}

/* ---- what waits for it -------------------------------------------------------------- */

uint64_t pace_order_ms(const struct measure_plan *plan, unsigned slots)
{
    return (uint64_t)plan->slot_ms * slots + SLACK_MS;
}

uint64_t pace_limit_ms(const struct measure_plan *plan, unsigned rounds)
{
    return ((uint64_t)plan->slot_ms + SLACK_MS) * (rounds + SPARE_SLOTS);
}

/* ---- slower than was thought --------------------------------------------------------- */

void pace_widen(struct measure_plan *plan, unsigned took_ms)
{
    uint64_t ample_ms = (uint64_t)AMPLE * took_ms;

    if (ample_ms > plan->slot_ms)
        plan->slot_ms = ample_ms < SLOT_MAX_MS ? (unsigned)ample_ms : SLOT_MAX_MS;
}

void pace_double(struct measure_plan *plan)
{
    if (plan->slot_ms <= SLOT_MAX_MS / 2)
        plan->slot_ms *= 2;
}
