#include "controller/report/follow_words.h"

#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/outcome.h"
#include "controller/report/chronicle.h"
#include "controller/report/mishaps.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/past.h"
#include "controller/screen/advice.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"

/* ---- the run ------------------------------------------------------------------------- */

void follow_run_clear(struct follow_run *run)
{
    free(run->id);
    free(run->state);
    free(run->controller);
    free(run->user);
    *run = (struct follow_run){0};
}

int follow_run_keep(struct follow_run *kept, const struct history_run *run,
                    struct fail *why)
{
    struct follow_run made = {.id = strdup(run->id),
                              .state = strdup(past_state_of(run)),
                              .controller = strdup(run->controller),
                              .user = strdup(run->user),
                              .created_ms = run->created_ms,
                              .ended_ms = run->ended_ms,
                              .epoch = run->epoch,
                              .is_open = strcmp(run->state, "running") == 0,
                              .is_live = run->live};

    if (!made.id || !made.state || !made.controller || !made.user) {
        follow_run_clear(&made);
        return fail_memory(why);
    }
    follow_run_clear(kept);
    *kept = made;
    return 0;
}

/* ---- nodes --------------------------------------------------------------------------- */

struct mishaps *follow_mishaps(const struct chronicle *c)
{
    struct mishaps *m = mishaps_new();

    for (size_t i = 0; m && i < chronicle_count(c); i++) {
        const struct chronicle_node *n = chronicle_node(c, i);

        if (n->state == NODE_FAILED &&
            mishaps_add(m, n->name, n->code, n->reason,
                        n->stays[n->stay_count - 1].from_ms, NULL) < 0) {
            mishaps_free(m);
            return NULL;
        }
    }
    if (m)
        mishaps_sort(m, MISHAPS_LATEST_FIRST);
    return m;
}

bool follow_is_unfinished(const struct chronicle *c)
{
    for (size_t i = 0; i < chronicle_count(c); i++) {
        enum node_state state = (enum node_state)chronicle_node(c, i)->state;

        if (!node_state_is_end(state) || state == NODE_PAUSED)
            return true;
    }
    return false;
}

/* ---- words ---------------------------------------------------------------------------- */

void follow_foot(const struct follow_run *run, struct mishaps *failed, size_t max_lines,
                 struct text *text)
{
    size_t kinds = failed ? mishaps_count(failed) : 0, room = max_lines - 1;

    text_add(text, "  run      %s of %s, on %s\n", run->id, run->user, run->controller);
    for (size_t i = 0; i < kinds && i < room; i++) {
        bool is_rest = i + 1 == room && kinds > room;

        text_add(text, "  %s  ", i ? "       " : "failed ");
        if (is_rest)
            text_add(text, "and %zu more kinds: ibfleet status %s", kinds - i, run->id);
        else
            mishaps_add_line(failed, i, text);
        text_add(text, "\n");
    }
}

static void add_counts(const struct chronicle *c, struct text *text)
{
    size_t counts[NODE_STATES] = {0};
    const char *comma = "";

    for (size_t i = 0; i < chronicle_count(c); i++)
        counts[chronicle_node(c, i)->state]++;
    for (int s = NODE_STATES - 1; s > 0; s--) {
        if (counts[s])
            text_add(text, "%s%zu %s", comma, counts[s],
                     node_state_name((enum node_state)s));
        comma = counts[s] ? ", " : comma;
    }
}

void follow_standing(const struct follow_run *run, const struct chronicle *c,
                     struct text *text)
{
    text_add(text, "rollout: run %s of %s, on %s: ", run->id, run->user, run->controller);
    add_counts(c, text);
    text_add(text, "\n");
}

void follow_failures(struct mishaps *failed, struct text *text)
{
    mishaps_sort(failed, MISHAPS_MOST_FIRST);
    for (size_t i = 0; i < mishaps_count(failed); i++) {
        text_add(text, "rollout: failed: ");
        mishaps_add_line(failed, i, text);
        text_add(text, "\n");
    }
}

/* As trouble.h has it. */
static void add_mishap(struct mishaps *failed, size_t i, struct text *text)
{
    const struct mishap *one = mishaps_at(failed, i);
    const char *advice = advice_of(one->code);

    mishaps_add_head(failed, i, text);
    text_add(text, "\n");
    if (*one->reason) {
        text_add(text, "    ");
        escape_add(text, one->reason);
        text_add(text, "%s\n", one->alike ? "" : " ...");
    }
    if (advice)
        text_add(text, "    -> %s\n", advice);
}

void follow_end(const struct follow_run *run, const struct chronicle *c,
                struct mishaps *failed, struct text *text)
{
    const struct history_run span = {.created_ms = run->created_ms,
                                     .ended_ms = run->ended_ms};
    char took[PAST_TOOK_BYTES];

    for (size_t i = 0; failed && i < mishaps_count(failed); i++)
        add_mishap(failed, i, text);
    past_format_took(&span, took);
    text_add(text, "run %s: %s%s%s: ", run->id, run->state,
             run->ended_ms ? " after " : "", run->ended_ms ? took : "");
    add_counts(c, text);
    text_add(text, "\n");
}

/* "stopped" is the last word of a failure budget, but also of an operator who thought
 * better of it before any node was changed.
 */
int follow_status(const struct follow_run *run, const struct chronicle *c)
{
    struct outcome o = {.total = chronicle_count(c)};

    for (size_t i = 0; i < chronicle_count(c); i++) {
        const struct fail why = {.code = chronicle_node(c, i)->code};

        outcome_count(&o, &why);
    }
    o.budget =
        strcmp(run->state, "stopped") == 0 && (o.failed || o.unreached || o.claimed);
    o.interrupted = run->is_open || strcmp(run->state, "paused") == 0 ||
                    (strcmp(run->state, "stopped") == 0 && !o.budget);
    return outcome_status(&o);
}
