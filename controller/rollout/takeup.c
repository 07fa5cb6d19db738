#include "controller/rollout/takeup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/node.h"
#include "controller/rollout/plan.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/signature.h"
#include "inventory/decide.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct left { /* a node that was left on the road */
    char *name, *boot_id, *found;
    struct decision plan; /* verdict up-to-date: it had not begun */
    double seconds;
    const char *state; /* a name of node_state.h's */
    bool begun;
    long stage;          /* its batch; -1: none           */
    bool ended;          /* it failed, and is tried again */
    enum fail_code code; /* by that */
    bool excluded;       /* it is not, and has failed     */
};

struct past { /* a node that has ended */
    char *name, signature[SIGNATURE_BYTES];
    struct facts *facts; /* NULL: none */
    enum policy_end end;
    long stage;
    int64_t at_ms;
};

struct takeup {
    char *hosts, *plan;
    struct left *left;
    size_t count, room, excluded;
    uint32_t epoch; /* of the controller before us */
    bool with_failed, is_closed;
    size_t failed; /* of those that ended */
    struct past *past;
    struct dispatch_past *told; /* of past, in the order in which they ended */
    size_t past_count, past_room;
    struct outcome ended;
};

static void left_clear(struct left *l)
{
    free(l->name);
    free(l->boot_id);
    free(l->found);
    decision_clear(&l->plan);
}

void takeup_free(struct takeup *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        left_clear(&t->left[i]);
    for (size_t i = 0; i < t->past_count; i++) {
        free(t->past[i].name);
        facts_free(t->past[i].facts);
    }
    free(t->past);
    free(t->told);
    free(t->left);
    free(t->hosts);
    free(t->plan);
    free(t);
}

void takeup_done(struct takeup **t)
{
    takeup_free(*t);
}

/* ---- reading ---------------------------------------------------------------------- */

static struct left *add_left(struct takeup *t)
{
    struct left *grown;
    size_t room = t->room ? 2 * t->room : 16;

    if (t->count < t->room)
        return &t->left[t->count++];
    grown = realloc(t->left, room * sizeof *grown);
    if (!grown)
        return NULL;
    memset(grown + t->room, 0, (room - t->room) * sizeof *grown);
    t->left = grown;
    t->room = room;
    return &t->left[t->count++];
}

/* A paused one is at the end of one controller's road, not of its own. */
static bool is_over(const char *state)
{
    int where = node_state_of(state);

    return where != NODE_ILLEGAL && where != NODE_PAUSED &&
           node_state_is_end((enum node_state)where);
}

/* Of a state that a later version made up, any will do. */
static const char *state_name(const char *name)
{
    int state = node_state_of(name);

    return node_state_name(state == NODE_ILLEGAL ? NODE_TODO : (enum node_state)state);
}

static int keep(struct takeup *t, const struct history_node *n, struct fail *why)
{
    struct left *l = add_left(t);

    if (!l)
        return fail_memory(why);
    l->name = strdup(n->name);
    l->boot_id = n->boot_id ? strdup(n->boot_id) : NULL;
    l->seconds = n->seconds;
    l->state = state_name(n->state);
    l->begun = n->begun;
    l->stage = n->batch;
    l->ended = is_over(n->state);
    l->code = l->ended ? fail_code_of(n->code) : FAIL_NONE;
    l->found = n->found ? strdup(n->found) : NULL;
    if (!l->name || (n->boot_id && !l->boot_id) || (n->found && !l->found))
        return fail_memory(why);
    if (!n->begun || !n->plan || plan_is_empty(n->plan)) /* it is probed and planned */
        return 0;
    return plan_parse(n->plan, &l->plan, why) < 0 ? fail_prefix(why, "%s", n->name) : 0;
}

/* Or passed over: what was to be done is not. */
static bool is_failed(const char *state)
{
    int where = node_state_of(state);

    return where == NODE_FAILED || where == NODE_SKIPPED;
}

/* Whether a failed one was put back into service, its last move tells. */
static enum policy_end end_of(const struct history_node *n)
{
    int state = node_state_of(n->state);

    if (state == NODE_DONE)
        return POLICY_WELL;
    if (state != NODE_FAILED)
        return POLICY_SKIPPED;
    return n->is_back ? POLICY_RETURNED : POLICY_FAILED;
}

/* Facts that cannot be read say nothing of where it is; the run goes on without. */
static struct facts *read_facts(const char *text)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct facts *facts = NULL;

    if (!text || json_parse(text, strlen(text), &doc, NULL) < 0 ||
        facts_decode(doc, &facts, NULL) < 0)
        return NULL;
    return facts;
}

static int keep_past(struct takeup *t, const struct history_node *n, struct fail *why)
{
    struct past *p = t->past;

    if (t->past_count == t->past_room) {
        t->past_room = t->past_room ? 2 * t->past_room : 16;
        p = realloc(t->past, t->past_room * sizeof *p);
        if (!p)
            return fail_memory(why);
        t->past = p;
    }
    p = &t->past[t->past_count];
    *p = (struct past){.name = strdup(n->name),
                       .end = end_of(n),
                       .stage = n->batch,
                       .at_ms = n->since_ms};
    if (!p->name)
        return fail_memory(why);
    p->facts = read_facts(n->facts);
    signature_of(fail_code_of(n->code), n->reason, n->name, p->signature);
    t->past_count++;
    return 0;
}

static int read_node(void *arg, const struct history_node *n, struct fail *why)
{
    struct takeup *t = arg;
    struct fail ended = {.code = fail_code_of(n->code)};

    if (!is_over(n->state) || (t->with_failed && is_failed(n->state)))
        return keep(t, n, why);
    t->ended.total++;
    t->failed += is_failed(n->state);
    outcome_count(&t->ended, &ended);
    return n->begun ? keep_past(t, n, why) : 0;
}

static int read_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct takeup *t = arg;

    t->epoch = run->epoch;
    t->is_closed = run->ended_ms != 0;
    t->plan = strdup(run->plan);
    return t->plan ? 0 : fail_memory(why);
}

static int fold_hosts(struct takeup *t, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();

    free(t->hosts);
    t->hosts = NULL;
    if (!set)
        return fail_memory(why);
    for (size_t i = 0; i < t->count; i++)
        if (!t->left[i].excluded && hostset_add(set, t->left[i].name, why) < 0)
            return -1;
    if (!hostset_count(set))
        return 0;
    t->hosts = hostset_fold(set);
    return t->hosts ? 0 : fail_memory(why);
}

static int by_end(const void *x, const void *y)
{
    const struct past *a = x, *b = y;

    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

static int tell_past(struct takeup *t, struct fail *why)
{
    t->told = calloc(t->past_count + 1, sizeof *t->told);
    if (!t->told)
        return fail_memory(why);
    if (t->past_count)
        qsort(t->past, t->past_count, sizeof *t->past, by_end);
    for (size_t i = 0; i < t->past_count; i++)
        t->told[i] = (struct dispatch_past){.name = t->past[i].name,
                                            .facts = t->past[i].facts,
                                            .end = t->past[i].end,
                                            .signature = t->past[i].signature,
                                            .stage = t->past[i].stage};
    return 0;
}

const struct dispatch_past *takeup_past(const struct takeup *t, size_t *count)
{
    *count = t->past_count;
    return t->told;
}

int takeup_check_begun(const struct takeup *t, const char *run, struct fail *why)
{
    if (t->count + t->ended.total > 0)
        return 0;
    return fail_set(why, FAIL_NO_SUCH_RUN,
                    "run %s was cut off before it had begun, and nothing was done: start "
                    "it anew with ibfleet rollout",
                    run);
}

int takeup_read(struct history *history, const char *run, bool with_failed,
                struct takeup **t, struct fail *why)
{
    struct takeup *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->with_failed = with_failed;
    if (history_run(history, run, read_run, made, why) < 0 ||
        history_nodes(history, run, NULL, read_node, made, why) < 0 ||
        fold_hosts(made, why) < 0 || tell_past(made, why) < 0) {
        takeup_free(made);
        return -1;
    }
    *t = made;
    return 0;
}

const char *takeup_hosts(const struct takeup *t)
{
    return t->hosts;
}

size_t takeup_count(const struct takeup *t)
{
    return t->count - t->excluded;
}

size_t takeup_excluded(const struct takeup *t)
{
    return t->excluded;
}

const struct outcome *takeup_ended(const struct takeup *t)
{
    return &t->ended;
}

size_t takeup_failed(const struct takeup *t)
{
    return t->failed;
}

bool takeup_is_closed(const struct takeup *t)
{
    return t->is_closed;
}

const char *takeup_plan(const struct takeup *t)
{
    return t->plan;
}

/* ---- leaving out, and beginning ---------------------------------------------------- */

static struct fail left_out(void)
{
    struct fail why;

    fail_set(&why, FAIL_HOSTLIST, "left out with -x when the run was resumed");
    return why;
}

int takeup_exclude(struct takeup *t, const struct hostset *out, struct fail *why)
{
    const struct fail ended = left_out();

    for (size_t i = 0; i < t->count; i++) {
        if (!hostset_has(out, t->left[i].name))
            continue;
        t->left[i].excluded = true;
        t->excluded++;
        t->failed++;
        t->ended.total++;
        outcome_count(&t->ended, &ended);
    }
    if (!t->excluded)
        return fail_set(why, FAIL_HOSTLIST, "the run has none of them left");
    return fold_hosts(t, why);
}

int takeup_only_begun(struct takeup *t, struct fail *why)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        if (t->left[i].begun)
            t->left[kept++] = t->left[i];
        else
            left_clear(&t->left[i]);
    t->count = kept;
    return fold_hosts(t, why);
}

static int write_exclusion(const struct left *l, struct journal *journal,
                           struct fail *why)
{
    const struct fail ended = left_out();
    const struct journal_move move = {.node = l->name,
                                      .from = l->state,
                                      .event = node_event_name(NODE_EV_FAIL),
                                      .to = node_state_name(NODE_FAILED),
                                      .code = fail_code_name(ended.code),
                                      .reason = ended.text,
                                      .seconds = l->seconds};

    return journal_put_move(journal, &move, NULL, NULL, why);
}

int takeup_begin(const struct takeup *t, struct journal *journal, const char *run,
                 struct fail *why)
{
    if (journal_take(journal, run, why) < 0)
        return -1;
    if (journal_epoch(journal) != t->epoch + 1)
        return fail_set(why, FAIL_CLAIMED,
                        "run %s was worked on by another controller just now: look with "
                        "ibfleet status, then try again",
                        run);
    for (size_t i = 0; i < t->count; i++)
        if (t->left[i].excluded && write_exclusion(&t->left[i], journal, why) < 0)
            return -1;
    return 0;
}

/* ---- applying ------------------------------------------------------------------------
 */

static int compare_names(const void *name, const void *left)
{
    return strcmp(name, ((const struct left *)left)->name);
}

/* The history gives the nodes of a run by name. */
static const struct left *find(const struct takeup *t, const char *name)
{
    return bsearch(name, t->left, t->count, sizeof *t->left, compare_names);
}

const char *takeup_found(const struct takeup *t, const char *node)
{
    const struct left *l = find(t, node);

    return l ? l->found : NULL;
}

enum fail_code takeup_code(const struct takeup *t, const char *node)
{
    const struct left *l = find(t, node);

    return l ? l->code : FAIL_NONE;
}

static int restore(const struct left *l, struct node *node, struct fail *why)
{
    CLEANUP(decision_clear) struct decision plan = {.reboot = l->plan.reboot};

    if (l->plan.verdict != DECIDE_STEPS)
        return 0;
    plan.verdict = DECIDE_STEPS;
    for (size_t i = 0; i < l->plan.steps.count; i++) {
        const struct step *s = &l->plan.steps.list[i];

        if (steps_add(&plan.steps, s->verb, (const char *const *)s->args, s->arg_count,
                      why) < 0)
            return -1;
    }
    return node_restore(node, &plan, l->boot_id, !l->ended, why);
}

int takeup_apply(const struct takeup *t, struct rollout *r, struct fail *why)
{
    for (size_t i = 0; i < rollout_count(r); i++) {
        struct node *node = rollout_node(r, i);
        const struct left *l = find(t, node_of_fleet(node)->name);

        if (!l)
            continue;
        rollout_restore(r, i, l->seconds, l->begun && !l->ended, l->stage);
        if (restore(l, node, why) < 0)
            return -1;
    }
    return 0;
}
