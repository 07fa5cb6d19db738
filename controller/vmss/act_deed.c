/* ibfleet azure restart HOSTS, and what else is done to machines */

#include "controller/command.h"
#include "controller/deed/deed_conduct.h"
#include "controller/deed/deed_kinds.h"
#include "controller/options.h"
#include "controller/vmss/act.h"
#include "controller/vmss/action.h"

int act_deed(struct command *c)
{
    return deed_conduct(c, deed_kind_named(c->options->action->first), NULL, false);
}
