/* rollout-nodes   ibfleet's own rollout, of nodes that are simulated in this process
 *
 *     rollout-nodes rollout -a --yes --fleet FILE --state FOLDER ...
 *
 * Options, fleet file, policy, journal and display are the product's; only the links are the
 * tests' (scripted_link): an answer comes a millisecond later.  One node in a hundred fails at
 * its install for good, and one in a hundred loses its connection there once.
 */
#include <signal.h>
#include <stdlib.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "tests/fake/scripted_link.h"

static const char *trouble_of(size_t i)
{
    switch (i % 100) {
    case 33:
        return "install:installer-failed*";
    case 66:
        return "install:cut-late";
    default:
        return NULL;
    }
}

static int roll_out(struct command *c)
{
    int status;

    scripted_nodes = calloc(c->node_count + 1, sizeof *scripted_nodes);
    if (!scripted_nodes)
        return EXIT_OUR_FAULT;
    for (size_t i = 0; i < c->node_count; i++) {
        scripted_nodes[i].name = c->nodes[i]->name;
        scripted_nodes[i].troubles = trouble_of(i);
    }
    status = cmd_rollout(c);
    free(scripted_nodes);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct command c;
    struct fail why;
    int status;

    signal(SIGPIPE, SIG_IGN);
    if (options_parse(argc, argv, &options, &why) < 0 ||
        command_open(&options, &c, &why) < 0)
        return screen_fail(&why);
    status = roll_out(&c);
    command_close(&c);
    if (screen_flush(&why) < 0)
        status = screen_fail(&why);
    options_clear(&options);
    return status;
}
