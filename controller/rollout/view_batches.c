#include "controller/rollout/view_batches.h"

#include <stdlib.h>

#include "controller/rollout/course.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/estimate.h"
#include "controller/rollout/node.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/color.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define INDENT    4
#define MOST_ROWS 12 /* of more batches, those in the middle are told together */

/* The nodes of these batches, as a hostlist; *count says how many. */
static char *fold_batches(const struct rollout *r, size_t from, size_t until,
                          size_t *count)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    const struct course *c = rollout_course(r);

    *count = 0;
    for (size_t stage = from; set && stage < until; stage++) {
        size_t first, n = course_stage(c, stage, &first);

        for (size_t place = first; place < first + n; place++) {
            long i = course_traveller(c, place);

            if (i >= 0 &&
                hostset_add(set, node_of_fleet(rollout_node(r, (size_t)i))->name, NULL) <
                    0)
                return NULL;
        }
    }
    if (!set)
        return NULL;
    *count = hostset_count(set);
    return hostset_fold(set);
}

static int put_line(const char *head, const char *hosts, size_t count, size_t width,
                    bool color, struct text *text)
{
    CLEANUP(text_clear) struct text line = {0};

    text_add(&line, "%zu node%s %s", count, count == 1 ? "" : "s", hosts);
    text_add(text, "%s%s:%s ", color_of(COLOR_BOLD, color), head,
             color_of(COLOR_PLAIN, color));
    wrap_add_escaped(text, text_of(&line), INDENT, width);
    return text_is_cut(text) ? -1 : 0;
}

static int put_batches(const struct rollout *r, size_t from, size_t until, size_t width,
                       bool color, struct text *text)
{
    CLEANUP(text_clear) struct text head = {0};
    CLEANUP(text_done) char *hosts = NULL;
    bool canaries = from == 0 && course_has_canaries(rollout_course(r));
    size_t count;

    hosts = fold_batches(r, from, until, &count);
    if (!hosts)
        return -1;
    if (!count) /* of a run that is taken up */
        return 0;
    if (until - from > 1)
        text_add(&head, "batches %zu to %zu", from + 1, until);
    else
        text_add(&head, "batch %zu%s", from + 1, canaries ? ", the canaries" : "");
    return put_line(text_of(&head), hosts, count, width, color, text);
}

static int put_all(const struct rollout *r, size_t width, bool color, struct text *text)
{
    size_t count = course_stages(rollout_course(r));

    for (size_t i = 0; i < count; i++) {
        bool is_middle = count > MOST_ROWS && i == MOST_ROWS - 2;
        size_t until = is_middle ? count - 1 : i + 1;

        if (put_batches(r, i, until, width, color, text) < 0)
            return -1;
        i = until - 1;
    }
    return 0;
}

static int put_held(const struct rollout *r, const struct hostset *held, size_t width,
                    bool color, struct text *text)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *hosts = NULL;

    for (size_t i = 0; set && held && i < rollout_count(r); i++) {
        const char *name = node_of_fleet(rollout_node(r, i))->name;

        if (node_where(rollout_node(r, i)) == NODE_PLANNED && hostset_has(held, name) &&
            hostset_add(set, name, NULL) < 0)
            return -1;
    }
    if (!set)
        return -1;
    if (!hostset_count(set))
        return 0;
    hosts = hostset_fold(set);
    return hosts ? put_line("held back", hosts, hostset_count(set), width, color, text)
                 : -1;
}

static void put_forecast(const struct forecast *f, const struct fleet_policy *keys,
                         bool promotes, struct text *text)
{
    char all[ESTIMATE_TEXT_BYTES], one[ESTIMATE_TEXT_BYTES];

    if (f->ms == UINT64_MAX) {
        text_add(text, "how long it takes cannot be said: it would wait for others\n");
        return;
    }
    estimate_format(f->ms, all);
    estimate_format(f->node_ms, one);
    text_add(text, "about %s: a node takes %s, ", all, one);
    if (f->samples)
        text_add(text, "as the latest %zu did", f->samples);
    else
        text_add(text, "which is a guess");
    text_add(text, "; at most %u at once", keys->window);
    text_add(text, "%s\n", promotes ? "; the wait for promote is not in it" : "");
}

int view_batches(const struct rollout *r, const struct dispatch_terms *terms,
                 const struct forecast *forecast, size_t width, bool color,
                 struct text *text, struct fail *why)
{
    const struct course *c = rollout_course(r);
    bool promotes = course_has_canaries(c) && terms->keys->promote == PROMOTE_MANUAL;

    if (!course_stages(c))
        return 0;
    if (course_stages(c) > 1 && put_all(r, width, color, text) < 0)
        return fail_memory(why);
    if (put_held(r, terms->held, width, color, text) < 0)
        return fail_memory(why);
    put_forecast(forecast, terms->keys, promotes, text);
    return text_is_cut(text) ? fail_memory(why) : 0;
}

/* ---- JSON ------------------------------------------------------------------------------ */

static struct json *encode_batch(const void *arg, size_t i)
{
    const struct rollout *r = arg;
    size_t count;
    CLEANUP(text_done) char *hosts = fold_batches(r, i, i + 1, &count);
    struct json *doc = json_object();

    if (doc && hosts && json_put_int(doc, "number", (int64_t)i + 1) == 0 &&
        json_put_flag(doc, "canaries",
                      i == 0 && course_has_canaries(rollout_course(r))) == 0 &&
        json_put_int(doc, "nodes", (int64_t)count) == 0 &&
        json_put_text(doc, "hosts", hosts) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *view_batches_json(const struct rollout *r)
{
    const struct course *c = rollout_course(r);

    return json_list(c ? course_stages(c) : 0, encode_batch, r);
}
