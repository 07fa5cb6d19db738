#include "controller/sources/run_groups.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/rollout/node_state.h"
#include "inventory/hostset.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- states ------------------------------------------------------------------------------ */

#define OTHERS 6

/* All of them into words, and NULL. */
static void list_states(const char *words[OTHERS + NODE_STATES + 1])
{
    static const char *const others[OTHERS] = {"*",    "well", "failed",
                                               "good", "bad",  "suspect"};
    size_t count = OTHERS;

    memcpy(words, others, sizeof others);
    for (int s = NODE_TODO; s < NODE_STATES; s++)
        if (s != NODE_FAILED)
            words[count++] = node_state_name((enum node_state)s);
    words[count] = NULL;
}

char *run_groups_states(void)
{
    const char *words[OTHERS + NODE_STATES + 1];
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);

    if (!out)
        return NULL;
    list_states(words);
    for (size_t i = 0; words[i]; i++)
        fprintf(out, "%s%s", i ? "," : "", words[i]);
    if (fclose(out) == 0)
        return list;
    free(list);
    return NULL;
}

static int check_state(const char *state, struct fail *why)
{
    const char *words[OTHERS + NODE_STATES + 1];
    const char *near;

    list_states(words);
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], state) == 0)
            return 0;
    near = nearest_word(state, words);
    return fail_set(why, FAIL_HOSTLIST, "a run has no nodes that are '%s'%s%s%s", state,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static bool is_in(const char *state, const char *wanted)
{
    if (strcmp(wanted, "*") == 0 || strcmp(wanted, state) == 0)
        return true;
    if (strcmp(wanted, "failed") == 0)
        return strcmp(state, "bad") == 0;
    return strcmp(wanted, "well") == 0 &&
           (strcmp(state, "done") == 0 || strcmp(state, "up-to-date") == 0 ||
            strcmp(state, "good") == 0);
}

/* ---- the journal ----------------------------------------------------------------------- */

static int keep_id(void *arg, const struct history_run *run, struct fail *why)
{
    char **id = arg;

    free(*id);
    *id = strdup(run->id);
    return *id ? 0 : fail_memory(why);
}

static int find_run(struct history *h, const char *folder, const char *run, char **id,
                    struct fail *why)
{
    if (strcmp(run, "latest") != 0)
        return history_run(h, run, keep_id, id, why);
    if (history_runs(h, 1, keep_id, id, why) < 0)
        return -1;
    return *id ? 0 : fail_set(why, FAIL_NO_SUCH_RUN, "there is no run in %s", folder);
}

struct gathering {
    struct hostset *set;
    const char *state;
};

static int gather(void *arg, const struct history_node *node, struct fail *why)
{
    const struct gathering *g = arg;

    return is_in(node->state, g->state) ? hostset_add(g->set, node->name, why) : 0;
}

int run_groups_read(const char *folder, const char *run, const char *state,
                    char **hostlist, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *id = NULL;
    struct gathering g = {set, state};

    if (!set)
        return fail_memory(why);
    if (history_open(folder, &h, why) < 0 || find_run(h, folder, run, &id, why) < 0 ||
        check_state(state, why) < 0 || history_nodes(h, id, NULL, gather, &g, why) < 0)
        return -1;
    *hostlist = hostset_fold(set);
    return *hostlist ? 0 : fail_memory(why);
}
