#include "controller/door/doorway.h"

#include <assert.h>
#include <stddef.h>

#include "controller/door/pause.h"

struct doorway doorway_new(void)
{
    return (struct doorway){.width = DOORWAY_FIRST};
}

bool doorway_admits(const struct doorway *d, uint64_t now_ms)
{
    return d->under_way < d->width && now_ms >= d->rests_until_ms;
}

unsigned doorway_enter(struct doorway *d)
{
    assert(d->under_way < d->width);
    d->under_way++;
    return d->round;
}

static void grow(struct doorway *d)
{
    unsigned wanted = d->met ? DOORWAY_CALM_ROUNDS * d->width : 1;

    if (++d->calm < wanted || d->width >= DOORWAY_MOST)
        return;
    d->width++;
    d->calm = 0;
}

/* others: besides the one that was turned away. */
static void shrink(struct doorway *d, unsigned others)
{
    unsigned at_once = others + 1 < d->width ? others + 1 : d->width;

    d->width = at_once > 1 ? at_once / 2 : 1;
    d->met = true;
    d->calm = 0;
    d->round++;
}

/* A penalty is believed in when it was said twice in a row: with the same words sshd
 * also turns away whom MaxStartups leaves no room.
 */
static void rest(struct doorway *d, bool unwanted, uint64_t now_ms, uint32_t chance)
{
    uint64_t ms;

    if (d->alone++ == 0)
        d->since_ms = now_ms;
    if (unwanted && d->alone > 1) /* never sooner than it can be over */
        ms = pause_above_ms(DOORWAY_PENALTY_MS, DOORWAY_PENALTY_MAX_MS, d->alone - 1,
                            chance);
    else
        ms = pause_below_ms(DOORWAY_PAUSE_MS, DOORWAY_PAUSE_MAX_MS, d->alone, chance);
    d->rests_until_ms = now_ms + ms;
}

void doorway_leave(struct doorway *d, unsigned round, enum doorway_end end,
                   uint64_t now_ms, uint32_t chance)
{
    unsigned others = --d->under_way;

    if (end == DOORWAY_LET_IN) {
        d->alone = 0;
        d->rests_until_ms = 0;
        grow(d);
    } else if (end != DOORWAY_SAYS_NOTHING && round == d->round) {
        if (others == 0)
            rest(d, end == DOORWAY_UNWANTED, now_ms, chance);
        shrink(d, others);
    }
}

bool doorway_is_hopeless(const struct doorway *d, uint64_t patience_ms)
{
    return d->alone >= DOORWAY_PATIENT_TRIES ||
           (d->alone > 1 && d->rests_until_ms > d->since_ms + patience_ms);
}
