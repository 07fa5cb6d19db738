#include "controller/deed/deed_view.h"

#include <string.h>

#include "controller/deed/batch.h"
#include "controller/deed/deed.h"
#include "controller/screen/fold.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.azure.deed/1"
#define INDENT 4

/* ---- progress ---------------------------------------------------------------------- */

static enum progress_kind kind_of(enum deed_state state)
{
    switch (state) {
    case DEED_TODO:
        return PROGRESS_STILL;
    case DEED_DONE:
    case DEED_UP_TO_DATE:
        return PROGRESS_GOOD;
    case DEED_FAILED:
        return PROGRESS_BAD;
    default:
        return PROGRESS_BUSY;
    }
}

const struct progress_state *deed_view_states(void)
{
    static struct progress_state states[DEED_STATES - 1];

    for (int s = 1; s < DEED_STATES; s++)
        states[s - 1] = (struct progress_state){deed_state_name((enum deed_state)s),
                                                kind_of((enum deed_state)s)};
    return states;
}

/* ---- the plan ------------------------------------------------------------------------ */

static int fold_set(const struct deed_order *o, const struct scaleset *set,
                    struct fold *f, struct fail *why)
{
    const struct scaleset *in;

    for (size_t i = 0; i < o->node_count; i++)
        if (deed_is_left(o, i) && deed_find(o, o->nodes[i], &in) && in == set &&
            fold_add(f, o->nodes[i], "", 0, why) < 0)
            return -1;
    return 0;
}

/* "  hpc/ib (Uniform): ib[000000-000003]" */
static int put_set(const struct deed_order *o, const struct scaleset *set, size_t width,
                   struct text *text, struct fail *why)
{
    CLEANUP(fold_done) struct fold *f = fold_new();
    const char *hosts;

    if (!f)
        return fail_memory(why);
    if (fold_set(o, set, f, why) < 0)
        return -1;
    if (!fold_count(f))
        return 0;
    hosts = fold_hosts(f, 0);
    text_add(text, "  %s/%s (%s):\n", set->group, set->name,
             set->is_flexible ? "Flexible" : "Uniform");
    text_fill(text, ' ', INDENT);
    wrap_add(text, hosts ? hosts : "?", INDENT, width);
    return 0;
}

static void put_heading(const struct deed_order *o, bool color, struct text *text)
{
    size_t left = deed_count_left(o), batches = batch_count(left, o->batch);

    text_add(text, "%s%s %zu instance%s", color_of(COLOR_BOLD, color), o->kind->name,
             left, left == 1 ? "" : "s");
    if (batches > 1)
        text_add(text, ", %zu at once, in %zu batches; after each one it is checked",
                 o->batch, batches);
    text_add(text, ":%s\n", color_of(COLOR_PLAIN, color));
}

int deed_view_plan(const struct deed_order *order, size_t width, bool color,
                   struct text *text, struct fail *why)
{
    put_heading(order, color, text);
    for (size_t i = 0; i < order->set_count; i++)
        if (put_set(order, order->sets[i], width, text, why) < 0)
            return -1;
    if (order->kind->loses) {
        text_add(text, "%s", color_of(COLOR_WARN, color));
        wrap_add(text, order->kind->loses, 0, width);
        text_add(text, "%s", color_of(COLOR_PLAIN, color));
    }
    return text_is_cut(text) ? fail_memory(why) : 0;
}

/* ---- the result ---------------------------------------------------------------------- */

static enum color color_of_state(enum deed_state state)
{
    switch (kind_of(state)) {
    case PROGRESS_GOOD:
        return COLOR_GOOD;
    case PROGRESS_BAD:
        return COLOR_BAD;
    default:
        return COLOR_WARN;
    }
}

static const char *reason_of(const struct deed_standing *s)
{
    return s->why ? s->why->text : "";
}

static const char *code_of(const struct deed_standing *s)
{
    return fail_code_name(s->why ? s->why->code : FAIL_NONE);
}

static bool are_alike(const struct deed_standing *a, const struct deed_standing *b)
{
    return a->state == b->state && strcmp(code_of(a), code_of(b)) == 0 &&
           strcmp(reason_of(a), reason_of(b)) == 0;
}

static void put_row(const struct deed_standing *s, const char *hosts, double seconds,
                    struct table *t)
{
    table_row(t, color_of_state(s->state));
    table_cell(t, "%s", hosts);
    table_cell(t, "%s", deed_state_name(s->state));
    table_cell(t, "%s", code_of(s));
    table_cell(t, "%s", reason_of(s));
    table_cell(t, "%.1f", seconds);
}

/* One row for all that ended as i did, with the longest time; nothing when an earlier
 * one has told it.
 */
static int put_folded(const struct deed *d, size_t i, struct table *t, struct fail *why)
{
    CLEANUP(fold_done) struct fold *f = fold_new();
    struct deed_standing mine, other;
    double seconds = 0;

    if (!f)
        return fail_memory(why);
    deed_look_at(d, i, &mine);
    for (size_t k = 0; k < deed_count(d); k++) {
        deed_look_at(d, k, &other);
        if (!are_alike(&mine, &other))
            continue;
        if (k < i)
            return 0;
        if (fold_add(f, other.node, "", 0, why) < 0)
            return -1;
        if (other.seconds > seconds)
            seconds = other.seconds;
    }
    put_row(&mine, fold_hosts(f, 0) ? fold_hosts(f, 0) : "?", seconds, t);
    return 0;
}

int deed_view_result(const struct deed *deed, size_t width, bool color, struct text *text,
                     struct fail *why)
{
    CLEANUP(table_done)
    struct table *t = table_new("INSTANCES|STATE|CODE|~REASON|>SECONDS");

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < deed_count(deed); i++)
        if (put_folded(deed, i, t, why) < 0)
            return -1;
    table_render(t, width, color, text);
    return text_is_cut(text) ? fail_memory(why) : 0;
}

static const char *word_of(enum deed_state state, const struct deed_kind *kind)
{
    switch (state) {
    case DEED_DONE:
        return kind->done;
    case DEED_UP_TO_DATE:
        return "so before";
    case DEED_TODO:
        return "not begun";
    default:
        return deed_state_name(state);
    }
}

void deed_view_counts(const struct deed *deed, const struct deed_order *order,
                      struct text *text)
{
    const char *comma = "";

    for (int s = DEED_STATES - 1; s > 0; s--) {
        size_t n = deed_in_state(deed, (enum deed_state)s);

        if (!n)
            continue;
        text_add(text, "%s%zu %s", comma, n, word_of((enum deed_state)s, order->kind));
        comma = ", ";
    }
}

/* ---- JSON ---------------------------------------------------------------------------- */

struct listing {
    const struct deed *deed; /* NULL: the plan */
    const struct deed_order *order;
};

static void stand(const struct listing *l, size_t i, struct deed_standing *s)
{
    if (l->deed) {
        deed_look_at(l->deed, i, s);
        return;
    }
    *s = (struct deed_standing){.node = l->order->nodes[i], .state = DEED_TODO};
    if (l->order->left) {
        s->state = l->order->left[i].state;
        s->seconds = l->order->left[i].seconds;
        s->why = s->state == DEED_FAILED ? &l->order->left[i].why : NULL;
    }
    s->of = deed_find(l->order, s->node, &s->set);
}

static struct json *encode_node(const void *arg, size_t i)
{
    struct json *doc = json_object();
    struct deed_standing s;

    stand(arg, i, &s);
    if (doc && json_put_text(doc, "name", s.node) == 0 &&
        json_put_text(doc, "set", s.set ? s.set->resource : NULL) == 0 &&
        json_put_text(doc, "instance", s.of ? s.of->id : NULL) == 0 &&
        json_put_text(doc, "state", deed_state_name(s.state)) == 0 &&
        json_put_text(doc, "code", code_of(&s)) == 0 &&
        json_put_text(doc, "reason", reason_of(&s)) == 0 &&
        json_put_real(doc, "seconds", s.seconds) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *deed_view_json(const struct deed *deed, const struct deed_order *order,
                            const char *run)
{
    const struct listing listing = {.deed = deed, .order = order};
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put_text(doc, "action", order->kind->name) == 0 &&
        json_put_text(doc, "run", run) == 0 &&
        json_put_int(doc, "batch", (int64_t)order->batch) == 0 &&
        json_put_text(doc, "loses", order->kind->loses) == 0 &&
        json_put(doc, "instances", json_list(order->node_count, encode_node, &listing)) ==
            0)
        return doc;
    json_free(doc);
    return NULL;
}
