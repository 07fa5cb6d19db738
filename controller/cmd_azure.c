/* ibfleet azure - a scale set of Azure: how it is, and what is done to it */

#include <stdbool.h>
#include <stddef.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/vmss/act.h"
#include "controller/vmss/action.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

static const struct {
    enum action kind;
    int (*run)(struct command *c);
} actions[] = {
    {ACTION_STATUS, act_status},
    {ACTION_TEMPLATE, act_template},
    {ACTION_EXTENSION_STATUS, act_extension_status},
    {ACTION_EXTENSION_ADD, act_extension},
    {ACTION_EXTENSION_UPGRADE, act_extension},
    {ACTION_EXTENSION_REMOVE, act_extension},
    {ACTION_REPAIRS_STATUS, act_repairs_status},
    {ACTION_REPAIRS_SUSPEND, act_repairs_suspend},
    {ACTION_REPAIRS_RESUME, act_repairs_resume},
    {ACTION_HEALTH, act_health},
    {ACTION_START, act_deed},
    {ACTION_RESTART, act_deed},
    {ACTION_REDEPLOY, act_deed},
    {ACTION_REIMAGE, act_deed},
    {ACTION_UPGRADE, act_deed},
    {ACTION_PROTECT, act_deed},
    {ACTION_UNPROTECT, act_deed},
    {ACTION_RESUME, act_resume},
};

/* Some read no set: they ask nobody, or go on with what a run has noted. */
static bool wants_sets(enum action kind)
{
    return kind != ACTION_TEMPLATE && kind != ACTION_RESUME;
}

static int open_sets(struct command *c, struct fail *why)
{
    size_t sets;

    if (command_choose(c, c->options->hosts, why) < 0)
        return -1;
    census_sets(c->census, &sets);
    if (!sets)
        return fail_set(why, FAIL_USAGE,
                        "azure: which scale set? --vmss RG/NAME, or vmss = in [azure] of "
                        "the fleet file");
    for (size_t i = 0; c->options->hosts && i < c->node_count; i++)
        if (!census_instance(c->census, c->nodes[i]->name))
            return fail_set(why, FAIL_HOSTLIST, "%s is no instance of these scale sets",
                            c->nodes[i]->name);
    return 0;
}

int cmd_azure(struct command *c)
{
    enum action kind = c->options->action->kind;
    struct fail why;

    if (wants_sets(kind) && open_sets(c, &why) < 0)
        return screen_fail(&why);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (actions[i].kind == kind)
            return actions[i].run(c);
    fail_set(&why, FAIL_BUG, "azure %s has nobody to do it", c->options->action->first);
    return screen_fail(&why);
}
