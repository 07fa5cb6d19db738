#include "controller/report/follower.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/report/chronicle.h"
#include "controller/report/follow_words.h"
#include "controller/report/mishaps.h"
#include "controller/rollout/account.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/past.h"
#include "controller/rollout/view.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define POLL_MS 500

/* Failures are told together, as far as they come within this time. */
#define FRESH_MS 2000

/* The first look may fall between a controller's last word and its end, or between the
 * beginning of a run and its lock.
 */
#define GONE_LOOKS 2

struct follower {
    struct command *command;
    struct history *history;
    struct chronicle *chronicle;
    struct follow_run run;
    unsigned gone; /* looks in which nobody worked on it, though it has not ended */

    struct progress *progress; /* NULL with --ndjson, and before there are nodes */
    struct progress_options display;
    const char **names;
    struct mishaps *fresh; /* not told yet, where there are lines */
    int64_t fresh_ms;      /* when they were told last */
    struct mishaps *all;   /* for the block's foot; NULL: to be made anew */

    uv_timer_t timer;
    bool is_standing_told, is_over, is_interrupted;
    struct fail why; /* of what ended us before the run; code NONE: nothing did */
};

static bool is_ndjson(const struct follower *f)
{
    return f->command->options->ndjson;
}

/* ---- the display -------------------------------------------------------------------- */

static struct mishaps *mishaps_so_far(struct follower *f)
{
    if (!f->all)
        f->all = follow_mishaps(f->chronicle);
    return f->all;
}

static void put_foot(void *arg, size_t max_lines, struct text *text)
{
    struct follower *f = arg;

    follow_foot(&f->run, mishaps_so_far(f), max_lines, text);
}

static uint64_t ago_ms(int64_t at_ms)
{
    int64_t ago = journal_clock_ms() - at_ms;

    return ago > 0 ? (uint64_t)ago : 0;
}

static void show_node(struct follower *f, size_t i)
{
    const struct chronicle_node *n = chronicle_node(f->chronicle, i);

    progress_set(f->progress, i, (size_t)n->state - 1);
    if (n->stay_count)
        progress_since(f->progress, i, ago_ms(n->stays[n->stay_count - 1].from_ms));
}

static int name_nodes(struct follower *f, struct fail *why)
{
    size_t count = chronicle_count(f->chronicle);
    const char **names = calloc(count + 1, sizeof *names);

    if (!names)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        names[i] = chronicle_node(f->chronicle, i)->name;
    free(f->names);
    f->names = names;
    return 0;
}

/* Lines begin with where it stands; the block shows it. */
static void tell_standing(struct follower *f)
{
    CLEANUP(text_clear) struct text text = {0};

    if (progress_is_block(f->progress) || f->is_standing_told)
        return;
    f->is_standing_told = true;
    follow_standing(&f->run, f->chronicle, &text);
    progress_text(f->progress, &text);
}

/* Of a run that was taken up, the pause says nothing of its pace. */
static int open_display(struct follower *f, struct fail *why)
{
    progress_close(f->progress);
    f->progress = NULL;
    if (name_nodes(f, why) < 0)
        return -1;
    f->display = (struct progress_options){.mode = f->command->options->progress,
                                           .title = "rollout",
                                           .names = f->names,
                                           .count = chronicle_count(f->chronicle),
                                           .states = view_states(),
                                           .state_count = NODE_STATES - 1,
                                           .on_stdout = true,
                                           .foot = put_foot,
                                           .arg = f,
                                           .foot_lines = FOLLOW_FOOT_LINES};
    if (progress_open(f->command->loop, &f->display, &f->progress, why) < 0)
        return -1;
    for (size_t i = 0; i < f->display.count; i++)
        show_node(f, i);
    progress_begun(f->progress, ago_ms(f->run.created_ms), f->run.epoch > 1);
    return 0;
}

static int on_grown(void *arg, struct fail *why)
{
    struct follower *f = arg;

    return is_ndjson(f) ? 0 : open_display(f, why);
}

static int print_event(struct follower *f, const struct history_move *m, struct fail *why)
{
    CLEANUP(json_done) struct json *event = NULL;
    const struct view_move words = {.run = f->run.id,
                                    .node = m->node,
                                    .from = m->from,
                                    .to = m->to,
                                    .code = m->code,
                                    .reason = m->reason};

    event = view_encode_move(&words);
    return event ? screen_ndjson(event, why) : fail_memory(why);
}

static int on_moved(void *arg, size_t i, const struct history_move *m, struct fail *why)
{
    const struct chronicle_node *n;
    struct follower *f = arg;

    if (is_ndjson(f))
        return print_event(f, m, why);
    show_node(f, i);
    n = chronicle_node(f->chronicle, i);
    if (n->state != NODE_FAILED)
        return 0;
    return mishaps_add(f->fresh, n->name, n->code, n->reason, m->at_ms, why);
}

/* The block has them in its foot, and the end tells of all. */
static int tell_fresh(struct follower *f, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    if (!mishaps_count(f->fresh) || ago_ms(f->fresh_ms) < FRESH_MS)
        return 0;
    f->fresh_ms = journal_clock_ms();
    if (!f->is_over && !progress_is_block(f->progress)) {
        follow_failures(f->fresh, &text);
        progress_text(f->progress, &text);
    }
    mishaps_free(f->fresh);
    f->fresh = mishaps_new();
    return f->fresh ? 0 : fail_memory(why);
}

/* ---- looking ------------------------------------------------------------------------- */

static int keep_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct follower *f = arg;

    if (strcmp(run->kind, "rollout") != 0)
        return fail_set(why, FAIL_USAGE,
                        "run %s is no rollout but '%s', and cannot be followed: ibfleet "
                        "status %s",
                        run->id, run->kind, run->id);
    return follow_run_keep(&f->run, run, why);
}

/* What its controller wrote before its last word is there when that is. */
static int look(struct follower *f, struct fail *why)
{
    static const struct chronicle_hooks hooks = {.grown = on_grown, .moved = on_moved};
    int is_news = history_is_news(f->history, why);

    if (is_news < 0 || history_run_brief(f->history, f->run.id, keep_run, f, why) < 0)
        return -1;
    if (is_news || !f->run.is_open) {
        mishaps_free(f->all);
        f->all = NULL;
        if (chronicle_read(f->chronicle, f->history, f->run.id, &hooks, f, why) < 0)
            return -1;
    }
    f->gone = f->run.is_open && !f->run.is_live ? f->gone + 1 : 0;
    f->is_over = !f->run.is_open || f->gone >= GONE_LOOKS || screen_is_closed();
    if (f->progress && !f->is_over)
        tell_standing(f);
    return tell_fresh(f, why);
}

/* ---- the end -------------------------------------------------------------------------- */

static void end(struct follower *f)
{
    progress_close(f->progress);
    f->progress = NULL;
    if (!uv_is_closing((uv_handle_t *)&f->timer))
        uv_close((uv_handle_t *)&f->timer, NULL);
}

static void on_look(uv_timer_t *timer)
{
    struct follower *f = timer->data;

    if (look(f, &f->why) < 0)
        f->is_over = true;
    else
        f->why.code = FAIL_NONE;
    if (f->is_over)
        end(f);
}

static void on_interrupt(void *arg, unsigned nth)
{
    struct follower *f = arg;

    (void)nth;
    f->is_interrupted = true;
    end(f);
}

static void tell_end(struct follower *f)
{
    CLEANUP(text_clear) struct text text = {0};
    struct mishaps *all = mishaps_so_far(f);

    if (!is_ndjson(f)) {
        follow_end(&f->run, f->chronicle, all, &text);
        screen_out(&text);
    }
    if (f->run.is_open)
        screen_warn("the controller of run %s, %s, is gone without a last word; what the "
                    "nodes had begun goes on there",
                    f->run.id, f->run.controller);
    account_next(f->run.id, follow_is_unfinished(f->chronicle),
                 all ? mishaps_nodes(all) : 0);
}

static int status_of(struct follower *f)
{
    if (f->why.code != FAIL_NONE)
        return screen_fail(&f->why);
    if (f->is_interrupted)
        screen_warn("run %s goes on without being looked at; again: ibfleet status %s "
                    "--follow",
                    f->run.id, f->run.id);
    if (f->is_interrupted || !f->is_over || (f->run.is_open && screen_is_closed()))
        return EXIT_INTERRUPTED;
    tell_end(f);
    return follow_status(&f->run, f->chronicle);
}

/* ---- the beginning -------------------------------------------------------------------- */

static int open_all(struct follower *f, const char *run, struct fail *why)
{
    struct fail missing;

    f->chronicle = chronicle_new();
    f->fresh = mishaps_new();
    if (!f->chronicle || !f->fresh)
        return fail_memory(why);
    if (past_open(f->command, &f->history, why) < 0)
        return -1;
    if (run)
        return history_run_brief(f->history, run, keep_run, f, why);
    if (history_run_latest(f->history, "rollout", keep_run, f, &missing) == 0)
        return 0;
    *why = missing;
    if (missing.code == FAIL_NO_SUCH_RUN)
        fail_set(why, missing.code, "%s: a run is followed once it has begun",
                 missing.text);
    return -1;
}

static int begin(struct follower *f, const char *run, struct fail *why)
{
    if (open_all(f, run, why) < 0 ||
        command_watch(f->command, on_interrupt, f, why) < 0 || look(f, why) < 0)
        return -1;
    uv_timer_init(f->command->loop, &f->timer);
    f->timer.data = f;
    uv_timer_start(&f->timer, on_look, POLL_MS, POLL_MS);
    if (f->is_over)
        end(f);
    return 0;
}

static void follower_done(struct follower *f)
{
    progress_close(f->progress);
    uv_run(f->command->loop, UV_RUN_DEFAULT);
    history_close(f->history);
    chronicle_free(f->chronicle);
    mishaps_free(f->fresh);
    mishaps_free(f->all);
    follow_run_clear(&f->run);
    free(f->names);
}

int follower_run(struct command *c, const char *run)
{
    CLEANUP(follower_done) struct follower f = {.command = c};
    struct fail why;

    if (begin(&f, run, &why) < 0) {
        progress_close(f.progress);
        f.progress = NULL;
        return screen_fail(&why);
    }
    uv_run(c->loop, UV_RUN_DEFAULT);
    return status_of(&f);
}
