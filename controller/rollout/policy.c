#include "controller/rollout/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/rollout/breaker.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

#define MINUTE_MS 60000u

enum phase { ASIDE, LEFT, UNDER_WAY, WELL, OUT_OF_ORDER, RETURNED, SKIPPED };

struct unit {
    const struct policy_node *node;
    enum phase phase;
    bool is_held, is_ready;
    bool is_away; /* as the scheduler says             */
    bool is_kept; /* well, and still out of service    */
    bool rests, is_told_late;
    uint64_t out_ms; /* since when it is out of service; 0: it is not */
    size_t seat;     /* in policy.active, while it is under way       */
};

struct policy {
    struct policy_rules rules;
    struct breaker *breaker;
    struct unit *units;
    size_t count, taking_part;

    size_t *active; /* those under way                    */
    size_t under_way, kept, at_work;
    size_t left, held, canaries_well;
    size_t unhealthy; /* see breaker_check_fleet()      */
    size_t *away;     /* by scope: who is unavailable   */
    size_t *open;     /* by stage: who has not ended    */
    size_t stage;
    size_t cursor; /* nobody before it may be begun  */
    size_t first_left;

    bool is_promoted, is_vetoed, is_closed;
    uint64_t work_ms, last_ms; /* time at work since the last good end */
    bool is_blocked;
    uint64_t blocked_ms; /* since when                                  */
};

/* ---- life ------------------------------------------------------------------------------ */

static void begin_count(struct policy *p, size_t i)
{
    struct unit *u = &p->units[i];

    u->is_ready = true;
    u->is_held = u->node->is_held;
    if (u->node->stage == POLICY_NO_STAGE)
        return;
    assert(u->node->stage < p->rules.stage_count);
    u->phase = LEFT;
    p->taking_part++;
    p->left++;
    p->held += u->is_held;
    p->open[u->node->stage] += !u->is_held;
}

struct policy *policy_new(const struct policy_rules *rules,
                          const struct policy_node *nodes, size_t count)
{
    struct policy *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->rules = *rules;
    p->count = count;
    p->units = calloc(count + 1, sizeof *p->units);
    p->active = calloc(count + 1, sizeof *p->active);
    p->away = calloc(rules->scope_count + 1, sizeof *p->away);
    p->open = calloc(rules->stage_count + 1, sizeof *p->open);
    p->breaker = breaker_new(rules->keys, count, count);
    if (!p->units || !p->active || !p->away || !p->open || !p->breaker) {
        policy_free(p);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        p->units[i].node = &nodes[i];
        begin_count(p, i);
    }
    return p;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    breaker_free(p->breaker);
    free(p->open);
    free(p->away);
    free(p->active);
    free(p->units);
    free(p);
}

/* ---- who is unavailable ---------------------------------------------------------------- */

static bool is_unavailable(const struct unit *u)
{
    return u->is_away || u->phase == UNDER_WAY || u->phase == OUT_OF_ORDER;
}

static bool is_unhealthy(const struct unit *u)
{
    return u->phase == OUT_OF_ORDER || (u->is_away && u->phase != UNDER_WAY);
}

/* All that makes a node unavailable or not goes through here. */
static void recount(struct policy *p, struct unit *u, bool was_away, bool was_ill)
{
    bool away = is_unavailable(u);

    for (size_t s = 0; s < u->node->scope_count && away != was_away; s++) {
        assert(away || p->away[u->node->scopes[s]]);
        p->away[u->node->scopes[s]] += away ? 1 : (size_t)-1;
    }
    if (is_unhealthy(u) != was_ill)
        p->unhealthy += was_ill ? (size_t)-1 : 1;
    p->cursor = p->first_left;
}

static void set_phase(struct policy *p, struct unit *u, enum phase phase)
{
    bool was_away = is_unavailable(u), was_ill = is_unhealthy(u);

    u->phase = phase;
    recount(p, u, was_away, was_ill);
}

void policy_set_unavailable(struct policy *p, size_t node, bool away)
{
    struct unit *u = &p->units[node];
    bool was_away = is_unavailable(u), was_ill = is_unhealthy(u);

    assert(node < p->count);
    if (u->is_away == away)
        return;
    u->is_away = away;
    recount(p, u, was_away, was_ill);
}

size_t policy_unavailable(const struct policy *p, size_t scope)
{
    assert(scope < p->rules.scope_count);
    return p->away[scope];
}

/* ---- time ------------------------------------------------------------------------------ */

static void tick(struct policy *p, const struct policy_time *now)
{
    uint64_t limit_ms = p->rules.keys->progress_ms;

    if (p->at_work && now->ms > p->last_ms)
        p->work_ms += now->ms - p->last_ms;
    p->last_ms = now->ms;
    if (limit_ms && p->work_ms > limit_ms)
        breaker_trip(p->breaker, "no node was done in %s of work (progress_deadline)",
                     fleet_policy_text(p->rules.keys, POLICY_PROGRESS_DEADLINE));
}

static bool is_at_work(const struct unit *u)
{
    return u->phase == UNDER_WAY && u->out_ms && !u->rests && !u->is_kept;
}

/* ---- stages ---------------------------------------------------------------------------- */

bool policy_awaits_promote(const struct policy *p)
{
    return p->rules.has_canaries && p->stage == 0 && !p->open[0] && !p->is_promoted &&
           !policy_is_stopped(p) && p->rules.keys->promote == PROMOTE_MANUAL;
}

static bool may_leave_stage(struct policy *p)
{
    if (!p->rules.has_canaries || p->stage || p->is_promoted)
        return true;
    if (!p->canaries_well && p->left > p->held)
        breaker_trip(p->breaker, "none of the canaries was done");
    return p->rules.keys->promote == PROMOTE_AUTO;
}

static void advance(struct policy *p)
{
    while (p->stage < p->rules.stage_count && !p->open[p->stage] && may_leave_stage(p)) {
        p->stage++;
        p->cursor = p->first_left;
    }
}

size_t policy_stage(const struct policy *p)
{
    return p->stage;
}

void policy_promote(struct policy *p)
{
    p->is_promoted = true;
}

/* ---- who is next ----------------------------------------------------------------------- */

static bool has_room(const struct policy *p, const struct unit *u)
{
    if (is_unavailable(u))
        return true;
    for (size_t s = 0; s < u->node->scope_count; s++) {
        size_t scope = u->node->scopes[s];

        if (p->away[scope] >= p->rules.scope_limits[scope])
            return false;
    }
    return true;
}

static bool may_begin(const struct policy *p, const struct unit *u)
{
    return u->phase == LEFT && !u->is_held && u->is_ready && u->node->stage <= p->stage &&
           has_room(p, u);
}

/* Moves the cursor up to whom it finds, as nobody before may be begun until something
 * changes.
 */
static long find(struct policy *p)
{
    while (p->first_left < p->count && p->units[p->first_left].phase != LEFT)
        p->first_left++;
    if (p->cursor < p->first_left)
        p->cursor = p->first_left;
    for (; p->cursor < p->count; p->cursor++)
        if (may_begin(p, &p->units[p->cursor]))
            return (long)p->cursor;
    return -1;
}

static bool is_open(const struct policy *p, const struct policy_time *now)
{
    return !p->is_closed && !policy_is_stopped(p) && !p->is_vetoed &&
           hours_are_open(&p->rules.keys->hours, now->minute);
}

static long peek(struct policy *p, const struct policy_time *now)
{
    long i;

    advance(p);
    if (!is_open(p, now) || p->under_way - p->kept >= p->rules.keys->window)
        return -1;
    i = find(p);
    if (i >= 0)
        breaker_check_fleet(p->breaker, p->unhealthy);
    return policy_is_stopped(p) ? -1 : i;
}

static bool nobody_will_be(const struct policy *p)
{
    return p->is_closed || policy_is_stopped(p) || p->left == p->held;
}

static enum policy_word judge(struct policy *p, const struct policy_time *now)
{
    if (peek(p, now) >= 0)
        return POLICY_NEXT;
    if (p->under_way > p->kept)
        return POLICY_WAIT;
    return nobody_will_be(p) ? POLICY_OVER : POLICY_BLOCKED;
}

enum policy_word policy_word(struct policy *p, const struct policy_time *now)
{
    enum policy_word word;
    bool counts;

    tick(p, now);
    word = judge(p, now);
    counts = word == POLICY_BLOCKED && hours_are_open(&p->rules.keys->hours, now->minute);
    if (counts && !p->is_blocked)
        p->blocked_ms = now->ms;
    p->is_blocked = counts;
    return word;
}

static void seat(struct policy *p, size_t node)
{
    struct unit *u = &p->units[node];

    p->left--;
    p->held -= u->is_held;
    if (u->is_held)
        p->open[u->node->stage]++;
    u->is_held = false;
    u->seat = p->under_way;
    p->active[p->under_way++] = node;
    set_phase(p, u, UNDER_WAY);
}

long policy_next(struct policy *p, const struct policy_time *now)
{
    long next;

    tick(p, now);
    next = peek(p, now);
    if (next >= 0) {
        size_t cursor = p->cursor;

        seat(p, (size_t)next);
        p->cursor = cursor; /* one more under way makes room for nobody */
    }
    return next;
}

void policy_resume(struct policy *p, size_t node, const struct policy_time *now)
{
    assert(node < p->count && p->units[node].phase == LEFT);
    tick(p, now);
    seat(p, node);
}

/* ---- those under way ------------------------------------------------------------------- */

void policy_out(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = &p->units[node];

    assert(node < p->count && u->phase == UNDER_WAY && !u->out_ms);
    tick(p, now);
    u->out_ms = now->ms ? now->ms : 1;
    p->at_work++;
}

void policy_rests(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = &p->units[node];

    assert(node < p->count && u->phase == UNDER_WAY);
    tick(p, now);
    p->at_work -= is_at_work(u);
    u->rests = true;
}

void policy_keep(struct policy *p, size_t node, const struct policy_time *now)
{
    struct unit *u = &p->units[node];

    assert(node < p->count && u->phase == UNDER_WAY && !u->is_kept);
    tick(p, now);
    p->at_work -= is_at_work(u);
    u->is_kept = true;
    p->kept++;
    p->open[u->node->stage]--;
    p->canaries_well += u->node->stage == 0;
    p->work_ms = 0;
    p->cursor = p->first_left;
}

static void unseat(struct policy *p, struct unit *u)
{
    size_t last = p->active[--p->under_way];

    p->active[u->seat] = last;
    p->units[last].seat = u->seat;
    p->at_work -= is_at_work(u);
    p->kept -= u->is_kept;
}

static void count_end(struct policy *p, const struct unit *u, enum policy_end end,
                      const char *signature)
{
    bool is_canary = p->rules.has_canaries && u->node->stage == 0;

    switch (end) {
    case POLICY_WELL:
        breaker_count_well(p->breaker);
        p->canaries_well += !u->is_kept && u->node->stage == 0;
        p->work_ms = 0;
        break;
    case POLICY_FAILED:
    case POLICY_RETURNED:
        breaker_count_failed(p->breaker, signature);
        if (is_canary)
            breaker_trip(p->breaker, "a canary has failed: %s",
                         signature ? signature : "");
        break;
    case POLICY_SKIPPED:
        break;
    }
}

void policy_report(struct policy *p, size_t node, enum policy_end end,
                   const char *signature, const struct policy_time *now)
{
    static const enum phase phases[] = {WELL, OUT_OF_ORDER, RETURNED, SKIPPED};
    struct unit *u = &p->units[node];

    assert(node < p->count && (u->phase == LEFT || u->phase == UNDER_WAY));
    tick(p, now);
    if (u->phase == LEFT)
        seat(p, node);
    unseat(p, u);
    if (!u->is_kept)
        p->open[u->node->stage]--;
    count_end(p, u, end, signature);
    set_phase(p, u, phases[end]);
}

long policy_overdue(struct policy *p, const struct policy_time *now)
{
    uint64_t limit_ms = p->rules.keys->healthy_ms;

    tick(p, now);
    for (size_t i = 0; limit_ms && i < p->under_way; i++) {
        struct unit *u = &p->units[p->active[i]];

        if (is_at_work(u) && !u->is_told_late && now->ms - u->out_ms > limit_ms) {
            u->is_told_late = true;
            return (long)p->active[i];
        }
    }
    return -1;
}

/* ---- what the outside says --------------------------------------------------------------
 */

void policy_set_ready(struct policy *p, size_t node, bool is_ready)
{
    assert(node < p->count);
    p->units[node].is_ready = is_ready;
    p->cursor = p->first_left;
}

void policy_set_held(struct policy *p, size_t node, bool is_held)
{
    struct unit *u = &p->units[node];

    assert(node < p->count);
    if (u->phase != LEFT || u->is_held == is_held)
        return;
    u->is_held = is_held;
    p->held += is_held ? 1 : (size_t)-1;
    p->open[u->node->stage] += is_held ? (size_t)-1 : 1;
    p->cursor = p->first_left;
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
    return p->left;
}

size_t policy_held(const struct policy *p)
{
    return p->held;
}

static bool any_is_ready(const struct policy *p)
{
    for (size_t i = p->first_left; i < p->count; i++) {
        const struct unit *u = &p->units[i];

        if (u->phase == LEFT && !u->is_held && u->is_ready && u->node->stage <= p->stage)
            return true;
    }
    return false;
}

void policy_why(const struct policy *p, struct fail *why)
{
    const struct fleet_policy *keys = p->rules.keys;

    *why = (struct fail){.code = FAIL_NONE};
    if (policy_is_stopped(p))
        *why = *breaker_why(p->breaker);
    else if (policy_awaits_promote(p))
        fail_set(why, FAIL_NOT_NOW, "the canaries are done; waits for promote");
    else if (p->is_vetoed)
        fail_set(why, FAIL_NOT_NOW, "%s says no", fleet_policy_text(keys, POLICY_VETO));
    else if (p->left > p->held && !any_is_ready(p))
        fail_set(why, FAIL_NOT_NOW, "none of the nodes that are left is idle");
    else if (p->left > p->held && p->cursor >= p->count)
        fail_set(why, FAIL_NOT_NOW,
                 "as many nodes are unavailable as may be: %zu of the fleet", p->away[0]);
    else if (p->left > p->held)
        fail_set(why, FAIL_NOT_NOW, "outside of the hours %s",
                 fleet_policy_text(keys, POLICY_HOURS));
}

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
    uint64_t limit_ms = p->rules.keys->healthy_ms, next = UINT64_MAX;

    for (size_t i = 0; limit_ms && i < p->under_way; i++) {
        const struct unit *u = &p->units[p->active[i]];

        if (is_at_work(u) && !u->is_told_late)
            next = sooner(next, left_ms(u->out_ms + limit_ms + 1, now));
    }
    return next;
}

/* What is awaited from outside, the caller knows before we do. */
uint64_t policy_look_again_ms(const struct policy *p, const struct policy_time *now)
{
    const struct fleet_policy *keys = p->rules.keys;
    uint64_t next = until_overdue_ms(p, now);

    if (!hours_are_open(&keys->hours, now->minute))
        next = sooner(next, MINUTE_MS);
    if (keys->progress_ms && p->at_work)
        next =
            sooner(next, left_ms(p->last_ms + keys->progress_ms + 1 - p->work_ms, now));
    if (p->is_blocked)
        next = sooner(next, left_ms(p->blocked_ms + keys->wait_ms, now));
    return next;
}

bool policy_is_tired(const struct policy *p, const struct policy_time *now)
{
    return p->is_blocked && now->ms - p->blocked_ms >= p->rules.keys->wait_ms;
}
