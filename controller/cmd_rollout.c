/* ibfleet rollout - bring nodes to what the fleet file wants */

#include <stddef.h>

#include "controller/command.h"
#include "controller/rollout/conduct.h"

int cmd_rollout(struct command *c)
{
    return conduct(c, NULL, NULL);
}
