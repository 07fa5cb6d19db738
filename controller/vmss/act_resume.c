/* ibfleet azure resume [RUN] - go on with an action whose controller was stopped or killed
 *
 * The journal says what was to be done, how it was started, and where Azure can be asked
 * how it goes.
 */
#include <stdio.h>
#include <string.h>

#include "controller/command.h"
#include "controller/deed/deed.h"
#include "controller/deed/deed_kinds.h"
#include "controller/deed/deed_log.h"
#include "controller/deed/deed_parley.h"
#include "controller/journal/history.h"
#include "controller/options.h"
#include "controller/rollout/invocation.h"
#include "controller/screen/screen.h"
#include "controller/vmss/act.h"
#include "controller/vmss/census.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct resume {
    char run[JOURNAL_RUN_ID_BYTES];
    struct deed_log *log; /* owns texts that the options borrow */
    struct options options;
    struct deed_order order;
};

static int read_run(struct resume *r, struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    const char *folder, *named = c->options->subject;

    if (command_state(c, &folder, why) < 0 || history_open(folder, &h, why) < 0)
        return -1;
    if (named)
        snprintf(r->run, sizeof r->run, "%s", named);
    else if (deed_log_find(h, r->run, why) < 0)
        return -1;
    return deed_log_read(h, named ? named : r->run, &r->log, why);
}

/* -x is of the run, not of the fleet, which may not have these instances any more. */
static int leave_out(struct resume *r, struct command *c, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *out = NULL;
    const char *hosts = r->options.exclude;
    size_t n = 0;

    r->options.exclude = NULL;
    if (!hosts)
        return 0;
    if (command_names(c, hosts, &out, why) < 0)
        return fail_prefix(why, "-x");
    for (size_t i = 0; i < r->log->count; i++) {
        struct deed_left *left = &r->log->left[i];

        left->is_left_out =
            !deed_state_is_end(left->state) && hostset_has(out, r->log->nodes[i]);
        n += left->is_left_out;
    }
    return n ? 0
             : fail_set(why, FAIL_HOSTLIST, "-x '%s': the run has none of them left",
                        hosts);
}

/* What is typed now wins over what was typed then. */
static int open_sets(struct resume *r, struct command *c, struct fail *why)
{
    r->options = *c->options;
    if (deed_log_given(r->log))
        invocation_fill(deed_log_given(r->log), &r->options);
    r->options.filter = c->options->filter; /* who is left need not be as it was then */
    c->options = &r->options;
    return leave_out(r, c, why) < 0 ? -1 : command_choose(c, NULL, why);
}

static int make_order(struct resume *r, const struct command *c, struct fail *why)
{
    const int failures = r->options.max_failures;
    const struct deed_kind *kind = deed_kind_named(r->log->action);

    if (!kind)
        return fail_set(why, FAIL_STATE,
                        "run %s: '%s' is what only a later version knows", r->run,
                        r->log->action);
    r->order = (struct deed_order){
        .kind = kind,
        .nodes = r->log->nodes,
        .node_count = r->log->count,
        .left = r->log->left,
        .batch = deed_log_batch(r->log),
        .max_failures =
            failures != OPTION_UNSET ? (unsigned)failures : deed_log_failures(r->log),
        .check_ms = deed_log_check_ms(r->log),
    };
    r->order.sets = census_sets(c->census, &r->order.set_count);
    return kind->decode ? kind->decode(deed_log_arg(r->log), &r->order.arg, why) : 0;
}

static int resume(struct resume *r, struct command *c)
{
    const struct deed_kind *kind;
    struct fail why;
    int status;

    if (read_run(r, c, &why) < 0 || open_sets(r, c, &why) < 0 ||
        make_order(r, c, &why) < 0)
        return screen_fail(&why);
    kind = r->order.kind;
    status = deed_parley(c, &r->order, r->run, r->log);
    if (kind->discard)
        kind->discard(r->order.arg);
    return status;
}

int act_resume(struct command *c)
{
    const struct options *typed = c->options;
    struct resume r = {.log = NULL};
    int status = resume(&r, c);

    c->options = typed;
    deed_log_free(r.log);
    return status;
}
