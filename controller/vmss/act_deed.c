/* ibfleet azure restart HOSTS, and what else is done to machines */

#include "controller/command.h"
#include "controller/options.h"
#include "controller/vmss/act.h"
#include "controller/vmss/action.h"
#include "controller/deed/deed_conduct.h"
#include "controller/deed/deed_instance.h"

int act_deed(struct command *c)
{
    return deed_conduct(c, deed_instance_kind(c->options->action->first), NULL, false);
}
