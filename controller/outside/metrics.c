#include "controller/outside/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "controller/screen/text.h"

enum family {
    BUILD_INFO,
    RUN_INFO,
    NODES,
    FAILED,
    BEGUN,
    MOVED,
    ENDED,
    WINDOW,
    UNAVAILABLE,
    UNAVAILABLE_LIMIT,
    BATCH,
    BATCHES,
    BUDGET_LEFT,
    PAUSED,
    FAMILIES
};

static const struct {
    const char *name, *help;
} families[FAMILIES] = {
    [BUILD_INFO] = {"ibfleet_build_info", "The version of ibfleet; always 1."},
    [RUN_INFO] = {"ibfleet_run_info", "The run and its kind; always 1."},
    [NODES] = {"ibfleet_rollout_nodes", "Nodes of the rollout in each state."},
    [FAILED] = {"ibfleet_rollout_failed_nodes", "Nodes that failed, by failure code."},
    [BEGUN] = {"ibfleet_rollout_start_time_seconds",
               "When the run was begun, in Unix time."},
    [MOVED] = {"ibfleet_rollout_last_move_time_seconds",
               "When a node has last come to another state, in Unix time."},
    [ENDED] = {"ibfleet_rollout_end_time_seconds",
               "When the run has ended, in Unix time; not there while it is under way."},
    [WINDOW] = {"ibfleet_rollout_window_nodes",
                "Nodes that may be under way at the same time."},
    [UNAVAILABLE] = {"ibfleet_rollout_unavailable_nodes",
                     "Nodes that are unavailable now, for any cause."},
    [UNAVAILABLE_LIMIT] = {"ibfleet_rollout_unavailable_limit_nodes",
                           "Nodes that may be unavailable, by the policy."},
    [BATCH] = {"ibfleet_rollout_batch", "The batch that is under way, counted from 1."},
    [BATCHES] = {"ibfleet_rollout_batches", "Batches that the plan has."},
    [BUDGET_LEFT] = {"ibfleet_rollout_budget_left_nodes",
                     "Nodes that may still fail before nothing new is begun."},
    [PAUSED] = {"ibfleet_rollout_paused", "1 while nothing new is begun, else 0."},
};

bool metrics_family(size_t i, const char **name, const char **help)
{
    if (i >= FAMILIES)
        return false;
    *name = families[i].name;
    *help = families[i].help;
    return true;
}

/* Backslash, quote and newline, as the format has it; other control characters are none of
 * a label.
 */
static void put_label(struct text *text, const char *name, const char *value)
{
    text_add(text, "%s=\"", name);
    for (; *value; value++)
        switch (*value) {
        case '\\':
            text_add(text, "\\\\");
            break;
        case '"':
            text_add(text, "\\\"");
            break;
        case '\n':
            text_add(text, "\\n");
            break;
        default:
            text_put(text, (unsigned char)*value < 0x20 ? "?" : value, 1);
        }
    text_add(text, "\"");
}

static void put_head(struct text *text, enum family f)
{
    text_add(text, "# HELP %s %s\n# TYPE %s gauge\n", families[f].name, families[f].help,
             families[f].name);
}

static void put_value(struct text *text, enum family f, const struct metrics *m,
                      int64_t value)
{
    if (value < 0)
        return;
    put_head(text, f);
    text_add(text, "%s{", families[f].name);
    put_label(text, "run", m->run);
    text_add(text, "} %" PRId64 "\n", value);
}

static void put_one(struct text *text, enum family f, const struct metrics *m,
                    const char *label, const struct metrics_count *count)
{
    text_add(text, "%s{", families[f].name);
    put_label(text, "run", m->run);
    text_add(text, ",");
    put_label(text, label, count->name);
    text_add(text, "} %" PRIu64 "\n", count->nodes);
}

static void put_counts(struct text *text, enum family f, const struct metrics *m,
                       const char *label, const struct metrics_count *counts, size_t n)
{
    struct metrics_count other = {.name = "other"};
    size_t told = n <= METRICS_MAX_SERIES ? n : METRICS_MAX_SERIES - 1;

    if (n)
        put_head(text, f);
    for (size_t i = 0; i < told; i++)
        put_one(text, f, m, label, &counts[i]);
    for (size_t i = told; i < n; i++)
        other.nodes += counts[i].nodes;
    if (told < n)
        put_one(text, f, m, label, &other);
}

static void put_infos(struct text *text, const struct metrics *m)
{
    put_head(text, BUILD_INFO);
    text_add(text, "%s{", families[BUILD_INFO].name);
    put_label(text, "version", m->version);
    text_add(text, "} 1\n");
    put_head(text, RUN_INFO);
    text_add(text, "%s{", families[RUN_INFO].name);
    put_label(text, "run", m->run);
    text_add(text, ",");
    put_label(text, "kind", m->kind);
    text_add(text, "} 1\n");
}

void metrics_render(const struct metrics *m, struct text *text)
{
    text->max_bytes = METRICS_MAX_BYTES;
    put_infos(text, m);
    put_counts(text, NODES, m, "state", m->states, m->state_count);
    put_counts(text, FAILED, m, "code", m->failures, m->failure_count);
    put_value(text, BEGUN, m, m->begun_s);
    put_value(text, MOVED, m, m->moved_s);
    put_value(text, ENDED, m, m->ended_s);
    put_value(text, WINDOW, m, m->window);
    put_value(text, UNAVAILABLE, m, m->unavailable);
    put_value(text, UNAVAILABLE_LIMIT, m, m->unavailable_limit);
    put_value(text, BATCH, m, m->batch);
    put_value(text, BATCHES, m, m->batches);
    put_value(text, BUDGET_LEFT, m, m->budget_left);
    put_value(text, PAUSED, m, m->is_paused);
}
