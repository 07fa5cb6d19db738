#include "controller/complete.h"

#include <stdio.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/manual/completion.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

/* Older ones are typed by those who know them. */
#define MAX_RUNS 100

static void add_nodes(const struct completion *c, const struct command *command,
                      struct text *out)
{
    for (size_t i = 0; i < command->node_count; i++)
        completion_add(c, command->nodes[i]->name, out);
}

static void add_groups(const struct completion *c, const struct fleet *fleet,
                       struct text *out)
{
    completion_add(c, "@all", out);
    for (size_t i = 0; i < fleet_group_count(fleet); i++) {
        char name[256];

        snprintf(name, sizeof name, "@%s", fleet_group_name(fleet, i));
        completion_add(c, name, out);
    }
}

struct runs {
    const struct completion *c;
    struct text *out;
};

static int add_run(void *arg, const struct history_run *run, struct fail *why)
{
    const struct runs *runs = arg;

    (void)why;
    if (hostset_is_group_name(run->id)) /* what a shell is given is no more than a name */
        completion_add(runs->c, run->id, runs->out);
    return 0;
}

static void add_runs(const struct completion *c, const struct command *command,
                     struct text *out)
{
    CLEANUP(text_done) char *folder = NULL;
    CLEANUP(history_done) struct history *h = NULL;
    struct runs runs = {c, out};

    if (command_state_path(command, &folder, NULL) == 0 &&
        history_open(folder, &h, NULL) == 0)
        history_runs(h, MAX_RUNS, add_run, &runs, NULL);
}

/* What the tables do not hold. */
static void add_known(const struct completion *c, struct text *out)
{
    struct options options;
    struct command command;

    options_unset(&options);
    options.fleet = c->fleet;
    options.state = c->state;
    if (command_open(&options, &command, NULL) < 0)
        return;
    if (c->what == COMPLETE_RUN)
        add_runs(c, &command, out);
    else if (command_choose(&command, NULL, NULL) == 0) {
        add_nodes(c, &command, out);
        if (c->what == COMPLETE_HOSTS)
            add_groups(c, command.fleet, out);
    }
    command_close(&command);
}

int complete(const char *line, const char *word)
{
    CLEANUP(completion_clear) struct completion c;
    CLEANUP(text_clear) struct text out = {0};

    completion_read(line, word, &c);
    text_add(&out, "%s\n", completion_manner(&c));
    completion_add_words(&c, &out);
    if (c.what == COMPLETE_RUN || c.what == COMPLETE_HOSTS || c.what == COMPLETE_NODE)
        add_known(&c, &out);
    screen_out(&out);
    return EXIT_WELL;
}
