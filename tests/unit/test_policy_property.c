/* fakes: naive_policy */
/* Whatever the policy, the fleet, and the order in which things happen: controller/rollout's
 * policy does what a plain recount of all that has happened says.
 *
 *     POLICY_RUNS=100000 POLICY_SEED=1 build/tests/unit/test_policy_property
 *
 * A run that goes wrong is made smaller, as long as it still does, and its events are printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/policy.h"
#include "inventory/arena.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "tests/fake/naive_policy.h"

#ifdef __SANITIZE_ADDRESS__
#define RUNS_USUAL 20000
#else
#define RUNS_USUAL 100000
#endif
#define RUNS_LARGE 15
#define TRACE_MOST 8000

/* How much of it there may be: smaller ones are tried when something is wrong. */
struct size {
    size_t nodes, steps;
    bool is_large;
};

#define USUAL ((struct size){.nodes = 60, .steps = SIZE_MAX})
#define LARGE ((struct size){.nodes = 250, .steps = SIZE_MAX, .is_large = true})

static struct arena texts;
static struct fleet_policy keys;
static struct policy_node nodes[NAIVE_NODES];
static size_t scopes_of[NAIVE_NODES][4], limits[NAIVE_SCOPES];
static const char *names[NAIVE_SCOPES];
static struct policy_rules rules;
static size_t count;
static struct policy *policy;
static struct naive naive;
static struct policy_time now;
static uint64_t waited_ms; /* blocked, in open hours, since somebody was under way */
static bool is_waiting;
static unsigned seed, rarely; /* in how many of a hundred cases what is bad happens */

static char wrong[300]; /* what was found first; "" while all is well */
static char trace[TRACE_MOST][80];
static size_t traced, begun_in_all, blocked_in_all, stopped_in_all, resumed_in_all;

static unsigned any(unsigned below)
{
    return (unsigned)rand_r(&seed) % below;
}

static bool maybe(unsigned of_hundred)
{
    return any(100) < of_hundred;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    va_list args;

    if (traced == TRACE_MOST)
        return;
    va_start(args, format);
    vsnprintf(trace[traced++], sizeof trace[0], format, args);
    va_end(args);
}

static void demand(bool is_so, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void demand(bool is_so, const char *format, ...)
{
    va_list args;

    if (is_so || *wrong)
        return;
    va_start(args, format);
    vsnprintf(wrong, sizeof wrong, format, args);
    va_end(args);
}

/* ---- any policy, any fleet --------------------------------------------------------------------- */

static void set(enum policy_key key, const char *const *values, unsigned value_count)
{
    const char *value = values[any(value_count)];
    struct fail why;

    if (fleet_policy_set(&keys, key, value, &texts, &why) < 0)
        fail_msg("%s", why.text);
    note("%s = %s", policy_key_name(key), value);
}

#define SET(key, ...)                            \
    set(key, (const char *const[]){__VA_ARGS__}, \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Of the keys that the policy itself decides about; what canary, ramp, order, hold and skip
 * come to is in the nodes below.
 */
static void any_policy(void)
{
    fleet_policy_init(&keys);
    SET(POLICY_PROMOTE, "auto", "auto", "manual");
    SET(POLICY_WINDOW, "1", "2", "3", "8", "32", "1024");
    SET(POLICY_MAX_FAILURES, "100000", "100000", "100000", "0", "1", "3");
    SET(POLICY_BUDGET_UPGRADED, "100%", "100%", "100%", "0%", "20%", "2", "50%");
    SET(POLICY_BUDGET_FLEET, "100%", "100%", "100%", "0", "20%", "3");
    SET(POLICY_CONSECUTIVE, "0", "0", "0", "1", "2", "3");
    SET(POLICY_SAME_FAILURE, "0", "0", "0", "1", "2", "4");
    SET(POLICY_HEALTHY_DEADLINE, "0s", "30m", "2h");
    SET(POLICY_PROGRESS_DEADLINE, "0s", "0s", "1h", "5h");
    SET(POLICY_WAIT_DEADLINE, "1h", "12h", "2d");
    SET(POLICY_HOURS, "any", "any", "any", "20:00-06:00",
        "Mon-Fri 20:00-06:00, Sat, Sun");
}

static void any_limits(size_t scope_count)
{
    static const char *const shares[] = {"1",   "2",   "10%",  "25%",
                                         "50%", "60%", "100%", "100%"};
    struct share share;

    for (size_t s = 0; s < scope_count; s++) {
        size_t size = 0;

        for (size_t i = 0; i < count; i++)
            for (size_t at = 0; at < nodes[i].scope_count; at++)
                size += nodes[i].scopes[at] == s;
        share_parse(shares[any(8)], &share);
        limits[s] = share_of_at_least_one(&share, size);
        names[s] = "a scope";
        note("scope %zu: %zu of %zu", s, limits[s], size);
    }
}

/* The fleet, up to two partitions, and a leaf. */
static size_t any_scopes(void)
{
    size_t partitions = any(4), leaves = any(5);

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        scopes_of[i][at++] = 0;
        if (partitions)
            scopes_of[i][at++] = 1 + any((unsigned)partitions);
        if (partitions > 1 && maybe(20)) {
            scopes_of[i][at] = 1 + any((unsigned)partitions);
            at += scopes_of[i][at] != scopes_of[i][at - 1];
        }
        if (leaves && maybe(90))
            scopes_of[i][at++] = 1 + partitions + any((unsigned)leaves);
        nodes[i].scopes = scopes_of[i];
        nodes[i].scope_count = at;
    }
    return 1 + partitions + leaves;
}

/* Stages of any sizes; the last ones of the fleet take no part. */
static void any_stages(void)
{
    size_t stage = 0, taking_part = count - any((unsigned)count / 3 + 1);

    for (size_t i = 0; i < count; i++) {
        if (i && maybe(15))
            stage++;
        nodes[i].stage = i < taking_part ? stage : POLICY_NO_STAGE;
        nodes[i].is_held = maybe(5);
    }
    rules.stage_count = taking_part ? nodes[taking_part - 1].stage + 1 : 0;
    rules.has_canaries = maybe(40);
    for (size_t i = 0; i < count; i++)
        note("%zu: stage %ld%s", i, (long)nodes[i].stage,
             nodes[i].is_held ? ", held" : "");
    note("%zu nodes, %zu of them in %zu stages, %s canaries", count, taking_part,
         rules.stage_count, rules.has_canaries ? "with" : "without");
}

static void any_fleet(const struct size *size)
{
    unsigned room = size->is_large ? 250 : maybe(70) ? 8 : maybe(70) ? 20 : 60;

    count = 1 + any(room);
    if (count > size->nodes)
        count = size->nodes;
    memset(nodes, 0, count * sizeof *nodes);
    rules = (struct policy_rules){.keys = &keys,
                                  .scope_limits = limits,
                                  .scope_names = names};
    rules.scope_count = any_scopes();
    any_limits(rules.scope_count);
    any_stages();
}

/* ---- what may happen, told to both ---------------------------------------------------------------- */

static void happens(struct naive_event event)
{
    naive_add(&naive, event);
    naive_count(&naive);
}

static bool is_under_way(size_t i)
{
    return naive.now[i].is_begun && !naive.now[i].has_ended;
}

/* Somebody under way for whom that is so; -1: nobody. */
static long find(bool (*is_so)(const struct naive_node *s))
{
    size_t from = any((unsigned)count);

    for (size_t k = 0; k < count; k++) {
        size_t i = (from + k) % count;

        if (is_under_way(i) && is_so(&naive.now[i]))
            return (long)i;
    }
    return -1;
}

static bool is_any(const struct naive_node *s)
{
    return !s->is_kept;
}

static bool is_reference(const struct naive_node *s)
{
    return s->is_kept;
}

static bool is_in_service(const struct naive_node *s)
{
    return !s->is_out && !s->is_kept;
}

static bool is_at_work(const struct naive_node *s)
{
    return s->is_out && !s->rests && !s->is_kept;
}

static void take_out(void)
{
    long i = find(is_in_service);

    if (i < 0)
        return;
    note("out %ld", i);
    policy_out(policy, (size_t)i, &now);
    happens((struct naive_event){.kind = NAIVE_OUT, .node = (size_t)i});
}

static void let_rest(void)
{
    long i = find(is_at_work);

    if (i < 0)
        return;
    note("rests %ld", i);
    policy_rests(policy, (size_t)i, &now);
    happens((struct naive_event){.kind = NAIVE_RESTS, .node = (size_t)i});
}

/* Once it may be kept, somebody else has room. */
static void keep(void)
{
    long i = find(is_any);

    if (i < 0 || (!policy_may_keep(policy, (size_t)i) && maybe(90)))
        return;
    note("keep %ld", i);
    policy_keep(policy, (size_t)i, &now);
    happens((struct naive_event){.kind = NAIVE_KEEP, .node = (size_t)i});
}

static void end(size_t i, enum policy_end how)
{
    static const char *const signatures[] = {NULL, "a", "b", "c"};
    static const char *const words[] = {"well", "failed", "returned", "skipped"};
    const char *signature =
        how == POLICY_FAILED || how == POLICY_RETURNED ? signatures[any(4)] : NULL;

    note("%s %zu %s", words[how], i, signature ? signature : "");
    policy_report(policy, i, how, signature, &now);
    happens((struct naive_event){
        .kind = NAIVE_END, .node = i, .end = how, .signature = signature});
}

static void end_any(void)
{
    static const enum policy_end bad[] = {POLICY_FAILED, POLICY_RETURNED, POLICY_SKIPPED};
    long i = find(is_any);

    if (i >= 0)
        end((size_t)i, maybe(rarely) ? bad[any(3)] : POLICY_WELL);
}

static void release(void)
{
    long i = find(is_reference);

    if (i >= 0)
        end((size_t)i, maybe(90) ? POLICY_WELL : POLICY_FAILED);
}

static void set_away(size_t i, bool is_away)
{
    note("%s %zu", is_away ? "away" : "there", i);
    policy_set_unavailable(policy, i, is_away);
    happens((struct naive_event){.kind = NAIVE_AWAY, .node = i, .value = is_away});
}

static void set_held(size_t i, bool is_held)
{
    note("%s %zu", is_held ? "hold" : "let go", i);
    policy_set_held(policy, i, is_held);
    happens((struct naive_event){.kind = NAIVE_HELD, .node = i, .value = is_held});
}

static void set_ready(size_t i, bool is_ready)
{
    note("%s %zu", is_ready ? "idle" : "busy", i);
    policy_set_ready(policy, i, is_ready);
    happens((struct naive_event){.kind = NAIVE_READY, .node = i, .value = is_ready});
}

static void set_veto(bool is_vetoed)
{
    note("veto %d", is_vetoed);
    policy_set_veto(policy, is_vetoed);
    happens((struct naive_event){.kind = NAIVE_VETO, .value = is_vetoed});
}

static void promote(void)
{
    note("promote");
    policy_promote(policy);
    happens((struct naive_event){.kind = NAIVE_PROMOTE});
}

static void stop(void)
{
    note("stop");
    policy_stop(policy, "a hook says no");
    happens((struct naive_event){.kind = NAIVE_STOP});
}

static void close_it(void)
{
    note("begin nobody any more");
    policy_hold(policy);
    happens((struct naive_event){.kind = NAIVE_CLOSE});
}

static void let_pass(uint64_t ms)
{
    if (is_waiting)
        waited_ms += ms;
    now.ms += ms;
    now.minute = (unsigned)(now.ms / 60000 % HOURS_MINUTES_A_WEEK);
    note("time %llu min", (unsigned long long)(now.ms / 60000));
    happens((struct naive_event){.kind = NAIVE_TIME, .time = now});
}

/* As long as the policy wants to sleep, or any time. */
static void sleep_a_while(void)
{
    uint64_t ms = policy_look_again_ms(policy, &now);

    let_pass(ms != UINT64_MAX && maybe(50)
                 ? ms
                 : (uint64_t)any(maybe(80) ? 40 : 1500) * 60000);
}

/* ---- another controller ---------------------------------------------------------------------------- */

static void tell_again(size_t i)
{
    const struct naive_node *s = &naive.now[i];

    policy_set_unavailable(policy, i, s->is_away);
    policy_set_ready(policy, i, s->is_ready);
}

/* The list of what the next controller is told: the ends in their order, then those on the
 * road.  Some who failed are tried again.
 */
static size_t list_past(struct naive_event *past, bool with_failed)
{
    size_t n = 0;

    for (size_t at = 0; at < naive.event_count; at++)
        if (naive.events[at].kind == NAIVE_END &&
            !(with_failed && naive.events[at].end == POLICY_FAILED))
            past[n++] = naive.events[at];
    return n;
}

static void begin_list(const struct naive *before)
{
    naive_begin(&naive, &rules, nodes, count, &now);
    for (size_t i = 0; i < count; i++) {
        const struct naive_node *s = &before->now[i];
        naive_add(&naive, (struct naive_event){.kind = NAIVE_AWAY,
                                               .node = i,
                                               .value = s->is_away});
        naive_add(&naive, (struct naive_event){.kind = NAIVE_READY,
                                               .node = i,
                                               .value = s->is_ready});
    }
    naive_add(&naive,
              (struct naive_event){.kind = NAIVE_VETO, .value = before->is_vetoed});
    policy_set_veto(policy, before->is_vetoed);
    if (before->is_promoted) {
        naive_add(&naive, (struct naive_event){.kind = NAIVE_PROMOTE});
        policy_promote(policy);
    }
}

static void report_past(const struct naive_event *past, size_t past_count)
{
    for (size_t at = 0; at < past_count; at++) {
        const struct naive_event *e = &past[at];

        naive_add(&naive, (struct naive_event){.kind = NAIVE_BEGIN, .node = e->node});
        naive_add(&naive, *e);
        policy_report(policy, e->node, e->end, e->signature, &now);
    }
}

static void resume(size_t i, bool is_kept)
{
    note("  resume %zu%s", i, is_kept ? ", kept" : "");
    naive_add(&naive, (struct naive_event){.kind = NAIVE_BEGIN, .node = i});
    policy_resume(policy, i, &now);
    if (!is_kept)
        return;
    naive_add(&naive, (struct naive_event){.kind = NAIVE_KEEP, .node = i});
    policy_keep(policy, i, &now);
}

static void take_up_again(void)
{
    static struct naive before;
    static struct naive_event past[NAIVE_NODES];
    bool with_failed = maybe(30);
    size_t past_count;

    note("another controller%s", with_failed ? ", with those that failed" : "");
    past_count = list_past(past, with_failed);
    memcpy(&before, &naive, sizeof before);
    for (size_t i = 0; i < count; i++)
        nodes[i].is_held = before.now[i].is_held;
    policy_free(policy);
    policy = policy_new(&rules, nodes, count);
    assert_non_null(policy);
    for (size_t i = 0; i < count; i++)
        tell_again(i);
    begin_list(&before);
    report_past(past, past_count);
    for (size_t i = 0; i < count; i++) {
        const struct naive_node *s = &before.now[i];
        bool failed = s->has_ended && s->end == POLICY_FAILED;

        if (s->is_begun && (!s->has_ended || (with_failed && failed)))
            resume(i, s->is_kept && !s->has_ended);
    }
    is_waiting = false;
    waited_ms = 0;
    resumed_in_all++;
    naive_count(&naive);
}

/* ---- what has to be so after each event --------------------------------------------------------------- */

static void check_counts(void)
{
    demand(policy_left(policy) == naive.left, "%zu left, not %zu", policy_left(policy),
           naive.left);
    demand(policy_held(policy) == naive.held, "%zu held, not %zu", policy_held(policy),
           naive.held);
    for (size_t s = 0; s < rules.scope_count; s++)
        demand(policy_unavailable(policy, s) == naive.unavailable[s],
               "%zu unavailable in scope %zu, not %zu", policy_unavailable(policy, s), s,
               naive.unavailable[s]);
    demand(policy_is_stopped(policy) == naive.is_broken, "stopped: %d, not %d",
           policy_is_stopped(policy), naive.is_broken);
    demand(policy_needs_kept(policy) == (naive.busy > 0 || !naive_is_over(&naive)),
           "needs_kept");
}

/* Nobody is begun, and who reads it is told why. */
static void check_reason(void)
{
    struct fail why;
    bool is_open = hours_are_open(&keys.hours, now.minute);

    policy_why(policy, &why);
    demand(why.code == FAIL_NOT_NOW && *why.text, "blocked without a reason");
    if (policy_awaits_promote(policy))
        demand(strstr(why.text, "waits for promote") != NULL, "promote: %s", why.text);
    else if (!is_open)
        demand(strstr(why.text, "hours") != NULL, "closed: %s", why.text);
    else if (naive.is_vetoed)
        demand(strstr(why.text, "says no") != NULL, "veto: %s", why.text);
    else
        demand(strstr(why.text, "idle") || strstr(why.text, "unavailable"), "%s",
               why.text);
    demand(policy_look_again_ms(policy, &now) <= keys.wait_ms ||
               policy_look_again_ms(policy, &now) <= 60000,
           "blocked, and never looks again");
}

static enum policy_word word_by_count(void)
{
    if (naive_first(&naive) >= 0)
        return POLICY_NEXT;
    if (naive.busy)
        return POLICY_WAIT;
    if (!naive_is_over(&naive))
        return POLICY_BLOCKED;
    return naive.kept ? POLICY_WAIT : POLICY_OVER;
}

/* The budget of the fleet is looked at when somebody could be begun. */
static void look_at_fleet(void)
{
    if (naive_first(&naive) >= 0 && naive_fleet_is_unhealthy(&naive))
        happens((struct naive_event){.kind = NAIVE_FLEET});
}

static void check_word(void)
{
    enum policy_word word = policy_word(policy, &now), wanted;

    look_at_fleet();
    wanted = word_by_count();
    demand(word == wanted, "word %d, not %d", word, wanted);
    demand(word != POLICY_OVER || naive.busy + naive.kept == 0,
           "over with some under way");
    is_waiting = word == POLICY_BLOCKED && hours_are_open(&keys.hours, now.minute);
    if (word != POLICY_BLOCKED)
        waited_ms = 0;
    demand(policy_is_tired(policy, &now) == (is_waiting && waited_ms >= keys.wait_ms),
           "tired after %llu ms", (unsigned long long)waited_ms);
    if (word == POLICY_BLOCKED) {
        blocked_in_all++;
        check_reason();
    }
}

static void check_overdue(void)
{
    long late;

    while ((late = policy_overdue(policy, &now)) >= 0) {
        demand(naive_is_overdue(&naive, (size_t)late), "%ld is not overdue", late);
        happens((struct naive_event){.kind = NAIVE_LATE, .node = (size_t)late});
        if (*wrong)
            return;
    }
    for (size_t i = 0; i < count; i++)
        demand(!naive_is_overdue(&naive, i), "%zu is overdue and not told", i);
}

/* Who sleeps no time at all would never sleep. */
static void check_sleep(void)
{
    uint64_t ms = policy_look_again_ms(policy, &now);

    demand(ms > 0 || policy_is_tired(policy, &now), "looks again at once");
}

static void check_all(void)
{
    check_overdue();
    check_word();
    check_counts();
    check_sleep();
}

/* One is begun, or nobody may be. */
static bool begin_one(void)
{
    long wanted, i = policy_next(policy, &now);
    const char *objection = i < 0 ? NULL : naive_objection(&naive, (size_t)i);

    look_at_fleet();
    wanted = naive_first(&naive);
    demand(!objection, "%ld was begun, but %s", i, objection ? objection : "");
    demand(i == wanted, "%ld was begun, and not %ld", i, wanted);
    if (i < 0 || *wrong)
        return false;
    note("begin %ld", i);
    happens((struct naive_event){.kind = NAIVE_BEGIN, .node = (size_t)i});
    for (size_t s = 0; s < nodes[i].scope_count; s++)
        demand(naive.now[i].was_away ||
                   naive.unavailable[nodes[i].scopes[s]] <= limits[nodes[i].scopes[s]],
               "%ld was one too many in scope %zu", i, nodes[i].scopes[s]);
    begun_in_all++;
    return true;
}

/* ---- a run ---------------------------------------------------------------------------------------------- */

static void any_event(void)
{
    unsigned what = any(100);
    size_t i = any((unsigned)count);

    if (what < 25) {
        for (unsigned most = any(5); most > 0 && begin_one();)
            most--;
    } else if (what < 40)
        take_out();
    else if (what < 46)
        let_rest();
    else if (what < 66)
        end_any();
    else if (what < 69)
        keep();
    else if (what < 71)
        release();
    else if (what < 79)
        set_away(i, maybe(50));
    else if (what < 82)
        set_held(i, maybe(40));
    else if (what < 86)
        set_ready(i, maybe(60));
    else if (what < 88)
        set_veto(maybe(40));
    else if (what < 90)
        promote();
    else if (what < 97)
        sleep_a_while();
    else if (what < 99)
        take_up_again();
    else if (maybe(rarely / 5))
        maybe(50) ? stop() : close_it();
}

/* Whoever is under way comes to an end, and nobody is in the way any more but by what has
 * failed: then it ends, or says what it waits for until it is tired of it.
 */
static void come_to_an_end(void)
{
    enum policy_word word = POLICY_WAIT;

    set_veto(false);
    promote();
    for (size_t i = 0; i < count; i++) {
        set_ready(i, true);
        set_away(i, false);
    }
    for (size_t steps = 0; word != POLICY_OVER && steps < 20 * count + 200 && !*wrong;
         steps++) {
        while (begin_one())
            ;
        check_all();
        word = policy_word(policy, &now);
        if (!policy_needs_kept(policy) && find(is_reference) >= 0)
            release();
        else if (word == POLICY_WAIT)
            end_any();
        else if (word == POLICY_BLOCKED && policy_is_tired(policy, &now))
            close_it();
        else if (word == POLICY_BLOCKED)
            let_pass(policy_look_again_ms(policy, &now) + any(100) * 60000);
    }
    demand(word == POLICY_OVER, "it comes to no end");
}

/* False: something is wrong, and `wrong` says what. */
static bool run(unsigned run_seed, const struct size *size)
{
    static const unsigned begins[] = {1000, 0, 500 * 60000};

    seed = run_seed;
    wrong[0] = '\0';
    traced = 0;
    rarely = size->is_large ? 4 : maybe(50) ? 10 : 40;
    any_policy();
    any_fleet(size);
    now = (struct policy_time){.ms = begins[any(3)]};
    now.minute = (unsigned)(now.ms / 60000 % HOURS_MINUTES_A_WEEK);
    is_waiting = false;
    waited_ms = 0;
    policy = policy_new(&rules, nodes, count);
    assert_non_null(policy);
    naive_begin(&naive, &rules, nodes, count, &now);
    naive_count(&naive);
    for (size_t step = 0, most = count + any(6 * (unsigned)count + 10);
         step < most && step < size->steps && !*wrong; step++) {
        any_event();
        check_all();
    }
    if (size->steps == SIZE_MAX)
        come_to_an_end();
    stopped_in_all += naive.is_broken;
    policy_free(policy);
    policy = NULL;
    arena_done(&texts);
    return !*wrong;
}

static void print_smallest(unsigned run_seed, struct size size)
{
    size_t nodes_most = size.nodes;

    for (size.nodes = 1; size.nodes < nodes_most && run(run_seed, &size);)
        size.nodes++;
    for (size.steps = 1; size.steps < 20 * nodes_most && run(run_seed, &size);)
        size.steps++;
    if (size.steps == 20 * nodes_most)
        size.steps = SIZE_MAX;
    run(run_seed, &size);
    for (size_t i = 0; i < traced; i++)
        print_message("    %s\n", trace[i]);
}

static unsigned from_environment(const char *name, unsigned usual)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static void go_through(unsigned runs, const struct size *size)
{
    unsigned first = from_environment("POLICY_SEED", 1);

    begun_in_all = blocked_in_all = stopped_in_all = resumed_in_all = 0;
    for (unsigned i = 0; i < runs; i++)
        if (!run(first + i, size)) {
            print_smallest(first + i, *size);
            fail_msg("POLICY_SEED=%u POLICY_RUNS=1: %s", first + i, wrong);
        }
    print_message("%u runs from POLICY_SEED=%u: %zu nodes begun, %zu times blocked, %zu "
                  "stopped, %zu taken up again\n",
                  runs, first, begun_in_all, blocked_in_all, stopped_in_all,
                  resumed_in_all);
}

static void any_policy_holds_whatever_happens(void **state)
{
    unsigned runs = from_environment("POLICY_RUNS", RUNS_USUAL);

    (void)state;
    go_through(runs, &USUAL);
    if (runs < 1000)
        return;
    assert_true(begun_in_all > 2 * runs); /* or it would show little */
    assert_true(blocked_in_all > runs && resumed_in_all > runs / 4);
    assert_true(stopped_in_all > runs / 10 && stopped_in_all < runs / 10 * 9);
}

static void a_policy_of_hundreds_holds_as_well(void **state)
{
    (void)state;
    go_through(from_environment("POLICY_RUNS", RUNS_LARGE) < RUNS_LARGE ? 1 : RUNS_LARGE,
               &LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_policy_holds_whatever_happens),
        cmocka_unit_test(a_policy_of_hundreds_holds_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
