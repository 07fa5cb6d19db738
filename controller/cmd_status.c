/* ibfleet status [RUN] - how runs stand, from the journal alone
 *
 * Works while another process writes, and when nobody does.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/deed/deed_log.h"
#include "controller/journal/history.h"
#include "controller/options.h"
#include "controller/report/follower.h"
#include "controller/rollout/account.h"
#include "controller/rollout/past.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "controller/validate/result.h"
#include "controller/validate/retelling.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA    "ibfleet.status/1"
#define MOST_RUNS 50 /* the newest; --run names any */

struct status {
    const struct options *options;
    struct table *table;
    struct json *list; /* with --json: runs, or the nodes of one */
    struct json *run;  /* with --json and one run: itself        */
    bool is_validation;
    struct retelling *told; /* of one validation */
    struct text text;

    /* of the one run, when it can be gone on with */
    char to_resume[64];
    bool unfinished, is_deed;
    size_t failed;
};

static enum color color_of_run(const char *state)
{
    if (strcmp(state, "done") == 0 || strcmp(state, "good") == 0)
        return COLOR_GOOD;
    if (strcmp(state, "failed") == 0 || strcmp(state, "stopped") == 0 ||
        strcmp(state, "bad") == 0)
        return COLOR_BAD;
    return COLOR_WARN;
}

static enum color color_of_node(const struct history_node *node)
{
    if (strcmp(node->code, "ok") != 0)
        return COLOR_BAD;
    return strcmp(node->state, "done") == 0 || strcmp(node->state, "up-to-date") == 0
               ? COLOR_GOOD
               : COLOR_WARN;
}

/* ---- all runs ------------------------------------------------------------------------
 */

static int add_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct status *s = arg;
    const char *state = past_word_of(run);
    char took[PAST_TOOK_BYTES];

    if (s->list)
        return json_push(s->list, past_encode_run(run)) < 0 ? fail_memory(why) : 0;
    past_format_took(run, took);
    table_row(s->table, color_of_run(state));
    table_cell(s->table, "%s", run->id);
    table_cell(s->table, "%s", run->kind);
    table_cell(s->table, "%s", state);
    table_cell(s->table, "%zu", run->nodes);
    table_cell(s->table, "%zu", run->well);
    table_cell(s->table, "%zu", run->failed);
    table_cell(s->table, "%s", run->user);
    table_cell(s->table, "%s", took);
    return 0;
}

static int read_runs(struct status *s, struct history *h, struct fail *why)
{
    s->table = table_new("RUN|KIND|STATE|>NODES|>WELL|>FAILED|~BY|>TOOK");
    return s->table ? history_runs(h, MOST_RUNS, add_run, s, why) : fail_memory(why);
}

/* ---- one run: what it is, its nodes, and what a validation found ------------------------------------------------------------------- */

static void add_heading(struct status *s, const struct history_run *run)
{
    CLEANUP(text_clear) struct text line = {0};
    const char *state = past_state_of(run);
    char started[PAST_TIME_BYTES];

    past_format_time(run->created_ms, started);
    text_add(&line, "%s %s: %s; started %s UTC by %s, on %s", run->kind, run->id, state,
             started, run->user, run->controller);
    wrap_add_escaped(&s->text, text_of(&line), strlen("  "), screen_width(STDOUT_FILENO));
    if (s->is_validation || run->live)
        return;
    snprintf(s->to_resume, sizeof s->to_resume, "%s", run->id);
    s->is_deed = deed_log_is_kind(run->kind);
    s->unfinished = run->well + run->failed < run->nodes;
    s->failed = run->failed;
}

static int keep_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct status *s = arg;

    s->is_validation = past_is_validation(run);
    if (!s->list) {
        add_heading(s, run);
        return 0;
    }
    s->run = past_encode_run(run);
    return s->run ? 0 : fail_memory(why);
}

static int add_node(void *arg, const struct history_node *node, struct fail *why)
{
    struct status *s = arg;

    if (s->list)
        return json_push(s->list, past_encode_node(node)) < 0 ? fail_memory(why) : 0;
    table_row(s->table, color_of_node(node));
    table_cell(s->table, "%s", node->name);
    table_cell(s->table, "%s", node->state);
    table_cell(s->table, "%s", node->code);
    table_cell(s->table, "%s", node->reason);
    table_cell(s->table, "%.1f", node->seconds);
    return 0;
}

static int read_run(struct status *s, struct history *h, const char *id, struct fail *why)
{
    s->table = table_new("NODE|STATE|CODE|~REASON|>SECONDS");
    if (!s->table)
        return fail_memory(why);
    if (history_run(h, id, keep_run, s, why) < 0)
        return -1;
    if (s->is_validation &&
        retelling_read(h, id, NULL, s->list ? RESULT_MAX_PAIRS : RETELLING_MAX_ROWS,
                       &s->told, why) < 0)
        return -1;
    return s->told && !s->list ? 0 : history_nodes(h, id, NULL, add_node, s, why);
}

/* ---- both ---------------------------------------------------------------------- */

static int print_json(struct status *s, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = s->run ? s->run : json_object();
    int bad = !doc || json_put_text(doc, "schema", SCHEMA) < 0;

    bad |= doc && json_put(doc, s->run ? "nodes" : "runs", s->list) < 0;
    s->list = s->run = NULL;
    if (!bad && s->told && retelling_put(s->told, doc, why) < 0)
        return -1;
    return bad ? fail_memory(why) : screen_json(doc, why);
}

static int print(struct status *s, struct fail *why)
{
    size_t width = screen_width(STDOUT_FILENO);
    bool color = color_wanted(STDOUT_FILENO);

    if (s->options->json)
        return print_json(s, why);
    if (!table_rows(s->table) && !s->text.len_bytes)
        text_add(&s->text, "no runs yet\n");
    else if (s->told)
        retelling_render(s->told, width, color, &s->text);
    else if (table_rows(s->table))
        table_render(s->table, width, color, &s->text);
    screen_out(&s->text);
    if (*s->to_resume && !s->is_deed)
        account_next(s->to_resume, s->unfinished, s->failed);
    else if (*s->to_resume && s->unfinished)
        screen_warn("go on with: ibfleet azure resume %s", s->to_resume);
    return 0;
}

static int read_and_print(struct status *s, struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    const char *id = c->options->subject ? c->options->subject : c->options->run;

    if (s->options->json && !(s->list = json_array()))
        return fail_memory(why);
    if (past_open(c, &h, why) < 0 ||
        (id ? read_run(s, h, id, why) : read_runs(s, h, why)) < 0)
        return -1;
    return print(s, why);
}

static int status_once(struct command *c)
{
    struct status s = {.options = c->options};
    struct fail why;
    int status = read_and_print(&s, c, &why) < 0 ? screen_fail(&why) : EXIT_WELL;

    table_free(s.table);
    retelling_free(s.told);
    json_free(s.list);
    json_free(s.run);
    text_clear(&s.text);
    return status;
}

int cmd_status(struct command *c)
{
    const struct options *o = c->options;

    return o->follow ? follower_run(c, o->subject ? o->subject : o->run) : status_once(c);
}
