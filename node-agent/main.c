/* ibfleet-agent - what runs on a node; `ibfleet-agent help` lists what it can do
 *
 * Exit status: 0 well; 1 wrong usage; else as Azure's extension has them
 * (inventory/extension_exit.h).
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "inventory/extension_exit.h"
#include "node-agent/alone/agent_help.h"
#include "node-agent/alone/agent_options.h"
#include "node-agent/alone/cmd.h"
#include "node-agent/home.h"
#include "protocol/fail.h"

static const struct {
    enum agent_command command;
    int (*run)(const struct home *h, const struct agent_options *o);
} commands[] = {
    {AGENT_SERVE, cmd_serve},     {AGENT_RELAY, cmd_relay},
    {AGENT_RECEIVE, cmd_receive}, {AGENT_SEND, cmd_send},
    {AGENT_STEP, cmd_step},       {AGENT_DETECT, cmd_detect},
    {AGENT_INSTALL, cmd_install}, {AGENT_STATUS, cmd_status},
    {AGENT_HELP, cmd_help},       {AGENT_UNINSTALL, cmd_uninstall},
    {AGENT_VERSION, cmd_version},
};

static int run(const struct home *h, const struct agent_options *o)
{
    if (o->value[AGENT_OPTION_HELP]) {
        agent_help_command(stdout, o->command);
        return EXTENSION_OK;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].command == o->command->command)
            return commands[i].run(h, o);
    return EXTENSION_USAGE;
}

/* Whoever forgot the command is told which there are, any other what is wrong. */
static int misused(const struct agent_options *o, bool missing, const struct fail *why)
{
    int status = cmd_failed(why);

    if (o->command)
        fprintf(stderr, "see: ibfleet-agent help %s\n", o->command->name);
    else if (missing)
        agent_help_all(stderr);
    else
        fputs("see: ibfleet-agent help\n", stderr);
    return status;
}

int main(int argc, char **argv)
{
    struct agent_options options;
    struct home h;
    struct fail why;

    signal(SIGCHLD, SIG_DFL); /* who started us may ignore it; we wait for children */
    if (agent_options_parse((const char *const *)argv + (argc > 0), &options, &why) < 0)
        return misused(&options, argc < 2, &why);
    if (home_find(&h, &why) < 0)
        return cmd_failed(&why);
    home_environment(&h);
    return run(&h, &options);
}
