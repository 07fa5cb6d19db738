/* One struct parley per command, on the stack.  The loop ends when journal and display
 * are closed, which finish() begins; the deed itself goes after that, with the arm's calls
 * where it was paused.
 */
#include "controller/deed/deed_parley.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/deed/deed.h"
#include "controller/deed/deed_account.h"
#include "controller/deed/deed_log.h"
#include "controller/deed/deed_view.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/rollout/invocation.h"
#include "controller/rollout/prompt.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/census.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct parley {
    struct command *command;
    const struct deed_order *order;
    const struct deed_log *log; /* NULL: a new run */
    const char *run;            /* likewise        */
    struct arm *arm;
    struct journal *journal; /* NULL with --plan */
    struct deed *deed;       /* NULL until it goes */
    struct progress *progress;
    struct progress_options display;
    struct prompt *prompt;
    bool went, interrupted;
    struct outcome outcome;
    int status; /* of what ended it before its time; 0: the outcome's */
};

static const struct options *options_of(const struct parley *p)
{
    return p->command->options;
}

/* ---- the display -------------------------------------------------------------------- */

static int show_progress(struct parley *p, struct fail *why)
{
    p->display = (struct progress_options){.mode = options_of(p)->progress,
                                           .title = p->order->kind->name,
                                           .names = p->order->nodes,
                                           .count = p->order->node_count,
                                           .states = deed_view_states(),
                                           .state_count = DEED_STATES - 1};
    if (progress_open(p->command->loop, &p->display, &p->progress, why) < 0)
        return -1;
    for (size_t i = 0; i < deed_count(p->deed); i++) {
        struct deed_standing s;

        deed_look_at(p->deed, i, &s);
        progress_set(p->progress, i, s.state - 1u);
    }
    return 0;
}

static void hide_progress(struct parley *p)
{
    progress_close(p->progress);
    p->progress = NULL;
}

/* ---- the end ------------------------------------------------------------------------ */

static void on_last_word(void *arg, const struct fail *why)
{
    struct parley *p = arg;

    if (why)
        p->status = screen_fail(why);
}

/* How the run stands in the journal. */
static const char *last_word(const struct parley *p)
{
    if (deed_ended(p->deed) < p->order->node_count)
        return p->interrupted ? "paused" : "stopped";
    return deed_in_state(p->deed, DEED_FAILED) ? "failed" : "done";
}

static void finish(struct parley *p)
{
    struct fail why;

    hide_progress(p);
    prompt_close(p->prompt);
    p->prompt = NULL;
    if (p->went && !p->status &&
        journal_end(p->journal, last_word(p), on_last_word, p, &why) < 0)
        on_last_word(p, &why);
    if (p->journal)
        journal_close(p->journal, NULL, NULL);
    p->journal = NULL;
    census_close(p->command->census);
}

static void finish_with(struct parley *p, const struct fail *why)
{
    hide_progress(p);
    p->status = screen_fail(why);
    finish(p);
}

/* ---- counting ----------------------------------------------------------------------- */

static void count(struct parley *p)
{
    p->outcome.total = deed_count(p->deed);
    for (size_t i = 0; i < deed_count(p->deed); i++) {
        struct deed_standing s;

        deed_look_at(p->deed, i, &s);
        if (s.why && fail_kind_of(s.why->code) == FAIL_KIND_HERE)
            p->outcome.our_fault = true;
        else
            p->outcome.failed += s.why != NULL;
    }
    p->outcome.budget = deed_is_spent(p->deed);
    p->outcome.interrupted = p->interrupted && deed_ended(p->deed) < p->order->node_count;
}

static void on_end(void *arg, const struct fail *broken)
{
    struct parley *p = arg;
    const char *run = journal_run_id(p->journal);
    struct fail why;

    hide_progress(p);
    if (broken) {
        screen_warn(
            "the journal failed, so nothing more is begun; what was begun goes on at "
            "Azure; when the journal is well: ibfleet azure resume %s",
            run);
        finish_with(p, broken);
        return;
    }
    count(p);
    if (deed_account_result(p->deed, p->order, options_of(p), run, &why) < 0) {
        finish_with(p, &why);
        return;
    }
    deed_account_rest(p->deed, run);
    finish(p);
}

static void on_change(void *arg, const char *node, enum deed_state state,
                      const struct fail *why)
{
    struct parley *p = arg;

    (void)why;
    for (size_t i = 0; p->progress && i < p->order->node_count; i++)
        if (p->order->nodes[i] == node)
            progress_set(p->progress, i, state - 1u);
}

static const struct deed_hooks hooks = {on_change, on_end};

/* ---- acting ------------------------------------------------------------------------- */

static int begin_run(struct parley *p, struct fail *why)
{
    CLEANUP(text_done) char *argv = invocation_print_argv(options_of(p));
    CLEANUP(text_done) char *folder = getcwd(NULL, 0);
    CLEANUP(text_done)
    char *given = invocation_print(options_of(p), command_fleet_file(p->command));
    CLEANUP(json_done) struct json *doc = NULL;
    const struct passwd *me = getpwuid(getuid());
    struct deed_log_words words = {.argv = argv,
                                   .folder = folder ? folder : "",
                                   .user = me ? me->pw_name : "unknown"};

    if (!argv || !given || json_parse(given, strlen(given), &doc, NULL) < 0)
        return fail_memory(why);
    words.given = doc;
    return deed_log_begin(p->journal, p->order, &words, why);
}

static int take_run(struct parley *p, struct fail *why)
{
    if (journal_take(p->journal, p->run, why) < 0)
        return -1;
    if (journal_epoch(p->journal) == p->log->epoch + 1)
        return 0;
    return fail_set(
        why, FAIL_CLAIMED,
        "run %s was worked on by another controller just now: look with ibfleet "
        "status, then try again",
        p->run);
}

static int begin(struct parley *p, struct fail *why)
{
    if ((p->log ? take_run(p, why) : begin_run(p, why)) < 0)
        return -1;
    if (deed_new(p->command->loop, p->arm, p->journal, p->order, &hooks, p, &p->deed,
                 why) < 0)
        return -1;
    return show_progress(p, why);
}

static void go(struct parley *p)
{
    struct fail why;

    if (begin(p, &why) < 0) {
        finish_with(p, &why);
        return;
    }
    p->went = true;
    progress_line(p->progress, "run %s", journal_run_id(p->journal));
    deed_go(p->deed);
}

static void stop_unchanged(struct parley *p)
{
    screen_warn("nothing was changed%s%s",
                p->run ? "; go on with: ibfleet azure resume " : "",
                p->run ? p->run : "");
    p->outcome.interrupted = true;
    finish(p);
}

static void on_answer(void *arg, bool yes)
{
    struct parley *p = arg;

    prompt_close(p->prompt);
    p->prompt = NULL;
    if (yes)
        go(p);
    else
        stop_unchanged(p);
}

static void ask(struct parley *p)
{
    CLEANUP(text_clear) struct text text = {0};
    size_t n = deed_count_left(p->order);
    struct fail why;

    if (prompt_open(p->command->loop, on_answer, p, &p->prompt, &why) < 0) {
        finish_with(p, &why);
        return;
    }
    text_add(&text, "\n%s %zu instance%s? [y/N] ", p->log ? "Go on with" : "Do that to",
             n, n == 1 ? "" : "s");
    screen_err(&text);
}

/* ---- the operator ------------------------------------------------------------------- */

/* The first one lets what is under way end; the second leaves it to Azure. */
static void on_interrupt(void *arg, unsigned nth)
{
    struct parley *p = arg;

    if (!p->journal)
        return;
    p->interrupted = true;
    if (p->prompt) {
        screen_err(&(struct text){.bytes = (char[]){"\n"}, .len_bytes = 1});
        stop_unchanged(p);
    } else if (p->went && nth > 1)
        deed_pause(p->deed);
    else if (p->went) {
        deed_hold(p->deed);
        progress_line(p->progress,
                      "%zu not begun: nothing new is begun; Ctrl-C once more leaves what "
                      "is under way to Azure",
                      deed_in_state(p->deed, DEED_TODO));
    }
}

/* ---- the beginning ------------------------------------------------------------------ */

/* Nobody is to be asked. */
static bool is_agreed(const struct parley *p)
{
    return options_of(p)->yes || p->order->is_agreed;
}

static int check_operator(const struct parley *p, struct fail *why)
{
    const struct options *o = options_of(p);

    if (o->plan || is_agreed(p) || prompt_is_possible())
        return 0;
    return fail_set(
        why, FAIL_USAGE,
        "nobody to ask on stdin: --yes does it unasked, --plan only says what "
        "would be done");
}

static int prepare(struct parley *p, struct fail *why)
{
    const char *folder;

    if (check_operator(p, why) < 0 ||
        (!p->order->is_agreed &&
         deed_account_plan(p->order, options_of(p), p->run, why) < 0))
        return -1;
    if (options_of(p)->plan)
        return 0;
    if (census_arm(p->command->census, &p->arm, why) < 0 ||
        command_state(p->command, &folder, why) < 0 ||
        journal_open(p->command->loop, folder, &p->journal, why) < 0)
        return -1;
    return command_watch(p->command, on_interrupt, p, why);
}

static void run_loop(struct parley *p)
{
    uv_run(p->command->loop, UV_RUN_DEFAULT);
    deed_free(p->deed);
    p->deed = NULL;
    uv_run(p->command->loop, UV_RUN_DEFAULT);
}

int deed_parley(struct command *c, const struct deed_order *order, const char *run,
                const struct deed_log *log)
{
    struct parley p = {.command = c, .order = order, .run = run, .log = log};
    struct fail why;

    if (prepare(&p, &why) < 0)
        finish_with(&p, &why);
    else if (options_of(&p)->plan)
        return EXIT_WELL;
    else if (is_agreed(&p) || !deed_count_left(order))
        go(&p);
    else
        ask(&p);
    run_loop(&p);
    return p.status ? p.status : (int)outcome_status(&p.outcome);
}
