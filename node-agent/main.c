/* ibfleet-agent - what runs on a node; `ibfleet-agent help` lists what it can do
 *
 * Exit status: 0 well; 1 wrong usage; 14 it did not work (as Azure's extension has
 * them).
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/copy/receive.h"
#include "node-agent/copy/send.h"
#include "node-agent/home.h"
#include "node-agent/install/uninstall.h"
#include "node-agent/install/worker.h"
#include "node-agent/relay/carry.h"
#include "node-agent/serve.h"
#include "node-agent/tell.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

enum { EXIT_OK = 0, EXIT_USAGE = 1, EXIT_FAILED = 14 };

static int failed(const struct fail *why)
{
    fprintf(stderr, "ibfleet-agent: %s (%s)\n", why->text, fail_code_name(why->code));
    return EXIT_FAILED;
}

static int print(char *text, const struct fail *why)
{
    if (!text)
        return failed(why);
    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int usage(void)
{
    fputs(
        "usage: ibfleet-agent COMMAND\n"
        "  serve                       speak with a controller on stdin and stdout\n"
        "  relay                       connect to nodes for a controller, on a jump "
        "host\n"
        "  receive                     take what a controller copies here\n"
        "  send                        give a controller what it copies from here\n"
        "  detect [--json] [--root DIR]   what this node is\n"
        "  status [--json]             whose claim it has, and which steps were taken\n"
        "  uninstall                   remove what ibfleet left here, not the packages\n"
        "  version\n"
        "On Azure detect asks the metadata service of the machine; "
        "IBFLEET_METADATA=never\n"
        "keeps it from that.\n",
        stderr);
    return EXIT_USAGE;
}

/* ---- commands: argv starts after the command's name ---------------------------- */

static int run_serve(const struct home *h, char **argv)
{
    struct serve_options options = {STDIN_FILENO, STDOUT_FILENO, SERVE_IDLE_MS,
                                    SERVE_HELLO_MS};
    struct fail why;

    if (*argv)
        return usage();
    return serve(h, &options, &why) < 0 ? failed(&why) : EXIT_OK;
}

static int run_relay(const struct home *h, char **argv)
{
    struct carry_options options = {STDIN_FILENO, STDOUT_FILENO, CARRY_IDLE_MS,
                                    SERVE_HELLO_MS};
    struct fail why;

    if (*argv)
        return usage();
    return carry(h, &options, &why) < 0 ? failed(&why) : EXIT_OK;
}

static int run_receive(const struct home *h, char **argv)
{
    struct fail why;

    (void)h;
    if (*argv)
        return usage();
    return receive(STDIN_FILENO, STDOUT_FILENO, &why) < 0 ? failed(&why) : EXIT_OK;
}

static int run_send(const struct home *h, char **argv)
{
    struct fail why;

    (void)h;
    if (*argv)
        return usage();
    return send_copy(STDIN_FILENO, STDOUT_FILENO, &why) < 0 ? failed(&why) : EXIT_OK;
}

static int run_detect(const struct home *h, char **argv)
{
    const char *root = h->root;
    struct fail why = {0};
    bool json = false;

    for (; *argv; argv++)
        if (strcmp(*argv, "--json") == 0)
            json = true;
        else if (strcmp(*argv, "--root") == 0 && argv[1])
            root = *++argv;
        else
            return usage();
    return print(tell_facts(strcmp(root, "/") == 0 ? "" : root, json, &why), &why);
}

static int run_status(const struct home *h, char **argv)
{
    bool json = *argv && strcmp(*argv, "--json") == 0;
    struct fail why = {0};

    if (*argv && (!json || argv[1]))
        return usage();
    return print(tell_status(h, json, &why), &why);
}

static int run_uninstall(const struct home *h, char **argv)
{
    CLEANUP(json_done) struct json *removed = NULL;
    struct fail why;

    if (*argv)
        return usage();
    if (uninstall(h, (int64_t)time(NULL), &removed, &why) < 0)
        return failed(&why);
    for (const struct json *e = json_first(removed); e; e = json_next(e))
        printf("removed %s\n", json_text_of(e));
    return EXIT_OK;
}

/* Not for people: this is what a step's unit runs. */
static int run_step(const struct home *h, char **argv)
{
    struct fail why;

    if (!argv[0] || !argv[1] || !argv[2] || argv[3])
        return usage();
    return worker_run(h, argv[0], argv[1], atoi(argv[2]), &why) < 0 ? failed(&why)
                                                                    : EXIT_OK;
}

static int run_version(const struct home *h, char **argv)
{
    (void)h;
    if (*argv)
        return usage();
    puts("ibfleet-agent " IBFLEET_VERSION);
    return EXIT_OK;
}

static const struct {
    const char *name;
    int (*run)(const struct home *h, char **argv);
} commands[] = {
    {"serve", run_serve},         {"relay", run_relay}, {"detect", run_detect},
    {"receive", run_receive},     {"send", run_send},   {"status", run_status},
    {"uninstall", run_uninstall}, {"step", run_step},   {"version", run_version},
};

int main(int argc, char **argv)
{
    struct home h;
    struct fail why;

    signal(SIGCHLD, SIG_DFL); /* who started us may ignore it; we wait for children */
    if (argc < 2)
        return usage();
    if (home_find(&h, &why) < 0)
        return failed(&why);
    home_environment(&h);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&h, argv + 2);
    return usage();
}
