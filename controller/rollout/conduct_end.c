/* conduct_end - how a rollout with its operator ends: told, its last word written, closed */
#include <stddef.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/repairs/respite.h"
#include "controller/rollout/account.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/prompt.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "protocol/fail.h"

void conduct_hide_progress(struct conduct *c)
{
    progress_close(c->progress);
    c->progress = NULL;
}

static void on_last_word(void *arg, const struct fail *why)
{
    struct conduct *c = arg;

    if (!why)
        return;
    c->status = screen_fail(why);
}

static bool is_unfinished(const struct conduct *c)
{
    return rollout_in_state(c->rollout, NODE_PLANNED) ||
           rollout_in_state(c->rollout, NODE_PAUSED);
}

/* How the run stands in the journal. */
static const char *last_word(const struct conduct *c)
{
    if (c->is_aborted)
        return "aborted";
    if (!c->went && !c->left)
        return "stopped";
    if (is_unfinished(c))
        return rollout_is_stopped(c->rollout) ? "stopped" : "paused";
    if (!c->outcome.total) /* it had no nodes yet when its controller died */
        return "stopped";
    return rollout_in_state(c->rollout, NODE_FAILED) ||
                   rollout_in_state(c->rollout, NODE_SKIPPED) || c->outcome.failed
               ? "failed"
               : "done";
}

static void close_all(struct conduct *c)
{
    struct fail why;

    if (c->journal && *journal_run_id(c->journal) && !c->status &&
        journal_end(c->journal, last_word(c), on_last_word, c, &why) < 0)
        on_last_word(c, &why);
    if (c->journal)
        journal_close(c->journal, NULL, NULL);
    conduct_tell_ended(c, last_word(c));
    conduct_outlets_close(c);
    conduct_hooks_close(c);
    conduct_scheduler_close(c);
    conduct_check_close(c);
    rollout_close(c->rollout, NULL, NULL);
    c->journal = NULL;
    c->rollout = NULL;
}

static void on_restored(void *arg, const struct fail *why)
{
    struct conduct *c = arg;

    if (why)
        c->trailing_status = screen_fail(why);
    close_all(c);
}

/* Nodes may be in the middle of something, and go on with it; also when a run that was
 * taken up is left as it was.
 */
static bool is_paused(const struct conduct *c)
{
    return c->is_cut_off || (!c->is_aborted && (c->went || c->left) && is_unfinished(c) &&
                             !rollout_is_stopped(c->rollout));
}

/* Who takes up a paused run ends the respite; all other ends are that of the run. */
void conduct_finish(struct conduct *c)
{
    const char *run = c->journal ? journal_run_id(c->journal) : "";
    struct fail why;
    int restoring = 1;

    conduct_hide_progress(c);
    prompt_close(c->prompt);
    c->prompt = NULL;
    c->is_ending = true;
    conduct_listen_no_more(c);
    if (*run && is_paused(c))
        respite_keep(c->command, run);
    else if (*run)
        restoring = respite_end(c->command, run, on_restored, c, &why);
    if (restoring)
        on_restored(c, restoring < 0 ? &why : NULL);
}

void conduct_finish_with(struct conduct *c, const struct fail *why)
{
    conduct_hide_progress(c);
    c->status = screen_fail(why);
    conduct_finish(c);
}

/* ---- counting ------------------------------------------------------------------ */

void conduct_count(struct conduct *c)
{
    c->outcome.total += rollout_count(c->rollout);
    for (size_t i = 0; i < rollout_count(c->rollout); i++)
        outcome_count(&c->outcome, node_why(rollout_node(c->rollout, i)));
    c->outcome.budget = rollout_is_stopped(c->rollout);
    c->outcome.interrupted = (c->went || c->interrupted) && is_unfinished(c) &&
                             !rollout_is_stopped(c->rollout);
}

static void tell_end(struct conduct *c)
{
    struct fail why;

    conduct_hide_progress(c);
    conduct_count(c);
    if (account_result(c->rollout, c->command->options, journal_run_id(c->journal),
                       &why) < 0) {
        conduct_finish_with(c, &why);
        return;
    }
    account_rest(c->rollout, journal_run_id(c->journal));
    conduct_finish(c);
}

void conduct_on_ended(void *arg, const struct fail *broken)
{
    struct conduct *c = arg;

    if (broken) {
        conduct_hide_progress(c);
        if (*journal_run_id(c->journal))
            screen_warn(
                "the journal failed, so nothing more is begun; what the nodes had "
                "begun goes on there; when it is well: ibfleet resume %s",
                journal_run_id(c->journal));
        c->is_cut_off = true;
        conduct_finish_with(c, broken);
        return;
    }
    conduct_hooks_end(c, !is_unfinished(c), tell_end);
}
