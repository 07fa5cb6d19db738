#include "controller/rollout/dispatch.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "controller/rollout/course.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "inventory/hours.h"
#include "protocol/fail.h"

struct dispatch {
    struct uv_loop_s *loop;
    const struct dispatch_terms *terms;
    const struct dispatch_hooks *hooks;
    void *arg;
    struct course *course;
    size_t *place_of; /* by node of the run */
    bool *resumes;    /* likewise: begun by an earlier controller */
    bool is_taken_up; /* they were begun */
    size_t count;
    uv_timer_t wake;
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* ---- time ------------------------------------------------------------------------------ */

static unsigned minute_of_week(void)
{
    time_t now = time(NULL);
    struct tm here = {0};

    localtime_r(&now, &here);
    return (unsigned)(here.tm_wday * HOURS_MINUTES_A_DAY + here.tm_hour * 60 +
                      here.tm_min);
}

struct policy_time dispatch_time(struct uv_loop_s *loop)
{
    return (struct policy_time){.ms = uv_now(loop), .minute = minute_of_week()};
}

static struct policy_time now_of(const struct dispatch *d)
{
    return dispatch_time(d->loop);
}

static void on_wake(uv_timer_t *timer)
{
    struct dispatch *d = timer->data;

    d->hooks->woken(d->arg);
}

static void wake_in_time(struct dispatch *d, const struct policy_time *now)
{
    uint64_t pause_ms = policy_look_again_ms(dispatch_policy(d), now);

    if (pause_ms == UINT64_MAX)
        uv_timer_stop(&d->wake);
    else
        uv_timer_start(&d->wake, on_wake, pause_ms, 0);
}

/* ---- turns ----------------------------------------------------------------------------- */

static size_t traveller_at(const struct dispatch *d, long place)
{
    long i = course_traveller(d->course, (size_t)place);

    assert(i >= 0 && (size_t)i < d->count);
    return (size_t)i;
}

static void tell_overdue(struct dispatch *d, const struct policy_time *now)
{
    long place;

    while ((place = policy_overdue(dispatch_policy(d), now)) >= 0)
        d->hooks->overdue(d->arg, traveller_at(d, place));
}

static void resume(struct dispatch *d)
{
    for (size_t i = 0; i < d->count && !d->is_taken_up; i++)
        if (d->resumes[i])
            d->hooks->begin(d->arg, i, course_stage_of(d->course, d->place_of[i]));
    d->is_taken_up = true;
}

static bool may_begin(struct dispatch *d, const struct policy_time *now)
{
    struct policy *p = dispatch_policy(d);

    return policy_word(p, now) == POLICY_NEXT &&
           d->hooks->may_begin(d->arg, policy_stage(p));
}

enum dispatch_word dispatch_turn(struct dispatch *d)
{
    struct policy *p = dispatch_policy(d);
    struct policy_time now = now_of(d);
    enum policy_word word;
    long place;

    resume(d);
    tell_overdue(d, &now);
    while (may_begin(d, &now) && (place = policy_next(p, &now)) >= 0)
        d->hooks->begin(d->arg, traveller_at(d, place),
                        course_stage_of(d->course, (size_t)place));
    word = policy_word(p, &now);
    if (word == POLICY_OVER)
        return DISPATCH_OVER;
    if (policy_is_tired(p, &now))
        return DISPATCH_TIRED;
    wake_in_time(d, &now);
    return word == POLICY_BLOCKED ? DISPATCH_BLOCKED : DISPATCH_GOES_ON;
}

void dispatch_report(struct dispatch *d, size_t i, enum policy_end end,
                     const char *signature)
{
    struct policy_time now = now_of(d);

    policy_report(dispatch_policy(d), d->place_of[i], end, signature, &now);
}

void dispatch_out(struct dispatch *d, size_t i)
{
    struct policy_time now = now_of(d);

    policy_out(dispatch_policy(d), d->place_of[i], &now);
}

void dispatch_rests(struct dispatch *d, size_t i)
{
    struct policy_time now = now_of(d);

    policy_rests(dispatch_policy(d), d->place_of[i], &now);
}

void dispatch_keep(struct dispatch *d, size_t i)
{
    struct policy_time now = now_of(d);

    policy_keep(dispatch_policy(d), d->place_of[i], &now);
}

bool dispatch_may_keep(const struct dispatch *d, size_t i)
{
    return policy_may_keep(dispatch_policy(d), d->place_of[i]);
}

void dispatch_set_seen(struct dispatch *d, const struct dispatch_seen *seen)
{
    for (size_t i = 0; i < d->terms->fleet_count; i++) {
        size_t place = course_place(d->course, i);

        policy_set_unavailable(dispatch_policy(d), place, seen[i].is_away);
        policy_set_ready(dispatch_policy(d), place, seen[i].is_ready);
    }
}

long dispatch_stage_of(const struct dispatch *d, size_t i)
{
    size_t stage = course_stage_of(d->course, d->place_of[i]);

    return stage == POLICY_NO_STAGE ? -1 : (long)stage;
}

struct policy *dispatch_policy(const struct dispatch *d)
{
    return course_policy(d->course);
}

const struct course *dispatch_course(const struct dispatch *d)
{
    return d->course;
}

/* ---- making it ------------------------------------------------------------------------- */

static int by_name(const void *name, const void *node)
{
    const struct course_node *n = node;

    return hostset_compare(name, n->name);
}

static struct course_node *find(struct course_node *nodes, size_t count, const char *name)
{
    return count ? bsearch(name, nodes, count, sizeof *nodes, by_name) : NULL;
}

static void add_nodes(const struct dispatch *d, const struct dispatch_node *nodes,
                      struct course_node *fleet)
{
    const struct dispatch_seen *seen = d->terms->seen;

    for (size_t i = 0; i < d->terms->fleet_count; i++)
        fleet[i] = (struct course_node){.name = d->terms->fleet[i]->name,
                                        .leaf = d->terms->fleet[i]->leaf,
                                        .partitions = seen ? seen[i].partitions : NULL,
                                        .is_away = seen && seen[i].is_away,
                                        .traveller = -1,
                                        .stage = -1};
    for (size_t i = 0; i < d->count; i++) {
        struct course_node *n = find(fleet, d->terms->fleet_count, nodes[i].of->name);

        assert(n);
        n->traveller = (long)i;
        n->facts = nodes[i].facts;
        n->takes_part = nodes[i].is_planned;
        n->stage = nodes[i].stage;
    }
}

/* Who has left the fleet since counts no more. */
static void add_past(const struct dispatch *d, struct course_node *fleet)
{
    for (size_t i = 0; i < d->terms->past_count; i++) {
        const struct dispatch_past *past = &d->terms->past[i];
        struct course_node *n = find(fleet, d->terms->fleet_count, past->name);

        if (!n || n->traveller >= 0)
            continue;
        n->facts = past->facts;
        n->takes_part = true;
        n->stage = past->stage;
    }
}

static void report_past(struct dispatch *d, struct course_node *fleet)
{
    struct policy_time now = now_of(d);

    for (size_t i = 0; i < d->terms->past_count; i++) {
        const struct dispatch_past *past = &d->terms->past[i];
        struct course_node *n = find(fleet, d->terms->fleet_count, past->name);

        if (n && n->traveller < 0)
            policy_report(dispatch_policy(d),
                          course_place(d->course, (size_t)(n - fleet)), past->end,
                          past->signature, &now);
    }
}

static void place_travellers(struct dispatch *d, const struct dispatch_node *nodes,
                             const struct course_node *fleet)
{
    struct policy_time now = now_of(d);

    for (size_t i = 0; i < d->terms->fleet_count; i++) {
        long traveller = fleet[i].traveller;

        if (traveller < 0)
            continue;
        d->place_of[traveller] = course_place(d->course, i);
        d->resumes[traveller] = nodes[traveller].is_planned && nodes[traveller].is_begun;
        if (d->resumes[traveller])
            policy_resume(dispatch_policy(d), d->place_of[traveller], &now);
    }
}

static int make_course(struct dispatch *d, const struct dispatch_node *nodes,
                       struct fail *why)
{
    struct course_node *fleet = calloc(d->terms->fleet_count + 1, sizeof *fleet);
    const struct course_plan plan = {.keys = d->terms->keys,
                                     .nodes = fleet,
                                     .count = d->terms->fleet_count,
                                     .canaries = d->terms->canaries,
                                     .held = d->terms->held};
    int made;

    if (!fleet)
        return fail_memory(why);
    add_nodes(d, nodes, fleet);
    add_past(d, fleet);
    made = course_new(&plan, &d->course, why);
    if (made == 0) {
        report_past(d, fleet);
        place_travellers(d, nodes, fleet);
    }
    free(fleet);
    return made;
}

static void dispatch_free(struct dispatch *d)
{
    course_free(d->course);
    free(d->place_of);
    free(d->resumes);
    free(d);
}

int dispatch_new(struct uv_loop_s *loop, const struct dispatch_terms *terms,
                 const struct dispatch_node *nodes, size_t count,
                 const struct dispatch_hooks *hooks, void *arg, struct dispatch **d,
                 struct fail *why)
{
    struct dispatch *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    *made = (struct dispatch){.loop = loop,
                              .terms = terms,
                              .hooks = hooks,
                              .arg = arg,
                              .count = count,
                              .place_of = calloc(count + 1, sizeof *made->place_of),
                              .resumes = calloc(count + 1, sizeof *made->resumes)};
    if (!made->place_of || !made->resumes) {
        dispatch_free(made);
        return fail_memory(why);
    }
    if (make_course(made, nodes, why) < 0) {
        dispatch_free(made);
        return -1;
    }
    uv_timer_init(loop, &made->wake);
    made->wake.data = made;
    *d = made;
    return 0;
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct dispatch *d = handle->data;
    void (*on_closed)(void *arg) = d->on_closed;
    void *arg = d->closed_arg;

    dispatch_free(d);
    if (on_closed)
        on_closed(arg);
}

void dispatch_close(struct dispatch *d, void (*on_closed)(void *arg), void *arg)
{
    d->on_closed = on_closed;
    d->closed_arg = arg;
    uv_close((uv_handle_t *)&d->wake, on_wake_closed);
}
