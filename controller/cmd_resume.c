/* ibfleet resume - go on with a run whose controller was paused, stopped or killed
 *
 * The journal says what was planned, and how the run was started; the nodes say how far
 * they are.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command.h"
#include "controller/deed/deed_log.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/repairs/respite.h"
#include "controller/rollout/account.h"
#include "controller/rollout/conduct.h"
#include "controller/rollout/invocation.h"
#include "controller/rollout/takeup.h"
#include "controller/screen/screen.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct resume {
    char run[JOURNAL_RUN_ID_BYTES];
    bool with_failed;
    struct takeup *left;
    struct json *invocation; /* owns texts that the options borrow */
    struct options options;
};

/* ---- which run ------------------------------------------------------------------------
 */

static bool is_aborted(const struct history_run *run)
{
    return strcmp(run->state, "aborted") == 0;
}

/* With --failed the latest of all: what failed long ago may be well since.  A controller
 * may die when all nodes have ended and its run has not.
 */
static bool can_go_on(const struct resume *r, const struct history_run *run)
{
    return strcmp(run->kind, "rollout") == 0 && !run->live && !is_aborted(run) &&
           (r->with_failed || !run->ended_ms || run->well + run->failed < run->nodes);
}

static int keep_id(void *arg, const struct history_run *run, struct fail *why)
{
    struct resume *r = arg;

    (void)why;
    if (can_go_on(r, run))
        snprintf(r->run, sizeof r->run, "%s", run->id);
    return 0;
}

static int check_kind(void *arg, const struct history_run *run, struct fail *why)
{
    struct resume *r = arg;

    if (deed_log_is_kind(run->kind))
        return fail_set(
            why, FAIL_USAGE,
            "run %s is an action on a scale set: ibfleet azure resume %s goes "
            "on with it",
            run->id, run->id);
    if (strcmp(run->kind, "rollout") != 0)
        return fail_set(why, FAIL_USAGE, "run %s is a %s: only rollouts are resumed",
                        run->id, run->kind);
    if (run->live)
        return fail_set(why, FAIL_CLAIMED, "run %s is being worked on by %s", run->id,
                        run->controller);
    if (is_aborted(run))
        return fail_set(why, FAIL_USAGE, "run %s was aborted: begin another rollout",
                        run->id);
    snprintf(r->run, sizeof r->run, "%s", run->id);
    return 0;
}

/* The one that was named, else the latest that is not finished. */
static int find_run(struct resume *r, const struct options *o, struct history *h,
                    struct fail *why)
{
    const char *named = o->subject ? o->subject : o->run;

    if (named)
        return history_run(h, named, check_kind, r, why);
    if (history_runs(h, SIZE_MAX >> 1, keep_id, r, why) < 0)
        return -1;
    return *r->run ? 0
                   : fail_set(why, FAIL_NO_SUCH_RUN,
                              "no rollout is unfinished; --failed tries again what "
                              "failed in the latest");
}

/* ---- what is left of it -------------------------------------------------------- */

static int read_run(struct resume *r, struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    const char *folder, *how;

    if (command_state(c, &folder, why) < 0 || history_open(folder, &h, why) < 0 ||
        find_run(r, c->options, h, why) < 0 ||
        takeup_read(h, r->run, r->with_failed, &r->left, why) < 0)
        return -1;
    how = takeup_plan(r->left);
    if (json_parse(how, strlen(how), &r->invocation, why) < 0)
        return fail_prefix(why, "run %s", r->run);
    r->options = *c->options;
    invocation_fill(r->invocation, &r->options);
    c->options = &r->options;
    return 0;
}

/* -x is of the run, not of the fleet, which may not have these nodes any more. */
static int leave_out(struct resume *r, struct command *c, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *out = NULL;
    const char *hosts = r->options.exclude;

    r->options.exclude = NULL;
    if (!hosts)
        return 0;
    if (command_names(c, hosts, &out, why) < 0)
        return fail_prefix(why, "-x");
    return takeup_exclude(r->left, out, why) < 0 ? fail_prefix(why, "-x '%s'", hosts) : 0;
}

static int say_finished(const struct resume *r, struct command *c)
{
    struct fail why;

    if (account_nothing(&r->options, r->run, &why) < 0)
        return screen_fail(&why);
    account_next(r->run, false, takeup_failed(r->left));
    respite_keep(c, r->run);
    return (int)outcome_status(takeup_ended(r->left));
}

/* A node that the fleet file does not have any more must not hold up the others. */
static int choose(const struct resume *r, struct command *c, struct fail *why)
{
    if (command_choose(c, takeup_hosts(r->left), why) == 0)
        return 0;
    return why->code == FAIL_HOSTLIST
               ? fail_set(why, FAIL_HOSTLIST, "%s; -x NODE leaves it out", why->text)
               : -1;
}

/* What was suspended for it is resumed, and it is not in the way of others any more. */
static int end_unbegun(const struct resume *r, struct command *c, const struct fail *why)
{
    int status = conduct(c, r->run, r->left, NULL);

    return status ? status : screen_fail(why);
}

/* No node is left, but what was suspended for the run is of scale sets. */
static void find_sets(struct command *c)
{
    struct fail why;

    if (!c->options->vmss)
        return;
    if (command_choose(c, "@all", &why) < 0)
        screen_warn("%s", why.text);
    c->node_count = 0;
}

static int resume(struct resume *r, struct command *c)
{
    struct fail why;

    if (read_run(r, c, &why) < 0 || leave_out(r, c, &why) < 0)
        return screen_fail(&why);
    if (!takeup_count(r->left) && !takeup_excluded(r->left)) {
        if (takeup_is_closed(r->left))
            return say_finished(r, c);
        find_sets(c);
        if (takeup_check_begun(r->left, r->run, &why) < 0)
            return end_unbegun(r, c, &why);
    }
    if (takeup_count(r->left) &&
        (choose(r, c, &why) < 0 || command_forewarn(c, &why) < 0))
        return screen_fail(&why);
    return conduct(c, r->run, r->left, NULL);
}

/* What had begun comes to its end; the others stay as they are. */
static int end(struct resume *r, struct command *c)
{
    struct fail why;

    if (read_run(r, c, &why) < 0 || takeup_only_begun(r->left, &why) < 0)
        return screen_fail(&why);
    if (takeup_count(r->left) && choose(r, c, &why) < 0)
        return screen_fail(&why);
    return conduct(c, r->run, r->left, NULL);
}

int cmd_abort_dead(struct command *c)
{
    const struct options *typed = c->options;
    struct resume r = {.with_failed = false};
    int status = end(&r, c);

    c->options = typed;
    takeup_free(r.left);
    json_free(r.invocation);
    return status;
}

int cmd_resume(struct command *c)
{
    const struct options *typed = c->options;
    struct resume r = {.with_failed = c->options->failed};
    int status = resume(&r, c);

    c->options = typed;
    takeup_free(r.left);
    json_free(r.invocation);
    return status;
}
