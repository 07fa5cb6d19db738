#include "controller/report/spans.h"

#include <stdlib.h>

#include "controller/fabric/robust.h"
#include "controller/report/chronicle.h"
#include "controller/report/shade.h"
#include "controller/rollout/node_state.h"

struct spans {
    struct span of[NODE_STATES];
};

static double stay_s(const struct chronicle_node *n, size_t i, int64_t until_ms)
{
    int64_t to_ms = i + 1 < n->stay_count ? n->stays[i + 1].from_ms : until_ms;

    return to_ms > n->stays[i].from_ms ? (double)(to_ms - n->stays[i].from_ms) / 1000 : 0;
}

double span_of_node(const struct chronicle_node *n, int state, int64_t until_ms)
{
    double sum_s = 0;

    for (size_t i = 0; i < n->stay_count; i++)
        if (n->stays[i].state == state)
            sum_s += stay_s(n, i, until_ms);
    return sum_s;
}

double span_on_the_road(const struct chronicle_node *n, int64_t until_ms)
{
    double sum_s = 0;

    for (size_t i = 0; i < n->stay_count; i++)
        if (shade_is_busy(shade_of(n->stays[i].state)))
            sum_s += stay_s(n, i, until_ms);
    return sum_s;
}

static bool was_in(const struct chronicle_node *n, int state)
{
    for (size_t i = 0; i < n->stay_count; i++)
        if (n->stays[i].state == state)
            return true;
    return false;
}

/* seconds: room for all nodes. */
static void sum_up(const struct chronicle *c, int state, int64_t until_ms,
                   double *seconds, struct span *span)
{
    for (size_t i = 0; i < chronicle_count(c); i++) {
        const struct chronicle_node *n = chronicle_node(c, i);
        double s;

        if (!was_in(n, state))
            continue;
        s = span_of_node(n, state, until_ms);
        if (!span->nodes || s > span->most_s) {
            span->most_s = s;
            span->slowest = i;
        }
        seconds[span->nodes++] = s;
    }
    if (!span->nodes)
        return;
    robust_sort(seconds, span->nodes);
    span->median_s = robust_percentile(seconds, span->nodes, 50);
    span->p90_s = robust_percentile(seconds, span->nodes, 90);
}

struct spans *spans_new(const struct chronicle *c, int64_t until_ms)
{
    double *seconds = calloc(chronicle_count(c) + 1, sizeof *seconds);
    struct spans *s = calloc(1, sizeof *s);

    if (!seconds || !s) {
        free(seconds);
        free(s);
        return NULL;
    }
    for (int state = 1; state < NODE_STATES; state++)
        if (!node_state_is_end((enum node_state)state))
            sum_up(c, state, until_ms, seconds, &s->of[state]);
    free(seconds);
    return s;
}

void spans_free(struct spans *s)
{
    free(s);
}

void spans_done(struct spans **s)
{
    spans_free(*s);
}

bool spans_of(const struct spans *s, int state, struct span *span)
{
    *span = s->of[state];
    return span->nodes > 0;
}
