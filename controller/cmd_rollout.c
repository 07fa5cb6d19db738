/* ibfleet rollout - bring nodes to what the fleet file wants, or to what a plan says */

#include <stddef.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/rollout/conduct.h"
#include "controller/rollout/invocation.h"
#include "controller/rollout/plan_file.h"
#include "controller/screen/screen.h"
#include "protocol/fail.h"

static int carry_out(struct command *c, const struct plan_file *agreed)
{
    struct fail why;

    if (command_choose(c, plan_file_hosts(agreed), &why) < 0 ||
        command_forewarn(c, &why) < 0)
        return screen_fail(&why);
    return conduct(c, NULL, NULL, agreed);
}

/* How it was asked for is in the plan, as a run's is in the journal. */
static int carry_out_file(struct command *c)
{
    const struct options *typed = c->options;
    struct options options = *typed;
    struct plan_file *agreed;
    struct fail why;
    int status;

    if (plan_file_read(typed->plan_file, &agreed, &why) < 0)
        return screen_fail(&why);
    invocation_fill(plan_file_invocation(agreed), &options);
    plan_file_fill(agreed, &options);
    c->options = &options;
    status = carry_out(c, agreed);
    c->options = typed;
    plan_file_free(agreed);
    return status;
}

int cmd_rollout(struct command *c)
{
    return c->options->plan_file ? carry_out_file(c) : conduct(c, NULL, NULL, NULL);
}
