#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/report/chronicle.h"
#include "controller/report/mishaps.h"
#include "controller/report/report.h"
#include "controller/report/report_parts.h"
#include "controller/report/spans.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/plan.h"
#include "controller/rollout/view.h"
#include "controller/screen/fold.h"
#include "controller/screen/progress.h"
#include "inventory/decide.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

void report_free(struct report *r)
{
    if (!r)
        return;
    follow_run_clear(&r->run);
    free(r->argv);
    free(r->folder);
    free(r->plan);
    free(r->order);
    free(r->seconds);
    chronicle_free(r->chronicle);
    mishaps_free(r->failed);
    fold_free(r->plans);
    spans_free(r->spans);
    timeline_clear(&r->timeline);
    free(r);
}

void report_done(struct report **r)
{
    report_free(*r);
}

const char *report_run(const struct report *r)
{
    return r->run.id;
}

struct json *report_encode(const struct report *r)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "run", r->run.id) == 0 &&
        json_put_text(doc, "state", r->run.state) == 0 &&
        json_put_int(doc, "total", (int64_t)r->nodes) == 0 &&
        json_put_int(doc, "well", (int64_t)r->well) == 0 &&
        json_put_int(doc, "failed", (int64_t)mishaps_nodes(r->failed)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- the run -------------------------------------------------------------------------- */

static int keep_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct report *r = arg;

    if (strcmp(run->kind, "rollout") != 0)
        return fail_set(why, FAIL_USAGE,
                        "run %s is no rollout but '%s', of which there is no report: "
                        "ibfleet status %s",
                        run->id, run->kind, run->id);
    r->argv = strdup(run->argv);
    r->folder = strdup(run->folder);
    r->plan = strdup(run->plan);
    if (!r->argv || !r->folder || !r->plan)
        return fail_memory(why);
    return follow_run_keep(&r->run, run, why);
}

/* ---- its nodes ------------------------------------------------------------------------ */

static int fold_plan(struct report *r, const struct history_node *n, struct fail *why)
{
    CLEANUP(decision_clear) struct decision d = {0};
    CLEANUP(text_done) char *summary = NULL;

    if (!n->plan || plan_parse(n->plan, &d, NULL) < 0)
        return 0; /* nothing was planned for it */
    summary = decision_summary(&d);
    if (!summary)
        return fail_memory(why);
    return fold_add(r->plans, n->name, summary, strlen(summary), why);
}

/* The journal may have a node more by now. */
static int keep_node(void *arg, const struct history_node *n, struct fail *why)
{
    struct report *r = arg;
    size_t i = chronicle_find(r->chronicle, n->name);

    if (i == chronicle_count(r->chronicle))
        return 0;
    r->seconds[i] = n->seconds;
    return fold_plan(r, n, why);
}

static int compare_names(const void *a, const void *b, void *arg)
{
    const struct chronicle *c = arg;

    return hostset_compare(chronicle_node(c, *(const size_t *)a)->name,
                           chronicle_node(c, *(const size_t *)b)->name);
}

static int read_nodes(struct report *r, struct history *h, struct fail *why)
{
    size_t count;

    if (chronicle_read(r->chronicle, h, r->run.id, NULL, NULL, why) < 0)
        return -1;
    count = chronicle_count(r->chronicle);
    r->nodes = count;
    r->order = calloc(count + 1, sizeof *r->order);
    r->seconds = calloc(count + 1, sizeof *r->seconds);
    if (!r->order || !r->seconds)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        r->order[i] = i;
    qsort_r(r->order, count, sizeof *r->order, compare_names, r->chronicle);
    if (history_nodes(h, r->run.id, NULL, keep_node, r, why) < 0)
        return -1;
    fold_sort(r->plans);
    return 0;
}

/* ---- what follows from them ----------------------------------------------------------- */

static void count(struct report *r)
{
    for (size_t i = 0; i < r->nodes; i++) {
        int state = chronicle_node(r->chronicle, i)->state;
        bool is_end = node_state_is_end((enum node_state)state);

        r->well += view_states()[state - 1].kind == PROGRESS_GOOD;
        r->unfinished += !is_end || state == NODE_PAUSED;
    }
}

/* A controller that is gone has told of nothing after its last move. */
static int64_t known_until(const struct report *r)
{
    size_t stretches = chronicle_stretches(r->chronicle);
    int64_t last_ms = stretches ? chronicle_stretch(r->chronicle, stretches - 1)->to_ms
                                : r->run.created_ms;

    if (r->run.is_live && r->now_ms > last_ms)
        return r->now_ms;
    return last_ms;
}

static int derive(struct report *r, struct fail *why)
{
    r->until_ms = known_until(r);
    axis_of(r->chronicle, r->until_ms, &r->axis);
    count(r);
    r->failed = follow_mishaps(r->chronicle);
    r->spans = spans_new(r->chronicle, r->until_ms);
    if (!r->failed || !r->spans)
        return fail_memory(why);
    mishaps_sort(r->failed, MISHAPS_MOST_FIRST);
    return timeline_of(r->chronicle, r->until_ms, &r->timeline, why);
}

int report_read(struct history *h, const char *run, int64_t now_ms, struct report **r,
                struct fail *why)
{
    CLEANUP(report_done) struct report *made = calloc(1, sizeof *made);

    if (!made || !(made->chronicle = chronicle_new()) || !(made->plans = fold_new()))
        return fail_memory(why);
    made->now_ms = now_ms;
    if ((run ? history_run_brief(h, run, keep_run, made, why)
             : history_run_latest(h, "rollout", keep_run, made, why)) < 0 ||
        read_nodes(made, h, why) < 0 || derive(made, why) < 0)
        return -1;
    *r = made;
    made = NULL;
    return 0;
}
