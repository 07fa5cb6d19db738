/* ibfleet - the controller: reads what is asked, hands it to its command */

#include <signal.h>
#include <stdio.h>

#include "controller/command.h"
#include "controller/complete.h"
#include "controller/manual/manual.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/usage.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static const struct {
    enum command_kind kind;
    int (*run)(struct command *c);
} commands[] = {
    {COMMAND_NODES, cmd_nodes},     {COMMAND_PROBE, cmd_probe},
    {COMMAND_EXEC, cmd_exec},       {COMMAND_COPY, cmd_copy},
    {COMMAND_ROLLOUT, cmd_rollout}, {COMMAND_VALIDATE, cmd_validate},
    {COMMAND_STATUS, cmd_status},   {COMMAND_SHOW, cmd_show},
    {COMMAND_RESUME, cmd_resume},   {COMMAND_DOCTOR, cmd_doctor},
    {COMMAND_LOGS, cmd_logs},       {COMMAND_AZURE, cmd_azure},
    {COMMAND_PROMOTE, cmd_request}, {COMMAND_PAUSE, cmd_request},
    {COMMAND_ABORT, cmd_request},
    {COMMAND_REPORT, cmd_report},
};

static int print_help(const char *topic)
{
    CLEANUP(text_clear) struct text text = {0};

    usage_render(topic, &text);
    screen_out(&text);
    return EXIT_WELL;
}

static int print_page(const struct options *o)
{
    CLEANUP(text_clear) struct text text = {0};
    struct manual_page page;
    struct fail why;

    for (size_t i = 0; o->list_pages && manual_page(i, &page); i++)
        text_add(&text, "%s.%d\n", page.name, page.section);
    if (!o->list_pages) {
        if (manual_find(o->help_topic, &page, &why) < 0)
            return screen_fail(&why);
        manual_render(&page, &text);
    }
    screen_out(&text);
    return EXIT_WELL;
}

static int print_version(void)
{
    CLEANUP(text_clear) struct text text = {0};

    text_add(&text, "ibfleet %s\n", IBFLEET_VERSION);
    screen_out(&text);
    return EXIT_WELL;
}

static int run(const struct options *options)
{
    int status = EXIT_OUR_FAULT;
    struct command c;
    struct fail why;

    if (command_open(options, &c, &why) < 0)
        return screen_fail(&why);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].kind == options->command)
            status = commands[i].run(&c);
    command_close(&c);
    return screen_flush(&why) < 0 ? screen_fail(&why) : status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct fail why;
    int status;

    signal(SIGPIPE, SIG_IGN); /* writes say EPIPE instead */
    if (options_parse(argc, argv, &options, &why) < 0)
        status = screen_fail(&why);
    else if (options.help)
        status = print_help(options.help_topic);
    else if (options.version)
        status = print_version();
    else if (options.man)
        status = print_page(&options);
    else if (options.complete)
        status = complete(options.complete[0], options.complete[1]);
    else
        status = run(&options);
    options_clear(&options);
    return status;
}
