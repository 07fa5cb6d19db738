#include "tests/fake/naive_policy.h"

#include <assert.h>
#include <string.h>

#include "inventory/fleet_policy.h"

void naive_begin(struct naive *n, const struct policy_rules *rules,
                 const struct policy_node *nodes, size_t count,
                 const struct policy_time *now)
{
    assert(count <= NAIVE_NODES && rules->scope_count <= NAIVE_SCOPES);
    n->rules = rules;
    n->nodes = nodes;
    n->count = count;
    n->event_count = 0;
    naive_add(n, (struct naive_event){.kind = NAIVE_TIME, .time = *now});
}

void naive_add(struct naive *n, struct naive_event event)
{
    assert(n->event_count < NAIVE_EVENTS);
    n->events[n->event_count++] = event;
}

static bool takes_part(const struct naive *n, size_t node)
{
    return n->nodes[node].stage != POLICY_NO_STAGE;
}

static bool is_canary(const struct naive *n, size_t node)
{
    return n->rules->has_canaries && n->nodes[node].stage == 0;
}

/* ---- limits of failures ------------------------------------------------------------------- */

static bool is_failure(const struct naive_event *e)
{
    return e->kind == NAIVE_END && (e->end == POLICY_FAILED || e->end == POLICY_RETURNED);
}

/* A reference is done when it is kept, and then not again. */
static bool is_success(const struct naive *n, size_t at)
{
    const struct naive_event *e = &n->events[at];

    if (e->kind == NAIVE_KEEP)
        return true;
    if (e->kind != NAIVE_END || e->end != POLICY_WELL)
        return false;
    while (at-- > 0)
        if (n->events[at].node == e->node && n->events[at].kind == NAIVE_KEEP)
            return false;
    return true;
}

static bool is_same(const struct naive_event *a, const struct naive_event *b)
{
    return a->signature && b->signature && strcmp(a->signature, b->signature) == 0;
}

/* Does the failure at `last` break a limit? */
static bool breaks(const struct naive *n, size_t last)
{
    const struct fleet_policy *keys = n->rules->keys;
    size_t failed = 0, well = 0, row = 0, same = 0;

    for (size_t i = 0; i <= last; i++) {
        const struct naive_event *e = &n->events[i];

        if (is_success(n, i)) {
            well++;
            row = 0;
        }
        if (is_failure(e)) {
            failed++;
            row++;
            same += is_same(e, &n->events[last]);
        }
    }
    return is_canary(n, n->events[last].node) || failed > keys->max_failures ||
           failed > share_of(&keys->budget_upgraded, failed + well) ||
           (keys->consecutive && row >= keys->consecutive) ||
           (keys->same_failure && same >= keys->same_failure);
}

/* ---- going through the list ------------------------------------------------------------------ */

static bool is_at_work(const struct naive_node *s)
{
    return s->is_begun && !s->has_ended && s->is_out && !s->rests && !s->is_kept;
}

static void pass_time(struct naive *n, const struct policy_time *until)
{
    bool anybody = false;

    for (size_t i = 0; i < n->count; i++)
        anybody |= is_at_work(&n->now[i]);
    if (anybody)
        n->work_ms += until->ms - n->time.ms;
    n->time = *until;
    if (n->rules->keys->progress_ms && n->work_ms > n->rules->keys->progress_ms)
        n->is_broken = true;
}

static void end(struct naive *n, size_t at)
{
    const struct naive_event *e = &n->events[at];
    struct naive_node *s = &n->now[e->node];

    s->has_ended = true;
    s->end = e->end;
    s->is_away &= s->was_away;
    if (e->end == POLICY_WELL && !s->is_kept)
        n->work_ms = 0;
    if (is_failure(e) && breaks(n, at))
        n->is_broken = true;
}

static void happen(struct naive *n, size_t at)
{
    const struct naive_event *e = &n->events[at];
    struct naive_node *s = &n->now[e->node];

    switch (e->kind) {
    case NAIVE_BEGIN:
        s->is_begun = true;
        s->was_away = s->is_away;
        n->is_promoted |= !is_canary(n, e->node);
        break;
    case NAIVE_OUT:
        s->is_out = true;
        s->out_ms = n->time.ms;
        break;
    case NAIVE_RESTS:
        s->rests = true;
        break;
    case NAIVE_KEEP:
        s->is_kept = true;
        n->work_ms = 0;
        break;
    case NAIVE_END:
        end(n, at);
        break;
    case NAIVE_LATE:
        s->is_late = true;
        break;
    case NAIVE_AWAY:
        s->is_away = e->value;
        break;
    case NAIVE_HELD:
        s->is_held = e->value;
        break;
    case NAIVE_READY:
        s->is_ready = e->value;
        break;
    case NAIVE_VETO:
        n->is_vetoed = e->value;
        break;
    case NAIVE_PROMOTE:
        n->is_promoted = true;
        break;
    case NAIVE_CLOSE:
        n->is_closed = true;
        break;
    case NAIVE_TIME:
        pass_time(n, &e->time);
        break;
    case NAIVE_STOP:
    case NAIVE_FLEET:
        n->is_broken = true;
        break;
    }
}

static bool is_left(const struct naive *n, size_t node)
{
    return takes_part(n, node) && !n->now[node].is_begun;
}

static bool is_under_way(const struct naive *n, size_t node)
{
    return n->now[node].is_begun && !n->now[node].has_ended;
}

static bool is_out_of_order(const struct naive *n, size_t node)
{
    return n->now[node].has_ended && n->now[node].end == POLICY_FAILED;
}

static bool is_unavailable(const struct naive *n, size_t node)
{
    return n->now[node].is_away || is_under_way(n, node) || is_out_of_order(n, node);
}

static void count_node(struct naive *n, size_t i)
{
    for (size_t s = 0; s < n->nodes[i].scope_count; s++)
        n->unavailable[n->nodes[i].scopes[s]] += is_unavailable(n, i);
    n->unhealthy += is_out_of_order(n, i) || (n->now[i].is_away && !is_under_way(n, i));
    n->left += is_left(n, i);
    n->held += is_left(n, i) && n->now[i].is_held;
    n->busy += is_under_way(n, i) && !n->now[i].is_kept;
    n->kept += is_under_way(n, i) && n->now[i].is_kept;
}

void naive_count(struct naive *n)
{
    memset(n->now, 0, n->count * sizeof *n->now);
    memset(n->unavailable, 0, sizeof n->unavailable);
    n->unhealthy = n->left = n->held = n->busy = n->kept = 0;
    n->is_vetoed = n->is_promoted = n->is_closed = n->is_broken = false;
    n->work_ms = 0;
    n->time = n->events[0].time;
    for (size_t i = 0; i < n->count; i++) {
        n->now[i].is_ready = true;
        n->now[i].is_held = n->nodes[i].is_held;
    }
    for (size_t at = 0; at < n->event_count; at++)
        happen(n, at);
    for (size_t i = 0; i < n->count; i++)
        count_node(n, i);
}

/* ---- questions ------------------------------------------------------------------------------- */

static bool is_done(const struct naive_node *s)
{
    return s->is_kept || (s->has_ended && s->end == POLICY_WELL);
}

/* Is a batch before that of this node still waited for? */
static bool is_too_early(const struct naive *n, size_t node)
{
    bool all_done = true;

    for (size_t i = 0; i < n->count; i++) {
        const struct naive_node *s = &n->now[i];

        if (n->nodes[i].stage >= n->nodes[node].stage)
            continue;
        if (is_under_way(n, i) ? !s->is_kept : is_left(n, i) && !s->is_held)
            return true;
        all_done &= !is_canary(n, i) || is_done(s);
    }
    if (!n->rules->has_canaries || is_canary(n, node) || n->is_promoted)
        return false;
    return n->rules->keys->promote == PROMOTE_MANUAL || !all_done;
}

static bool has_no_room(const struct naive *n, size_t node)
{
    const struct policy_node *p = &n->nodes[node];

    for (size_t s = 0; s < p->scope_count && !is_unavailable(n, node); s++)
        if (n->unavailable[p->scopes[s]] + 1 > n->rules->scope_limits[p->scopes[s]])
            return true;
    return false;
}

const char *naive_objection(const struct naive *n, size_t node)
{
    if (!takes_part(n, node))
        return "it is outside of the plan";
    if (n->now[node].is_begun)
        return "it was begun before";
    if (n->is_broken)
        return "a limit is broken";
    if (n->is_closed)
        return "nobody is to be begun any more";
    if (n->now[node].is_held)
        return "it is held";
    if (is_too_early(n, node))
        return "its batch has not begun";
    if (!hours_are_open(&n->rules->keys->hours, n->time.minute))
        return "it is out of hours";
    if (n->is_vetoed)
        return "there is a veto";
    if (n->busy >= n->rules->keys->window)
        return "the window is full";
    if (!n->now[node].is_ready)
        return "it is not idle";
    return has_no_room(n, node) ? "too many would be unavailable" : NULL;
}

long naive_first(const struct naive *n)
{
    for (size_t i = 0; i < n->count; i++)
        if (!naive_objection(n, i))
            return (long)i;
    return -1;
}

bool naive_fleet_is_unhealthy(const struct naive *n)
{
    return n->unhealthy > share_of(&n->rules->keys->budget_fleet, n->count);
}

bool naive_is_over(const struct naive *n)
{
    return n->is_broken || n->is_closed || n->left == n->held;
}

bool naive_is_overdue(const struct naive *n, size_t node)
{
    const struct naive_node *s = &n->now[node];

    return n->rules->keys->healthy_ms && is_at_work(s) && !s->is_late &&
           n->time.ms - s->out_ms > n->rules->keys->healthy_ms;
}
