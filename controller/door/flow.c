#include "controller/door/flow.h"

#include <assert.h>

#define NEVER UINT64_MAX

struct flow flow_new(unsigned width, uint64_t now_ms)
{
    return (struct flow){.width = width ? width : FLOW_FIRST,
                         .fixed = width != 0,
                         .looked_ms = now_ms,
                         .tokens = FLOW_BURST,
                         .filled_ms = now_ms};
}

static void fill(struct flow *f, uint64_t now_ms)
{
    uint64_t tokens = f->tokens + (now_ms - f->filled_ms) * FLOW_PER_MS;

    f->tokens = tokens < FLOW_BURST ? (unsigned)tokens : FLOW_BURST;
    f->filled_ms = now_ms;
}

bool flow_admits(struct flow *f, uint64_t now_ms, uint64_t *due_ms)
{
    fill(f, now_ms);
    *due_ms = f->under_way < f->width ? now_ms + 1
              : f->fixed              ? NEVER
                                      : f->looked_ms + FLOW_LOOK_MS;
    f->full |= f->under_way >= f->width;
    return f->under_way < f->width && f->tokens > 0;
}

void flow_enter(struct flow *f)
{
    assert(f->under_way < f->width && f->tokens > 0);
    f->under_way++;
    f->tokens--;
}

void flow_leave(struct flow *f)
{
    assert(f->under_way > 0);
    f->under_way--;
}

void flow_count(struct flow *f, bool turned_away)
{
    f->ended++;
    f->turned_away += turned_away;
}

static unsigned grown(unsigned width)
{
    unsigned more = width + (width + 1) / 2;

    return more < FLOW_MOST ? more : FLOW_MOST;
}

static unsigned wanted(const struct flow *f, double busy)
{
    if (f->ended >= FLOW_JUDGED && f->turned_away > f->ended / 4)
        return f->width > 2 * FLOW_LEAST ? f->width / 2 : FLOW_LEAST;
    return f->full && busy < FLOW_BUSY ? grown(f->width) : f->width;
}

bool flow_look(struct flow *f, uint64_t now_ms, double busy)
{
    if (now_ms < f->looked_ms + FLOW_LOOK_MS)
        return false;
    if (!f->fixed)
        f->width = wanted(f, busy);
    f->full = false;
    f->ended = f->turned_away = 0;
    f->looked_ms = now_ms;
    return true;
}
