/* One struct conduct per command, on the stack of conduct().  The loop ends when the
 * rollout, the journal and the progress display are closed, which conduct_finish() begins.
 */
#include "controller/rollout/conduct.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/catalog_file.h"
#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/repairs/respite.h"
#include "controller/rollout/account.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/course.h"
#include "controller/rollout/invocation.h"
#include "controller/rollout/news.h"
#include "controller/rollout/node.h"
#include "controller/rollout/prompt.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/takeup.h"
#include "controller/rollout/view.h"
#include "controller/rollout/view_batches.h"
#include "controller/screen/escape.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "inventory/catalog.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const struct options *options_of(const struct conduct *c)
{
    return c->command->options;
}

static int show_progress(struct conduct *c, struct fail *why)
{
    if (command_progress(c->command, "rollout", view_states(), NODE_STATES - 1,
                         &c->progress, why) < 0)
        return -1;
    for (size_t i = 0; i < rollout_count(c->rollout); i++)
        progress_set(c->progress, i, node_where(rollout_node(c->rollout, i)) - 1u);
    return 0;
}

/* ---- acting -------------------------------------------------------------------- */

static int begin_run(struct conduct *c, struct fail *why)
{
    CLEANUP(text_done) char *argv = invocation_print_argv(options_of(c));
    CLEANUP(text_done) char *folder = getcwd(NULL, 0);
    CLEANUP(text_done)
    char *plan = invocation_print(options_of(c), command_fleet_file(c->command));
    const struct journal_run run = {.kind = "rollout",
                                    .argv = argv,
                                    .folder = folder ? folder : "",
                                    .plan = plan,
                                    .user = c->user};

    if (!argv || !plan)
        return fail_memory(why);
    return journal_begin(c->journal, &run, why) < 0
               ? -1
               : conduct_name_run(c, journal_run_id(c->journal), why);
}

static void stop_unchanged(struct conduct *c)
{
    screen_warn("nothing was changed%s%s", c->left ? "; go on with: ibfleet resume " : "",
                c->left ? journal_run_id(c->journal) : "");
    c->outcome.interrupted = true;
    conduct_finish(c);
}

static void set_out(struct conduct *c)
{
    struct fail why;

    if (show_progress(c, &why) < 0 || conduct_listen(c, &why) < 0) {
        conduct_finish_with(c, &why);
        return;
    }
    c->went = true;
    conduct_tell_begun(c);
    c->claim = (struct node_claim){.run = journal_run_id(c->journal),
                                   .controller = c->host,
                                   .user = c->user,
                                   .epoch = journal_epoch(c->journal),
                                   .from = options_of(c)->take_over};
    progress_line(c->progress, "run %s", c->claim.run);
    rollout_go(c->rollout, c->journal, &c->claim);
}

static void on_suspended(void *arg, const struct fail *why)
{
    struct conduct *c = arg;

    c->is_suspending = false;
    if (why)
        conduct_finish_with(c, why);
    else if (c->interrupted)
        stop_unchanged(c);
    else
        set_out(c);
}

/* No node is touched before Azure would leave it alone. */
static void go(struct conduct *c)
{
    struct fail why;
    int suspending = -1;

    if (c->left || begin_run(c, &why) == 0)
        suspending =
            respite_begin(c->command, journal_run_id(c->journal), on_suspended, c, &why);
    c->is_suspending = suspending == 0;
    if (suspending > 0)
        set_out(c);
    else if (suspending < 0)
        conduct_finish_with(c, &why);
}

static void on_answer(void *arg, bool yes)
{
    struct conduct *c = arg;

    prompt_close(c->prompt);
    c->prompt = NULL;
    if (yes)
        go(c);
    else
        stop_unchanged(c);
}

static void ask(struct conduct *c)
{
    CLEANUP(text_clear) struct text text = {0};
    size_t n = rollout_in_state(c->rollout, NODE_PLANNED);
    size_t window = terms_of(c->terms)->keys->window;
    struct fail why;

    if (prompt_open(c->command->loop, on_answer, c, &c->prompt, &why) < 0) {
        conduct_finish_with(c, &why);
        return;
    }
    text_add(&text, "\nChange %zu node%s, %zu at once", n, n == 1 ? "" : "s",
             window < n ? window : n);
    if (options_of(c)->take_over) {
        text_add(&text, ", also what run ");
        escape_add(&text, options_of(c)->take_over);
        text_add(&text, " has claimed");
    }
    text_add(&text, "? [y/N] ");
    screen_err(&text);
}

static void on_planned(void *arg)
{
    struct conduct *c = arg;

    c->is_probed = true;
    if (conduct_scheduler_is_ready(c))
        conduct_go_on(c);
}

static void wants(void *arg, size_t i, enum node_state state)
{
    if (state == NODE_CHECKING)
        conduct_check(arg, i);
    else
        conduct_wants(arg, i, state);
}

/* Nodes and scheduler were looked at. */
void conduct_go_on(struct conduct *c)
{
    struct forecast forecast;
    struct fail why;

    if (!c->is_probed || c->is_ending)
        return;
    conduct_hide_progress(c);
    terms_set_seen(c->terms, conduct_seen(c));
    if (c->interrupted) {
        stop_unchanged(c);
        return;
    }
    conduct_keep_to_plan(c);
    if (rollout_arrange(c->rollout, terms_of(c->terms), &why) < 0) {
        conduct_finish_with(c, &why);
        return;
    }
    conduct_foresee(c, &forecast);
    if (account_plan(c->rollout, options_of(c), terms_of(c->terms), &forecast, &why) <
            0 ||
        conduct_write_plan(c, &forecast, &why) < 0)
        conduct_finish_with(c, &why);
    else if (options_of(c)->plan) {
        conduct_count(c);
        conduct_finish(c);
    } else if (options_of(c)->yes || c->is_aborted ||
               !rollout_in_state(c->rollout, NODE_PLANNED))
        go(c);
    else
        ask(c);
}

/* Takes the event; NULL: there was no memory for one. */
static void print_event(struct conduct *c, struct json *event)
{
    if (!event || screen_ndjson(event, NULL) < 0)
        c->status = EXIT_OUR_FAULT;
    json_free(event);
}

static const char *run_of(const struct conduct *c)
{
    return c->journal ? journal_run_id(c->journal) : "";
}

static void on_moved(void *arg, size_t i, const struct node_move *move)
{
    struct conduct *c = arg;

    if (c->progress)
        progress_set(c->progress, i, move->to - 1u);
    conduct_tell_moved(c);
    if (options_of(c)->ndjson)
        print_event(c, view_event(c->rollout, i, move, run_of(c)));
}

static void on_heard(void *arg, size_t i, const struct news *news)
{
    struct conduct *c = arg;

    if (c->progress)
        progress_part(c->progress, i, news->step, news->line);
    if (options_of(c)->ndjson && news->state)
        print_event(c, view_news(c->rollout, i, news, run_of(c)));
}

static bool may_begin_batch(void *arg, size_t batch)
{
    struct conduct *c = arg;

    if (conduct_check_holds(c) || !conduct_may_begin_batch(c, batch))
        return false;
    if ((long)batch > c->batch)
        conduct_tell_batch(c, batch);
    c->batch = (long)batch;
    return true;
}

static void on_node_ended(void *arg, size_t i)
{
    conduct_tell_node(arg, i);
    conduct_node_ended(arg, i);
}

/* A run of one batch need not say so; what stopped it is told with the result, too. */
static void show_happening(const struct conduct *c, const char *word, const char *text)
{
    bool is_batch = strcmp(word, "batch") == 0;

    if (!c->progress || (is_batch && course_stages(rollout_course(c->rollout)) < 2))
        return;
    if (is_batch)
        progress_line(c->progress, "%s", text);
    else
        progress_line(c->progress, "%s: %s", word, text);
}

static void on_happened(void *arg, const char *word, const char *text)
{
    struct conduct *c = arg;

    if (strcmp(word, "stopped") == 0 || strcmp(word, "waits") == 0)
        conduct_tell_why(c, strcmp(word, "stopped") == 0, text);
    show_happening(c, word, text);
    if (options_of(c)->ndjson)
        print_event(c, view_happening(run_of(c), word, text));
}

static const struct rollout_hooks hooks = {.moved = on_moved,
                                           .happened = on_happened,
                                           .wants = wants,
                                           .found = conduct_found,
                                           .may_begin_batch = may_begin_batch,
                                           .may_begin_node = conduct_may_begin_node,
                                           .node_ended = on_node_ended,
                                           .heard = on_heard,
                                           .turned = conduct_check_look,
                                           .planned = on_planned,
                                           .ended = conduct_on_ended};

/* ---- the operator -------------------------------------------------------------- */

static size_t count_under_way(const struct conduct *c)
{
    size_t n = 0;

    for (int s = NODE_CLAIMING; s <= NODE_GIVING_UP; s++)
        n += rollout_in_state(c->rollout, (enum node_state)s);
    return n;
}

/* Before anything has changed the first one ends it; later the second pauses. */
static void on_interrupt(void *arg, unsigned nth)
{
    struct conduct *c = arg;

    if (!c->rollout || c->is_ending)
        return;
    c->interrupted = true;
    if (c->is_suspending) {
        screen_warn("nothing is begun; waiting for Azure to suspend automatic repairs");
        return;
    }
    if (c->prompt) {
        screen_err(&(struct text){.bytes = (char[]){"\n"}, .len_bytes = 1});
        stop_unchanged(c);
    } else if (!c->went || nth > 1)
        rollout_pause(c->rollout);
    else {
        rollout_hold(c->rollout);
        progress_line(c->progress,
                      "%zu under way, %zu not begun: nothing new is begun; Ctrl-C once "
                      "more pauses",
                      count_under_way(c), rollout_in_state(c->rollout, NODE_PLANNED));
    }
}

/* ---- the beginning ------------------------------------------------------------- */

static void set_names(struct conduct *c)
{
    const struct passwd *me = getpwuid(getuid());

    if (gethostname(c->host, sizeof c->host - 1) < 0 || !*c->host)
        strcpy(c->host, "unknown");
    snprintf(c->user, sizeof c->user, "%s", me ? me->pw_name : "unknown");
}

static int check_operator(const struct conduct *c, struct fail *why)
{
    const struct options *o = options_of(c);
    bool is_nothing = c->left && !takeup_count(c->left);

    if (o->plan || o->yes || is_nothing || c->is_aborted || prompt_is_possible())
        return 0;
    return fail_set(
        why, FAIL_USAGE,
        "nobody to ask on stdin: --yes does it unasked, --plan only says what "
        "would be done");
}

static int open_journal(struct conduct *c, const char *run, struct fail *why)
{
    const char *folder;

    if (options_of(c)->plan)
        return 0;
    if (command_state(c->command, &folder, why) < 0 ||
        journal_open(c->command->loop, folder, &c->journal, why) < 0)
        return -1;
    return run ? takeup_begin(c->left, c->journal, run, why) : 0;
}

/* 0: as usual. */
static uint64_t given_ms(int option_s)
{
    return option_s == OPTION_UNSET ? 0 : 1000u * (uint64_t)option_s;
}

static int open_rollout(struct conduct *c, struct fail *why)
{
    const struct options *o = options_of(c);
    const struct fleet_policy *keys = terms_of(c->terms)->keys;

    c->crew.loop = c->command->loop;
    c->crew.soak_ms = keys->soak_ms;
    c->crew.on_failure = keys->on_failure;
    c->crew.legs = keys->soak_ms ? NODE_LEG_SOAK : 0;
    if (keys->fabric_check)
        c->crew.legs |= NODE_LEG_CHECK;
    if (conduct_has_scheduler(keys))
        c->crew.legs |= NODE_LEG_STAGE | NODE_LEG_DRAIN;
    c->crew.deadlines =
        (struct deadlines){.answer_ms = given_ms(o->timeout_s),
                           .install_ms = given_ms(o->install_timeout_s),
                           .reboot_ms = given_ms(o->reboot_timeout_s),
                           .drain_ms = conduct_has_scheduler(keys) ? keys->drain_ms : 0,
                           .check_ms = keys->fabric_check ? DEADLINE_CHECK_MS : 0,
                           .soak_ms = keys->soak_ms};
    if (command_pool(c->command, &c->crew.pool, why) < 0)
        return -1;
    c->rollout =
        rollout_new(&c->crew, c->command->nodes, c->command->node_count, &hooks, c);
    if (!c->rollout)
        return fail_memory(why);
    if (!c->left)
        return 0;
    c->outcome = *takeup_ended(c->left);
    rollout_take_up(c->rollout, c->journal);
    return takeup_apply(c->left, c->rollout, why);
}

/* One for the whole run; what is wrong with it is known before any node is reached. */
static int set_aim(struct conduct *c, struct fail *why)
{
    const struct options *o = options_of(c);

    if (catalog_file_load(o->catalog, &c->catalog, why) < 0)
        return -1;
    c->crew.aim = (struct dossier_aim){.catalog = c->catalog,
                                       .remove = o->remove,
                                       .reboots_elsewhere =
                                           terms_of(c->terms)->keys->reboot_by_scheduler,
                                       .back = o->rollback};
    return 0;
}

static int prepare(struct conduct *c, const char *run, struct fail *why)
{
    set_names(c);
    if (check_operator(c, why) < 0 ||
        terms_new(c->command, c->left, &c->terms, why) < 0 || set_aim(c, why) < 0 ||
        conduct_hooks_open(c, terms_of(c->terms)->keys, why) < 0 ||
        conduct_outlets_open(c, terms_of(c->terms)->keys, why) < 0 ||
        conduct_scheduler_open(c, run, why) < 0 || conduct_check_open(c, why) < 0 ||
        open_journal(c, run, why) < 0 || open_rollout(c, why) < 0 ||
        show_progress(c, why) < 0)
        return -1;
    return command_watch(c->command, on_interrupt, c, why);
}

/* What was opened before something else could not be. */
static int abandon(struct conduct *c, const struct fail *why)
{
    conduct_hide_progress(c);
    if (c->rollout)
        rollout_close(c->rollout, NULL, NULL);
    if (c->journal)
        journal_close(c->journal, NULL, NULL);
    c->rollout = NULL;
    conduct_hooks_close(c);
    conduct_outlets_close(c);
    conduct_scheduler_close(c);
    conduct_check_close(c);
    uv_run(c->command->loop, UV_RUN_DEFAULT);
    return screen_fail(why);
}

static void conduct_done(struct conduct *c)
{
    terms_free(c->terms);
    catalog_free(c->catalog);
}

int conduct(struct command *command, const char *run, const struct takeup *left,
            const struct plan_file *agreed)
{
    CLEANUP(conduct_done)
    struct conduct c = {.command = command,
                        .left = left,
                        .agreed = agreed,
                        .batch = -1,
                        .is_aborted = command->options->command == COMMAND_ABORT};
    struct fail why;

    if (prepare(&c, run, &why) < 0)
        return abandon(&c, &why);
    rollout_probe(c.rollout);
    uv_run(command->loop, UV_RUN_DEFAULT);
    if (c.status)
        return c.status;
    return c.trailing_status ? c.trailing_status : (int)outcome_status(&c.outcome);
}
