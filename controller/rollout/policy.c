#include "controller/rollout/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/rollout/breaker.h"
#include "controller/rollout/lineup.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

#define MINUTE_MS 60000u

/* What a node was through; of use while it is under way. */
struct unit {
    bool was_away; /* as it was found                  */
    bool is_kept;  /* well, and still out of service   */
    bool is_out, rests, is_told_late;
    uint64_t out_ms; /* when it was taken out of service */
    size_t seat;     /* in policy.active                 */
};

struct policy {
    struct policy_rules rules;
    struct breaker *breaker;
    struct lineup *lineup;
    const struct policy_node *nodes;
    struct unit *units;
    size_t count;

    size_t *active; /* those under way */
    size_t under_way, kept, at_work;
    size_t canaries, canaries_well;

    bool is_promoted, is_vetoed, is_closed;
    struct policy_time last; /* the moment heard of last                           */
    uint64_t work_ms;        /* time at work since the last good end               */
    bool is_blocked;         /* and not by the hours                               */
    uint64_t blocked_ms;     /* how long it was, since somebody was under way last */
};

/* ---- life ------------------------------------------------------------------------------ */

static size_t count_canaries(const struct policy_rules *rules,
                             const struct policy_node *nodes, size_t count)
{
    size_t canaries = 0;

    for (size_t i = 0; rules->has_canaries && i < count; i++)
        canaries += nodes[i].stage == 0;
    return canaries;
}

struct policy *policy_new(const struct policy_rules *rules,
                          const struct policy_node *nodes, size_t count)
{
    struct policy *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->rules = *rules;
    p->nodes = nodes;
    p->count = count;
    p->canaries = count_canaries(rules, nodes, count);
    p->units = calloc(count + 1, sizeof *p->units);
    p->active = calloc(count + 1, sizeof *p->active);
    p->lineup = lineup_new(&p->rules, nodes, count);
    p->breaker = breaker_new(rules->keys, count, count);
    if (p->units && p->active && p->lineup && p->breaker)
        return p;
    policy_free(p);
    return NULL;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    breaker_free(p->breaker);
    lineup_free(p->lineup);
    free(p->active);
    free(p->units);
    free(p);
}

/* ---- time ------------------------------------------------------------------------------ */

static bool hours_are_over(const struct policy *p, const struct policy_time *now)
{
    return !hours_are_open(&p->rules.keys->hours, now->minute);
}

static uint64_t since_last_ms(const struct policy *p, const struct policy_time *now)
{
    return now->ms > p->last.ms ? now->ms - p->last.ms : 0;
}

static void tick(struct policy *p, const struct policy_time *now)
{
    uint64_t limit_ms = p->rules.keys->progress_ms;

    if (p->at_work)
        p->work_ms += since_last_ms(p, now);
    if (p->is_blocked)
        p->blocked_ms += since_last_ms(p, now);
    p->last = *now;
    if (limit_ms && p->work_ms > limit_ms)
        breaker_trip(p->breaker, "no node was done in %s of work (progress_deadline)",
                     fleet_policy_text(p->rules.keys, POLICY_PROGRESS_DEADLINE));
}

static bool is_at_work(const struct unit *u)
{
    return u->is_out && !u->rests && !u->is_kept;
}

/* ---- stages ---------------------------------------------------------------------------- */

static bool is_canary(const struct policy *p, size_t node)
{
    return p->rules.has_canaries && p->nodes[node].stage == 0;
}

/* Who was passed over, or is held, has shown nothing: then somebody has to say it. */
static bool may_leave_stage(const struct policy *p)
{
    return !p->rules.has_canaries || lineup_stage(p->lineup) || p->is_promoted ||
           (p->rules.keys->promote == PROMOTE_AUTO && p->canaries_well == p->canaries);
}

static bool nobody_will_be(const struct policy *p)
{
    return p->is_closed || policy_is_stopped(p) || policy_left(p) == policy_held(p);
}

bool policy_awaits_promote(const struct policy *p)
{
    return lineup_stage_is_over(p->lineup) && !may_leave_stage(p) && !nobody_will_be(p);
}

static void advance(struct policy *p)
{
    while (lineup_stage_is_over(p->lineup) && may_leave_stage(p))
        lineup_advance(p->lineup);
}

size_t policy_stage(const struct policy *p)
{
    return lineup_stage(p->lineup);
}

void policy_promote(struct policy *p)
{
    p->is_promoted = true;
}

/* ---- who is next ----------------------------------------------------------------------- */

static long peek(struct policy *p, const struct policy_time *now)
{
    long i;

    advance(p);
    if (p->is_closed || policy_is_stopped(p) || p->is_vetoed || hours_are_over(p, now) ||
        p->under_way - p->kept >= p->rules.keys->window)
        return -1;
    i = lineup_first(p->lineup);
    if (i >= 0)
        breaker_check_fleet(p->breaker, lineup_unhealthy(p->lineup));
    return policy_is_stopped(p) ? -1 : i;
}

static enum policy_word judge(struct policy *p, const struct policy_time *now)
{
    if (peek(p, now) >= 0)
        return POLICY_NEXT;
    if (p->under_way > p->kept)
        return POLICY_WAIT;
    if (!nobody_will_be(p))
        return POLICY_BLOCKED;
    return p->kept ? POLICY_WAIT : POLICY_OVER;
}

enum policy_word policy_word(struct policy *p, const struct policy_time *now)
{
    enum policy_word word;

    tick(p, now);
    word = judge(p, now);
    p->is_blocked = word == POLICY_BLOCKED && !hours_are_over(p, now);
    if (word != POLICY_BLOCKED)
        p->blocked_ms = 0;
    return word;
}

/* Who is begun after the canaries shows that they were promoted, by us or by an earlier
 * controller.
 */
static void seat(struct policy *p, size_t node)
{
    struct unit *u = &p->units[node];

    u->was_away = lineup_is_away(p->lineup, node);
    u->seat = p->under_way;
    p->active[p->under_way++] = node;
    p->is_promoted |= !is_canary(p, node);
    p->is_blocked = false;
    p->blocked_ms = 0;
    lineup_set_phase(p->lineup, node, LINEUP_UNDER_WAY);
}

long policy_next(struct policy *p, const struct policy_time *now)
{
    long next;

    tick(p, now);
    next = peek(p, now);
    if (next >= 0)
        seat(p, (size_t)next);
    return next;
}

void policy_resume(struct policy *p, size_t node, const struct policy_time *now)
{
    assert(node < p->count && lineup_phase(p->lineup, node) == LINEUP_LEFT);
    tick(p, now);
    seat(p, node);
}

/* ---- those under way ------------------------------------------------------------------- */

static struct unit *under_way(struct policy *p, size_t node)
{
    assert(node < p->count && lineup_phase(p->lineup, node) == LINEUP_UNDER_WAY);
    return &p->units[node];
}

void policy_out(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = under_way(p, node);

    assert(!u->is_out);
    tick(p, now);
    u->is_out = true;
    u->out_ms = now->ms;
    p->at_work += is_at_work(u);
}

void policy_rests(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = under_way(p, node);

    tick(p, now);
    p->at_work -= is_at_work(u);
    u->rests = true;
}

static void count_well(struct policy *p, size_t node)
{
    breaker_count_well(p->breaker);
    p->canaries_well += is_canary(p, node);
    p->work_ms = 0;
}

void policy_keep(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = under_way(p, node);

    assert(!u->is_kept);
    tick(p, now);
    p->at_work -= is_at_work(u);
    u->is_kept = true;
    p->kept++;
    lineup_let_go(p->lineup, node);
    count_well(p, node);
}

static bool is_in(const struct policy_node *n, size_t scope)
{
    for (size_t s = 0; s < n->scope_count; s++)
        if (n->scopes[s] == scope)
            return true;
    return false;
}

static size_t kept_in(const struct policy *p, size_t scope)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->under_way; i++)
        kept += p->units[p->active[i]].is_kept && is_in(&p->nodes[p->active[i]], scope);
    return kept;
}

bool policy_may_keep(const struct policy *p, size_t node)
{
    const struct policy_node *n = &p->nodes[node];

    assert(node < p->count);
    for (size_t s = 0; s < n->scope_count; s++) {
        size_t scope = n->scopes[s], limit = p->rules.scope_limits[scope];

        if (limit < lineup_size(p->lineup, scope) && kept_in(p, scope) + 1 >= limit)
            return false;
    }
    return true;
}

bool policy_needs_kept(const struct policy *p)
{
    return p->under_way > p->kept || !nobody_will_be(p);
}

static void unseat(struct policy *p, struct unit *u)
{
    size_t last = p->active[--p->under_way];

    p->active[u->seat] = last;
    p->units[last].seat = u->seat;
    p->at_work -= is_at_work(u);
    p->kept -= u->is_kept;
}

static void count_failed(struct policy *p, size_t node, const char *signature)
{
    if (is_canary(p, node))
        breaker_trip(p->breaker, "a canary has failed%s%s", signature ? ": " : "",
                     signature ? signature : "");
    breaker_count_failed(p->breaker, signature);
}

static void count_end(struct policy *p, size_t node, enum policy_end end,
                      const char *signature)
{
    switch (end) {
    case POLICY_WELL:
        if (!p->units[node].is_kept) /* else it was counted */
            count_well(p, node);
        break;
    case POLICY_FAILED:
    case POLICY_RETURNED:
        count_failed(p, node, signature);
        break;
    case POLICY_SKIPPED:
        break;
    }
}

/* What the scheduler said of it meanwhile was our doing. */
void policy_report(struct policy *p, size_t node, enum policy_end end,
                   const char *signature, const struct policy_time *now)
{
    static const enum lineup_phase phases[] = {LINEUP_WELL, LINEUP_OUT_OF_ORDER,
                                               LINEUP_RETURNED, LINEUP_SKIPPED};

    assert(node < p->count);
    tick(p, now);
    if (lineup_phase(p->lineup, node) == LINEUP_LEFT)
        seat(p, node);
    unseat(p, under_way(p, node));
    count_end(p, node, end, signature);
    if (!p->units[node].was_away)
        lineup_set_away(p->lineup, node, false);
    lineup_set_phase(p->lineup, node, phases[end]);
}

static uint64_t late_ms(const struct policy *p, const struct unit *u)
{
    return u->out_ms + p->rules.keys->healthy_ms + 1;
}

long policy_overdue(struct policy *p, const struct policy_time *now)
{
    tick(p, now);
    for (size_t i = 0; p->rules.keys->healthy_ms && i < p->under_way; i++) {
        struct unit *u = &p->units[p->active[i]];

        if (is_at_work(u) && !u->is_told_late && now->ms >= late_ms(p, u)) {
            u->is_told_late = true;
            return (long)p->active[i];
        }
    }
    return -1;
}

/* ---- what the outside says -------------------------------------------------------------- */

void policy_set_unavailable(struct policy *p, size_t node, bool is_unavailable)
{
    lineup_set_away(p->lineup, node, is_unavailable);
}

void policy_set_ready(struct policy *p, size_t node, bool is_ready)
{
    lineup_set_ready(p->lineup, node, is_ready);
}

void policy_set_held(struct policy *p, size_t node, bool is_held)
{
    lineup_set_held(p->lineup, node, is_held);
}

void policy_set_veto(struct policy *p, bool is_vetoed)
{
    p->is_vetoed = is_vetoed;
}

void policy_stop(struct policy *p, const char *why)
{
    breaker_trip(p->breaker, "%s", why);
}

void policy_hold(struct policy *p)
{
    p->is_closed = true;
}

/* ---- saying ---------------------------------------------------------------------------- */

bool policy_is_stopped(const struct policy *p)
{
    return breaker_why(p->breaker)->code != FAIL_NONE;
}

size_t policy_left(const struct policy *p)
{
    return lineup_left(p->lineup);
}

size_t policy_held(const struct policy *p)
{
    return lineup_held(p->lineup);
}

size_t policy_unavailable(const struct policy *p, size_t scope)
{
    return lineup_unavailable(p->lineup, scope);
}

static void say_promote(const struct policy *p, struct fail *why)
{
    if (p->canaries_well == p->canaries)
        fail_set(why, FAIL_NOT_NOW, "the canaries are done; waits for promote");
    else
        fail_set(why, FAIL_NOT_NOW,
                 "%zu of %zu canaries are done, the others were passed over or are held; "
                 "waits for promote",
                 p->canaries_well, p->canaries);
}

static void say_full(const struct policy *p, struct fail *why)
{
    long first = lineup_first_without_room(p->lineup);
    long scope = first < 0 ? -1 : lineup_full_scope(p->lineup, (size_t)first);

    if (first < 0)
        fail_set(why, FAIL_NOT_NOW, "none of the nodes that are left is idle");
    else if (scope >= 0)
        fail_set(why, FAIL_NOT_NOW,
                 "%s has as many nodes unavailable as it may: %zu of %zu, at most %zu",
                 p->rules.scope_names[scope],
                 lineup_unavailable(p->lineup, (size_t)scope),
                 lineup_size(p->lineup, (size_t)scope), p->rules.scope_limits[scope]);
}

void policy_why(const struct policy *p, struct fail *why)
{
    const struct fleet_policy *keys = p->rules.keys;

    *why = (struct fail){.code = FAIL_NONE};
    if (policy_is_stopped(p))
        *why = *breaker_why(p->breaker);
    else if (policy_awaits_promote(p))
        say_promote(p, why);
    else if (nobody_will_be(p))
        return;
    else if (hours_are_over(p, &p->last))
        fail_set(why, FAIL_NOT_NOW, "outside of the hours %s",
                 fleet_policy_text(keys, POLICY_HOURS));
    else if (p->is_vetoed)
        fail_set(why, FAIL_NOT_NOW, "%s says no", fleet_policy_text(keys, POLICY_VETO));
    else if (p->under_way == p->kept)
        say_full(p, why);
}

/* ---- when to look again ------------------------------------------------------------------ */

static uint64_t left_ms(uint64_t until_ms, const struct policy_time *now)
{
    return until_ms > now->ms ? until_ms - now->ms : 0;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t until_overdue_ms(const struct policy *p, const struct policy_time *now)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; p->rules.keys->healthy_ms && i < p->under_way; i++) {
        const struct unit *u = &p->units[p->active[i]];

        if (is_at_work(u) && !u->is_told_late)
            next = sooner(next, left_ms(late_ms(p, u), now));
    }
    return next;
}

static uint64_t until_no_progress_ms(const struct policy *p,
                                     const struct policy_time *now)
{
    uint64_t limit_ms = p->rules.keys->progress_ms;

    if (!limit_ms || !p->at_work)
        return UINT64_MAX;
    return left_ms(p->last.ms + limit_ms + 1 - p->work_ms, now);
}

static uint64_t waited_ms(const struct policy *p, const struct policy_time *now)
{
    return p->blocked_ms + since_last_ms(p, now);
}

/* Hours that close are seen, as nothing is waited for in them. */
static uint64_t until_tired_ms(const struct policy *p, const struct policy_time *now)
{
    const struct fleet_policy *keys = p->rules.keys;
    uint64_t waited = waited_ms(p, now);

    return sooner(keys->wait_ms > waited ? keys->wait_ms - waited : 0,
                  (uint64_t)hours_until_close(&keys->hours, now->minute) * MINUTE_MS);
}

/* What is awaited from outside, the caller knows before we do. */
uint64_t policy_look_again_ms(const struct policy *p, const struct policy_time *now)
{
    uint64_t next = until_overdue_ms(p, now);

    if (nobody_will_be(p))
        return next;
    next = sooner(next, until_no_progress_ms(p, now));
    if (hours_are_over(p, now))
        next = sooner(next, MINUTE_MS);
    else if (p->is_blocked)
        next = sooner(next, until_tired_ms(p, now));
    return next;
}

bool policy_is_tired(const struct policy *p, const struct policy_time *now)
{
    return p->is_blocked && waited_ms(p, now) >= p->rules.keys->wait_ms;
}
