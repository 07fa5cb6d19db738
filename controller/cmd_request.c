/* ibfleet promote, pause, abort - what the controller of a run is to do, from another terminal
 *
 * They write into the journal, which the controller looks at once a second.  A run whose
 * controller is gone cannot be paused; promote waits for who resumes it; abort takes it up, so
 * that what had begun comes to its end and is given back.
 */

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/journal/request.h"
#include "controller/options.h"
#include "controller/rollout/past.h"
#include "controller/screen/escape.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct asked {
    char run[JOURNAL_RUN_ID_BYTES], state[24], controller[320];
    bool is_rollout, is_live;
    size_t live; /* how many runs are */
};

static void keep(struct asked *a, const struct history_run *run)
{
    snprintf(a->run, sizeof a->run, "%s", run->id);
    snprintf(a->state, sizeof a->state, "%s", past_state_of(run));
    snprintf(a->controller, sizeof a->controller, "%s", run->controller);
    a->is_rollout = strcmp(run->kind, "rollout") == 0;
    a->is_live = run->live;
}

static int keep_named(void *arg, const struct history_run *run, struct fail *why)
{
    (void)why;
    keep(arg, run);
    return 0;
}

static int keep_live(void *arg, const struct history_run *run, struct fail *why)
{
    struct asked *a = arg;

    (void)why;
    if (run->live && strcmp(run->kind, "rollout") == 0) {
        keep(a, run);
        a->live++;
    }
    return 0;
}

static int find(struct asked *a, struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    const char *named = c->options->subject ? c->options->subject : c->options->run;

    if (past_open(c, &h, why) < 0)
        return -1;
    if (named)
        return history_run(h, named, keep_named, a, why);
    if (history_runs(h, SIZE_MAX >> 1, keep_live, a, why) < 0)
        return -1;
    if (a->live == 1)
        return 0;
    return fail_set(why, FAIL_NO_SUCH_RUN,
                    a->live ? "%zu rollouts are running: say which: ibfleet status"
                            : "no rollout is running (%zu): ibfleet status",
                    a->live);
}

static int check(const struct asked *a, enum command_kind kind, struct fail *why)
{
    if (!a->is_rollout)
        return fail_set(why, FAIL_USAGE, "run %s is not a rollout", a->run);
    if (strcmp(a->state, "done") == 0 || strcmp(a->state, "failed") == 0 ||
        strcmp(a->state, "aborted") == 0)
        return fail_set(why, FAIL_USAGE, "run %s is over: %s", a->run, a->state);
    if (kind == COMMAND_PAUSE && !a->is_live)
        return fail_set(why, FAIL_USAGE, "nobody works on run %s: it is %s", a->run,
                        a->state);
    return 0;
}

static enum request_word word_of(const struct options *o)
{
    switch (o->command) {
    case COMMAND_PAUSE:
        return o->now ? REQUEST_PAUSE_NOW : REQUEST_PAUSE;
    case COMMAND_ABORT:
        return o->now ? REQUEST_ABORT_NOW : REQUEST_ABORT;
    default:
        return REQUEST_PROMOTE;
    }
}

static void say(const struct asked *a, const struct options *o)
{
    CLEANUP(text_clear) struct text text = {0};

    text_add(&text, "run %s: %s is asked of ", a->run, request_name(word_of(o)));
    escape_add(&text, a->is_live ? a->controller : "who resumes it");
    text_add(&text,
             a->is_live ? "; to see it: ibfleet status %s\n" : ": ibfleet resume %s\n",
             a->run);
    screen_out(&text);
}

int cmd_request(struct command *c)
{
    const struct passwd *me = getpwuid(getuid());
    struct asked asked = {.live = 0};
    const char *folder;
    struct fail why;

    if (find(&asked, c, &why) < 0 || check(&asked, c->options->command, &why) < 0 ||
        command_state(c, &folder, &why) < 0 ||
        request_put(folder, asked.run, word_of(c->options), me ? me->pw_name : "unknown",
                    &why) < 0)
        return screen_fail(&why);
    if (c->options->command == COMMAND_ABORT && !asked.is_live)
        return cmd_abort_dead(c);
    say(&asked, c->options);
    return EXIT_WELL;
}
