#include "controller/report/axis.h"

#include "controller/report/chronicle.h"

/* A break's width, and how much of all work a pause must be to become one. */
#define BREAK_X     40.0
#define BREAK_SHARE 0.15

#define TICK_CLOSE_X 70.0 /* as wide as a label */

/* ---- pieces --------------------------------------------------------------------------- */

static void push(struct axis *a, int64_t from_ms, int64_t to_ms, bool is_break)
{
    a->pieces[a->count++] =
        (struct axis_piece){.from_ms = from_ms, .to_ms = to_ms, .is_break = is_break};
}

static int64_t worked_ms(const struct chronicle *c)
{
    int64_t sum_ms = 0;

    for (size_t i = 0; i < chronicle_stretches(c); i++)
        sum_ms += chronicle_stretch(c, i)->to_ms - chronicle_stretch(c, i)->from_ms;
    return sum_ms;
}

/* Stretches with short pauses between them are one piece. */
static void add_pieces(const struct chronicle *c, struct axis *a)
{
    const struct chronicle_stretch *s = chronicle_stretch(c, 0);
    double least_ms = BREAK_SHARE * (double)worked_ms(c);

    push(a, s->from_ms, s->to_ms, false);
    for (size_t i = 1; i < chronicle_stretches(c); i++) {
        struct axis_piece *last = &a->pieces[a->count - 1];

        s = chronicle_stretch(c, i);
        if ((double)(s->from_ms - last->to_ms) > least_ms &&
            a->count + 2 <= AXIS_MAX_PIECES) {
            push(a, last->to_ms, s->from_ms, true);
            push(a, s->from_ms, s->to_ms, false);
        } else if (s->to_ms > last->to_ms) {
            last->to_ms = s->to_ms;
        }
    }
}

static void place(struct axis *a)
{
    double worked = 0, breaks = 0, x = 0;

    for (size_t i = 0; i < a->count; i++) {
        const struct axis_piece *p = &a->pieces[i];

        worked += p->is_break ? 0 : (double)(p->to_ms - p->from_ms);
        breaks += p->is_break;
    }
    for (size_t i = 0; i < a->count; i++) {
        struct axis_piece *p = &a->pieces[i];
        double share = (double)(p->to_ms - p->from_ms) / worked;

        p->from_x = x;
        x += p->is_break ? BREAK_X : share * (AXIS_WIDTH - BREAK_X * breaks);
        p->to_x = x;
    }
}

/* Of a run whose moves all fell into one millisecond: a second. */
void axis_of(const struct chronicle *c, int64_t until_ms, struct axis *a)
{
    struct axis_piece *last;

    *a = (struct axis){0};
    if (chronicle_stretches(c))
        add_pieces(c, a);
    else
        push(a, until_ms, until_ms, false);
    last = &a->pieces[a->count - 1];
    if (until_ms > last->to_ms)
        last->to_ms = until_ms;
    if (last->to_ms == last->from_ms)
        last->to_ms += 1000;
    place(a);
}

/* ---- places --------------------------------------------------------------------------- */

int64_t axis_from_ms(const struct axis *a)
{
    return a->pieces[0].from_ms;
}

int64_t axis_to_ms(const struct axis *a)
{
    return a->pieces[a->count - 1].to_ms;
}

double axis_x(const struct axis *a, int64_t at_ms)
{
    const struct axis_piece *p = a->pieces;
    double share;

    while (p < a->pieces + a->count - 1 && at_ms > p->to_ms)
        p++;
    if (at_ms <= p->from_ms || p->to_ms == p->from_ms)
        return p->from_x;
    if (at_ms >= p->to_ms)
        return p->to_x;
    share = (double)(at_ms - p->from_ms) / (double)(p->to_ms - p->from_ms);
    return p->from_x + share * (p->to_x - p->from_x);
}

int64_t axis_at(const struct axis *a, double x)
{
    const struct axis_piece *p = a->pieces;
    double share;

    while (p < a->pieces + a->count - 1 && x > p->to_x)
        p++;
    share = p->to_x > p->from_x ? (x - p->from_x) / (p->to_x - p->from_x) : 0;
    return p->from_ms + (int64_t)(share * (double)(p->to_ms - p->from_ms));
}

/* ---- ticks ---------------------------------------------------------------------------- */

/* The first that keeps labels apart. */
static int64_t step_of(const struct axis *a)
{
    static const int64_t steps_s[] = {1,     2,     5,     10,    15,     30,    60,
                                      120,   300,   600,   900,   1800,   3600,  7200,
                                      10800, 21600, 43200, 86400, 172800, 604800};
    size_t i = 0, count = sizeof steps_s / sizeof *steps_s;
    double per_ms = 0;

    for (size_t k = 0; k < a->count; k++)
        if (!a->pieces[k].is_break && a->pieces[k].to_ms > a->pieces[k].from_ms)
            per_ms = (a->pieces[k].to_x - a->pieces[k].from_x) /
                     (double)(a->pieces[k].to_ms - a->pieces[k].from_ms);
    while (i < count - 1 && (double)(steps_s[i] * 1000) * per_ms < 2 * TICK_CLOSE_X)
        i++;
    return steps_s[i] * 1000;
}

size_t axis_ticks(const struct axis *a, int64_t ticks_ms[AXIS_MAX_TICKS],
                  int64_t *step_ms)
{
    double last_x = -2 * TICK_CLOSE_X;
    size_t count = 0;

    *step_ms = step_of(a);
    for (size_t k = 0; k < a->count; k++) {
        const struct axis_piece *p = &a->pieces[k];
        int64_t at_ms = (p->from_ms + *step_ms - 1) / *step_ms * *step_ms;

        for (; !p->is_break && at_ms <= p->to_ms && count < AXIS_MAX_TICKS;
             at_ms += *step_ms) {
            double x = axis_x(a, at_ms);

            if (x - last_x < TICK_CLOSE_X)
                continue;
            ticks_ms[count++] = at_ms;
            last_x = x;
        }
    }
    return count;
}
