#include "controller/rollout/view.h"

#include <stdlib.h>
#include <string.h>

#include "controller/rollout/news.h"
#include "controller/rollout/node.h"
#include "controller/rollout/plan.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/fold.h"
#include "controller/screen/progress.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/trouble.h"
#include "controller/screen/wrap.h"
#include "inventory/decide.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA       "ibfleet.rollout/1"
#define EVENT_SCHEMA "ibfleet.rollout.event/1"
#define STEP_SCHEMA  "ibfleet.rollout.step/1"
#define RUN_SCHEMA   "ibfleet.rollout.run/1"

#define PLAN_INDENT 4

static const char *name_of(const struct rollout *r, size_t i)
{
    return node_of_fleet(rollout_node(r, i))->name;
}

static enum node_state state_of(const struct rollout *r, size_t i)
{
    return node_where(rollout_node(r, i));
}

/* ---- progress ---------------------------------------------------------------------- */

static enum progress_kind kind_of(enum node_state state)
{
    switch (state) {
    case NODE_TODO:
    case NODE_PLANNED:
    case NODE_PAUSED:
        return PROGRESS_STILL;
    case NODE_DONE:
    case NODE_UP_TO_DATE:
        return PROGRESS_GOOD;
    case NODE_FAILED:
    case NODE_SKIPPED:
    case NODE_BACK_PROBING:
    case NODE_BACK_INSTALLING:
    case NODE_BACK_REBOOTING:
    case NODE_RETURNING:
    case NODE_GIVING_UP:
        return PROGRESS_BAD;
    default:
        return PROGRESS_BUSY;
    }
}

const struct progress_state *view_states(void)
{
    static struct progress_state states[NODE_STATES - 1];

    for (int s = 1; s < NODE_STATES; s++)
        states[s - 1] = (struct progress_state){node_state_name((enum node_state)s),
                                                kind_of((enum node_state)s)};
    return states;
}

/* ---- what failed --------------------------------------------------------------------
 */

int view_trouble(const struct rollout *r, bool color, struct text *text, struct fail *why)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < rollout_count(r); i++) {
        const struct node *n = rollout_node(r, i);

        if (node_where(n) == NODE_FAILED &&
            trouble_add(t, node_of_fleet(n), node_why(n), why) < 0)
            return -1;
    }
    if (trouble_count(t) && text->len_bytes)
        text_add(text, "\n");
    trouble_render(t, color, text);
    return 0;
}

/* ---- the plan ------------------------------------------------------------------------
 */

static int fold_plans(const struct rollout *r, struct fold *f, struct fail *why)
{
    for (size_t i = 0; i < rollout_count(r); i++) {
        CLEANUP(text_done) char *summary = NULL;
        enum node_state state = state_of(r, i);

        if (state != NODE_PLANNED && state != NODE_UP_TO_DATE)
            continue;
        summary = decision_summary(node_decision(rollout_node(r, i)));
        if (!summary)
            return fail_memory(why);
        if (fold_add(f, name_of(r, i), summary, strlen(summary), why) < 0)
            return -1;
    }
    fold_sort(f);
    return 0;
}

/* "2 nodes node[5-6]: up to date"; what is long goes below. */
static void put_plan(struct fold *f, size_t i, size_t width, bool color,
                     struct text *text)
{
    const char *hosts = fold_hosts(f, i), *summary = fold_text(f, i, NULL);
    size_t start = text->len_bytes, used;

    text_add(text, "%s%zu node%s %s:%s", color_of(COLOR_BOLD, color), fold_size(f, i),
             fold_size(f, i) == 1 ? "" : "s", hosts ? hosts : "?",
             color_of(COLOR_PLAIN, color));
    used = text->len_bytes - start;
    if (!width || used + 1 + strlen(summary) < width) {
        text_add(text, " %s\n", summary);
        return;
    }
    text_add(text, "\n");
    text_fill(text, ' ', PLAN_INDENT);
    wrap_add(text, summary, PLAN_INDENT, width);
}

int view_plan(const struct rollout *r, size_t width, bool color, struct text *text,
              struct fail *why)
{
    CLEANUP(fold_done) struct fold *f = fold_new();

    if (!f)
        return fail_memory(why);
    if (fold_plans(r, f, why) < 0)
        return -1;
    for (size_t i = 0; i < fold_count(f); i++)
        put_plan(f, i, width, color, text);
    return 0;
}

/* ---- the table ------------------------------------------------------------------------
 */

static enum color color_of_state(enum node_state state)
{
    switch (state) {
    case NODE_DONE:
    case NODE_UP_TO_DATE:
        return COLOR_GOOD;
    case NODE_FAILED:
        return COLOR_BAD;
    default:
        return COLOR_WARN;
    }
}

static void put_row(const struct rollout *r, size_t i, const char *hosts, double seconds,
                    struct table *t)
{
    const struct fail *why = node_why(rollout_node(r, i));
    enum node_state state = state_of(r, i);

    table_row(t, color_of_state(state));
    table_cell(t, "%s", hosts);
    table_cell(t, "%s", node_state_name(state));
    table_cell(t, "%s", fail_code_name(why->code));
    table_cell(t, "%s", why->code ? why->text : "");
    table_cell(t, "%.1f", seconds);
}

static bool ended_alike(const struct rollout *r, size_t a, size_t b)
{
    const struct fail *one = node_why(rollout_node(r, a));
    const struct fail *other = node_why(rollout_node(r, b));

    return state_of(r, a) == state_of(r, b) && one->code == other->code;
}

/* One row for all that ended as i did, with the longest time; nothing when an earlier
 * one has told it.
 */
static int put_folded(const struct rollout *r, size_t i, struct table *t,
                      struct fail *why)
{
    CLEANUP(fold_done) struct fold *f = fold_new();
    double seconds = 0;

    if (!f)
        return fail_memory(why);
    for (size_t k = 0; k < rollout_count(r); k++) {
        if (!ended_alike(r, i, k))
            continue;
        if (k < i)
            return 0;
        if (fold_add(f, name_of(r, k), "", 0, why) < 0)
            return -1;
        if (rollout_seconds(r, k) > seconds)
            seconds = rollout_seconds(r, k);
    }
    put_row(r, i, fold_hosts(f, 0) ? fold_hosts(f, 0) : "?", seconds, t);
    return 0;
}

int view_result(const struct rollout *r, size_t width, bool color, struct text *text,
                struct fail *why)
{
    CLEANUP(table_done) struct table *t = table_new("NODE|STATE|CODE|~REASON|>SECONDS");

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < rollout_count(r); i++) {
        if (rollout_count(r) <= VIEW_MAX_ROWS)
            put_row(r, i, name_of(r, i), rollout_seconds(r, i), t);
        else if (put_folded(r, i, t, why) < 0)
            return -1;
    }
    table_render(t, width, color, text);
    return view_trouble(r, color, text, why);
}

void view_counts(const struct rollout *r, struct text *text)
{
    const char *comma = "";

    for (int s = NODE_STATES - 1; s > 0; s--) {
        size_t n = rollout_in_state(r, (enum node_state)s);

        if (!n)
            continue;
        text_add(text, "%s%zu %s", comma, n,
                 s == NODE_UP_TO_DATE ? "up to date"
                                      : node_state_name((enum node_state)s));
        comma = ", ";
    }
}

/* ---- JSON ---------------------------------------------------------------------- */

struct listing {
    const struct rollout *rollout;
    bool with_plans;
};

static struct json *encode_node(const void *arg, size_t i)
{
    const struct listing *listing = arg;
    const struct rollout *r = listing->rollout;
    const struct node *node = rollout_node(r, i);
    const struct fail *why = node_why(node);
    bool has_plan = listing->with_plans && node_facts(node);
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", name_of(r, i)) == 0 &&
        json_put_text(doc, "state", node_state_name(state_of(r, i))) == 0 &&
        json_put_text(doc, "code", fail_code_name(why->code)) == 0 &&
        json_put_text(doc, "reason", why->code ? why->text : "") == 0 &&
        json_put_real(doc, "seconds", rollout_seconds(r, i)) == 0 &&
        (!has_plan || json_put(doc, "plan", plan_encode_shown(node_decision(node))) == 0))
        return doc;
    json_free(doc);
    return NULL;
}

struct json *view_json(const struct rollout *r, const char *run, bool with_plans)
{
    const struct listing listing = {.rollout = r, .with_plans = with_plans};
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put_text(doc, "run", run) == 0 &&
        json_put(doc, "nodes",
                 json_list(r ? rollout_count(r) : 0, encode_node, &listing)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *view_encode_move(const struct view_move *move)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", EVENT_SCHEMA) == 0 &&
        json_put_text(doc, "run", move->run) == 0 &&
        json_put_text(doc, "node", move->node) == 0 &&
        json_put_text(doc, "from", move->from) == 0 &&
        json_put_text(doc, "to", move->to) == 0 &&
        json_put_text(doc, "code", move->code) == 0 &&
        json_put_text(doc, "reason", move->reason) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *view_happening(const char *run, const char *word, const char *text)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", RUN_SCHEMA) == 0 &&
        json_put_text(doc, "run", run) == 0 &&
        json_put_text(doc, "happened", word) == 0 &&
        json_put_text(doc, "text", text) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *view_event(const struct rollout *r, size_t i, const struct node_move *move,
                        const char *run)
{
    const struct node *node = rollout_node(r, i);
    const struct fail *why = move->to == NODE_FAILED ? node_why(node) : move->why;
    const struct view_move words = {
        .run = *run ? run : NULL,
        .node = name_of(r, i),
        .from = node_state_name(move->from),
        .to = node_state_name(move->to),
        .code = fail_code_name(why ? why->code : FAIL_NONE),
        .reason = why ? why->text : "",
    };

    return view_encode_move(&words);
}

struct json *view_news(const struct rollout *r, size_t i, const struct news *news,
                       const char *run)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", STEP_SCHEMA) == 0 &&
        json_put_text(doc, "run", *run ? run : NULL) == 0 &&
        json_put_text(doc, "node", name_of(r, i)) == 0 &&
        json_put_text(doc, "step", news->step) == 0 &&
        json_put_text(doc, "state", news->state) == 0 &&
        json_put_real(doc, "seconds", news->seconds) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
