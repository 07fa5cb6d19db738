#include "controller/door/flow.h"

#include <assert.h>

#define NEVER UINT64_MAX

struct flow flow_new(unsigned width, uint64_t now_ms)
{
    return (struct flow){.width = width ? width : FLOW_FIRST,
                         .fixed = width != 0,
                         .looked_ms = now_ms,
                         .round_ms = now_ms,
                         .tokens = FLOW_BURST,
                         .filled_ms = now_ms};
}

/* ---- coming and going --------------------------------------------------------------- */

static bool has_room(const struct flow *f)
{
    unsigned counted = f->fixed ? f->under_way : f->under_way - f->slow;

    return counted < f->width && (f->fixed || f->under_way < FLOW_MOST);
}

static void fill(struct flow *f, uint64_t now_ms)
{
    uint64_t tokens = f->tokens + (now_ms - f->filled_ms) * FLOW_PER_MS;

    f->tokens = tokens < FLOW_BURST ? (unsigned)tokens : FLOW_BURST;
    f->filled_ms = now_ms;
}

bool flow_admits(struct flow *f, uint64_t now_ms, uint64_t *due_ms)
{
    bool room = has_room(f);

    fill(f, now_ms);
    f->full |= !room;
    *due_ms = room ? now_ms + 1 : f->fixed ? NEVER : f->looked_ms + FLOW_LOOK_MS;
    return room && f->tokens > 0;
}

unsigned flow_enter(struct flow *f)
{
    assert(has_room(f) && f->tokens > 0);
    f->under_way++;
    f->tokens--;
    f->ages[f->look % FLOW_AGES]++;
    return f->look;
}

void flow_leave(struct flow *f, unsigned since)
{
    assert(f->under_way > 0);
    f->under_way--;
    if (f->look - since < FLOW_AGES)
        f->ages[since % FLOW_AGES]--;
    else
        f->slow--;
}

void flow_count(struct flow *f, bool turned_away)
{
    f->ended++;
    f->turned_away += turned_away;
}

/* ---- the width ------------------------------------------------------------------------ */

static void halve(struct flow *f)
{
    f->width = f->width > 2 * FLOW_LEAST ? f->width / 2 : FLOW_LEAST;
    f->before = 0;
}

static void go_back(struct flow *f)
{
    f->width = f->before;
    f->before = 0;
    f->calm = FLOW_CALM_ROUNDS;
}

static void climb(struct flow *f, double rate)
{
    unsigned more = f->width + (f->width + 1) / 2;

    f->before = f->width;
    f->rate = rate;
    f->width = more < FLOW_MOST ? more : FLOW_MOST;
}

static void judge(struct flow *f, uint64_t now_ms, double busy)
{
    double rate = (double)f->ended / (double)(now_ms - f->round_ms);

    if (f->turned_away > f->ended / 4)
        halve(f);
    else if (f->before && rate < FLOW_WORTH * f->rate)
        go_back(f);
    else if (f->calm > 0)
        f->calm--;
    else if (f->full && busy < FLOW_BUSY)
        climb(f, rate);
    else
        f->before = 0;
    f->ended = f->turned_away = 0;
    f->full = false;
    f->round_ms = now_ms;
}

bool flow_look(struct flow *f, uint64_t now_ms, double busy)
{
    unsigned *oldest;

    if (now_ms < f->looked_ms + FLOW_LOOK_MS)
        return false;
    f->looked_ms = now_ms;
    oldest = &f->ages[++f->look % FLOW_AGES];
    f->slow += *oldest;
    *oldest = 0;
    if (!f->fixed && f->ended >= f->width)
        judge(f, now_ms, busy);
    return true;
}
