#include "controller/command.h"
#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/ssh/descriptors.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

static void tell_size(struct checkup *c, const struct command *command)
{
    size_t nodes = fleet_count(command->fleet),
           groups = fleet_group_count(command->fleet);

    checkup_add(c, CHECKUP_OK, "fleet file", NULL, "%s: %zu node%s, %zu group%s",
                command_fleet_file(command), nodes, nodes == 1 ? "" : "s", groups,
                groups == 1 ? "" : "s");
}

static void examine_file(struct checkup *c, struct command *command)
{
    struct fail why;

    if (!command_fleet_file(command)) {
        checkup_add(c, CHECKUP_WARN, "fleet file",
                    "write one: man ibfleet.conf;  or name nodes with -w",
                    "none: neither --fleet, $IBFLEET_FLEET, ./fleet.ini nor "
                    "/etc/ibfleet/fleet.ini");
        return;
    }
    if (command_choose(command, NULL, &why) < 0)
        checkup_add(c, CHECKUP_BAD, "fleet file", "correct what is named", "%s",
                    why.text);
    else
        tell_size(c, command);
}

static bool has_children(const struct command *command)
{
    for (size_t i = 0; i < command->node_count; i++)
        if (command->nodes[i]->ssh == FLEET_SSH_OPENSSH)
            return true;
    return false;
}

static void examine_open_files(struct checkup *c, const struct command *command)
{
    size_t allowed, room, nodes = command->node_count;

    descriptors_raise(); /* as every command does that logs in */
    allowed = descriptors_allowed();
    room = descriptors_room(allowed, has_children(command));
    if (allowed >= DESCRIPTORS_MOST)
        checkup_add(c, CHECKUP_OK, "open files", NULL, "no limit");
    else
        checkup_add(c, room < nodes ? CHECKUP_BAD : CHECKUP_OK, "open files",
                    "raise the hard limit:  ulimit -Hn,  limits.conf",
                    "%zu allowed: enough for %zu nodes at once, the fleet has %zu",
                    allowed, room, nodes);
}

void examine_fleet(struct checkup *c, struct command *command)
{
    examine_file(c, command);
    examine_open_files(c, command);
}
