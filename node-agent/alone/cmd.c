#include "node-agent/alone/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inventory/extension_exit.h"
#include "node-agent/alone/agent_help.h"
#include "node-agent/alone/agent_options.h"
#include "node-agent/alone/condition.h"
#include "node-agent/copy/receive.h"
#include "node-agent/copy/send.h"
#include "node-agent/home.h"
#include "node-agent/install/worker.h"
#include "node-agent/relay/carry.h"
#include "node-agent/serve.h"
#include "node-agent/tell.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

int cmd_failed(const struct fail *why)
{
    fprintf(stderr, "ibfleet-agent: %s (%s)\n", why->text, fail_code_name(why->code));
    return (int)extension_exit(why->code);
}

int cmd_print(char *text, const struct fail *why)
{
    if (!text)
        return cmd_failed(why);
    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? EXTENSION_OK : EXTENSION_FAILED;
}

/* ---- by hand ---------------------------------------------------------------------- */

int cmd_detect(const struct home *h, const struct agent_options *o)
{
    const char *root = o->value[AGENT_OPTION_ROOT];
    struct fail why = {0};

    root = !root ? h->root : strcmp(root, "/") == 0 ? "" : root;
    return cmd_print(tell_facts(root, o->value[AGENT_OPTION_JSON], &why), &why);
}

int cmd_status(const struct home *h, const struct agent_options *o)
{
    CLEANUP(condition_done) struct condition c = {0};
    struct fail why = {0};
    int exit;

    if (condition_find(h, &c, &why) < 0)
        return cmd_failed(&why);
    exit = cmd_print(condition_text(&c, o->value[AGENT_OPTION_JSON], &why), &why);
    return exit == EXTENSION_OK ? (int)extension_exit(c.verdict.code) : exit;
}

int cmd_help(const struct home *h, const struct agent_options *o)
{
    const struct agent_command_row *row = NULL;
    struct fail why;

    (void)h;
    if (o->words[0] && !(row = agent_command_named(o->words[0]))) {
        fail_set(&why, FAIL_USAGE, "no command '%s'; see: ibfleet-agent help",
                 o->words[0]);
        return cmd_failed(&why);
    }
    if (row)
        agent_help_command(stdout, row);
    else
        agent_help_all(stdout);
    return EXTENSION_OK;
}

int cmd_version(const struct home *h, const struct agent_options *o)
{
    (void)h;
    (void)o;
    puts("ibfleet-agent " IBFLEET_VERSION);
    return EXTENSION_OK;
}

/* ---- for a controller ------------------------------------------------------------- */

int cmd_serve(const struct home *h, const struct agent_options *o)
{
    struct serve_options options = {STDIN_FILENO, STDOUT_FILENO, SERVE_IDLE_MS,
                                    SERVE_HELLO_MS};
    struct fail why;

    (void)o;
    return serve(h, &options, &why) < 0 ? cmd_failed(&why) : EXTENSION_OK;
}

int cmd_relay(const struct home *h, const struct agent_options *o)
{
    struct carry_options options = {STDIN_FILENO, STDOUT_FILENO, CARRY_IDLE_MS,
                                    SERVE_HELLO_MS};
    struct fail why;

    (void)o;
    return carry(h, &options, &why) < 0 ? cmd_failed(&why) : EXTENSION_OK;
}

int cmd_receive(const struct home *h, const struct agent_options *o)
{
    struct fail why;

    (void)h;
    (void)o;
    return receive(STDIN_FILENO, STDOUT_FILENO, &why) < 0 ? cmd_failed(&why)
                                                          : EXTENSION_OK;
}

int cmd_send(const struct home *h, const struct agent_options *o)
{
    struct fail why;

    (void)h;
    (void)o;
    return send_copy(STDIN_FILENO, STDOUT_FILENO, &why) < 0 ? cmd_failed(&why)
                                                            : EXTENSION_OK;
}

int cmd_step(const struct home *h, const struct agent_options *o)
{
    struct fail why;

    return worker_run(h, o->words[0], o->words[1], atoi(o->words[2]), &why) < 0
               ? cmd_failed(&why)
               : EXTENSION_OK;
}
