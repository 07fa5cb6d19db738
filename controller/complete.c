#include "controller/complete.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/manual/completion.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/sources/sources.h"
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

/* ---- runs ------------------------------------------------------------------------------ */

/* BEFORE NAME AFTER, as what a shell is given is no more than a name. */
static void add_name(const struct completion *c, const char *before, const char *name,
                     const char *after, struct text *out)
{
    CLEANUP(text_done) char *word = NULL;

    if ((hostset_is_group_name(name) || strcmp(name, "*") == 0) &&
        asprintf(&word, "%s%s%s", before, name, after) >= 0)
        completion_add(c, word, out);
}

struct runs {
    const struct completion *c;
    const char *before, *after;
    struct text *out;
};

static int add_run(void *arg, const struct history_run *run, struct fail *why)
{
    const struct runs *runs = arg;

    (void)why;
    add_name(runs->c, runs->before, run->id, runs->after, runs->out);
    return 0;
}

static void add_runs(const struct command *command, struct runs *runs)
{
    CLEANUP(text_done) char *folder = NULL;
    CLEANUP(history_done) struct history *h = NULL;

    if (command_state_path(command, &folder, NULL) == 0 &&
        history_open(folder, &h, NULL) == 0)
        history_runs(h, MAX_RUNS, add_run, runs, NULL);
}

/* ---- sources of groups ------------------------------------------------------------------- */

static bool has_group(const struct fleet *fleet, const char *name)
{
    for (size_t i = 0; fleet && i < fleet_group_count(fleet); i++)
        if (strcmp(fleet_group_name(fleet, i), name) == 0)
            return true;
    return fleet && strcmp(name, "all") == 0;
}

/* The groups of a source, which is asked for them; NULL: of the default one, without what
 * the fleet file has under the same name.
 */
static void add_groups_of(const struct completion *c, struct sources *s,
                          const char *source, const struct fleet *fleet, struct text *out)
{
    const struct hostset_groups *groups = sources_groups(s);
    CLEANUP(text_done) char *before = NULL;
    CLEANUP(text_done) char *copy = NULL;
    const char *names;
    char *rest, *name;

    if (groups->group_names(groups->arg, source, &names, NULL) < 0 ||
        asprintf(&before, "@%s%s", source ? source : "", source ? ":" : "") < 0)
        return;
    copy = rest = strdup(names);
    while (copy && (name = strsep(&rest, " \t\r\n,")))
        if (*name && (source || !has_group(fleet, name)))
            add_name(c, before, name, "", out);
}

static void add_source_names(const struct completion *c, const struct command *command,
                             struct sources *s, struct text *out)
{
    struct runs runs = {c, "@", ":", out};
    size_t count;

    for (size_t i = 0; sources_count(s, &count, NULL) == 0 && i < count; i++)
        add_name(c, "@", sources_name(s, i), ":", out);
    completion_add(c, "@latest:", out);
    if (isdigit((unsigned char)completion_typed(c)[1])) /* or they would hide the rest */
        add_runs(command, &runs);
}

static void add_sources(const struct completion *c, struct command *command,
                        struct text *out)
{
    const char *typed = completion_typed(c), *colon = strchr(typed, ':');
    CLEANUP(text_done) char *source = NULL;
    struct sources *s;

    if (*typed != '@' || command_sources(command, &s, NULL) < 0)
        return;
    if (!colon) {
        add_source_names(c, command, s, out);
        add_groups_of(c, s, NULL, command->fleet, out);
        return;
    }
    source = strndup(typed + 1, (size_t)(colon - typed - 1));
    if (source && hostset_is_group_name(source))
        add_groups_of(c, s, source, NULL, out);
}

/* ---- all of it ------------------------------------------------------------------------ */

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
        add_runs(&command, &(struct runs){c, "", "", out});
    else if (command_choose(&command, NULL, NULL) == 0) {
        add_nodes(c, &command, out);
        if (c->what == COMPLETE_HOSTS)
            add_groups(c, command.fleet, out);
    }
    if (c->what == COMPLETE_HOSTS)
        add_sources(c, &command, out);
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
