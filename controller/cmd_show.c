/* ibfleet show NODE - one node in its newest run, or in --run
 *
 * Of a rollout its road, of a validation its pairs and what is held against it.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/options.h"
#include "controller/rollout/past.h"
#include "controller/rollout/plan.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "controller/validate/result.h"
#include "controller/validate/retelling.h"
#include "inventory/decide.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA      "ibfleet.show/1"
#define LABEL_WIDTH 10

struct show {
    const char *node;
    char run[64];
    struct json *doc;   /* with --json; else NULL */
    struct json *moves; /* likewise               */
    struct table *road;
    bool is_validation;
    struct retelling *told; /* of a validation */
    struct text text;
    size_t width;
};

/* ---- for people ----------------------------------------------------------------------
 */

/* "plan      packages rdma-core; ..." */
static void add_labelled(struct show *s, const char *label, const char *words)
{
    size_t start = s->text.len_bytes;

    if (!words || !*words)
        return;
    text_add(&s->text, "%s", label);
    text_fill(&s->text, ' ', LABEL_WIDTH - (s->text.len_bytes - start));
    wrap_add_escaped(&s->text, words, LABEL_WIDTH, s->width);
}

static void add_plan(struct show *s, const char *plan)
{
    CLEANUP(decision_clear) struct decision d = {0};
    CLEANUP(text_done) char *summary = NULL;

    if (plan && plan_parse(plan, &d, NULL) == 0)
        summary = decision_summary(&d);
    add_labelled(s, "plan", summary);
}

static void add_port(struct show *s, const struct facts *f)
{
    const struct facts_port *port;
    const struct facts_hca *hca = facts_best_hca(f, &port);
    char words[256];

    if (!hca)
        return;
    snprintf(words, sizeof words, "%s port %d: %s, %s", hca->name, port->number,
             port->link_layer ? port->link_layer : "?", port->state ? port->state : "?");
    add_labelled(s, "device", words);
}

static void add_facts(struct show *s, const char *text)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(facts_done) struct facts *f = NULL;
    char words[512];

    if (!text || json_parse(text, strlen(text), &doc, NULL) < 0 ||
        facts_decode(doc, &f, NULL) < 0)
        return;
    snprintf(words, sizeof words, "%s, kernel %s",
             f->os.pretty ? f->os.pretty : "unknown system",
             f->os.kernel ? f->os.kernel : "unknown");
    add_labelled(s, "system", words);
    add_port(s, f);
}

static void add_node_words(struct show *s, const struct history_node *node)
{
    char words[512];

    if (s->is_validation)
        snprintf(words, sizeof words, "%s", node->state);
    else
        snprintf(words, sizeof words, "%s, %.1f s on the road", node->state,
                 node->seconds);
    add_labelled(s, "state", words);
    if (strcmp(node->code, "ok") != 0) {
        snprintf(words, sizeof words, "%s (%s)", node->reason, node->code);
        add_labelled(s, "why", words);
    }
    add_plan(s, node->plan);
    add_facts(s, node->facts);
}

/* ---- reading ------------------------------------------------------------------- */

static int put_parsed(struct json *doc, const char *key, const char *text,
                      struct fail *why)
{
    struct json *parsed = NULL;

    if (text && json_parse(text, strlen(text), &parsed, why) < 0)
        return -1;
    if (!parsed)
        return json_put_text(doc, key, NULL);
    return json_put(doc, key, parsed) < 0 ? fail_memory(why) : 0;
}

static int put_plan(struct json *doc, const char *plan, struct fail *why)
{
    CLEANUP(decision_clear) struct decision d = {0};

    if (!plan || plan_parse(plan, &d, NULL) < 0)
        return put_parsed(doc, "plan", plan, why);
    return json_put(doc, "plan", plan_encode_shown(&d)) < 0 ? fail_memory(why) : 0;
}

static int add_run(void *arg, const struct history_run *run, struct fail *why)
{
    CLEANUP(text_clear) struct text line = {0};
    struct show *s = arg;
    char started[PAST_TIME_BYTES];

    snprintf(s->run, sizeof s->run, "%s", run->id);
    s->is_validation = past_is_validation(run);
    if (s->doc)
        return json_put(s->doc, "run", past_encode_run(run)) < 0 ? fail_memory(why) : 0;
    past_format_time(run->created_ms, started);
    text_add(&line, "%s in %s %s (%s), started %s UTC by %s", s->node, run->kind, run->id,
             past_word_of(run), started, run->user);
    wrap_add_escaped(&s->text, text_of(&line), strlen("  "), s->width);
    return 0;
}

static int add_node(void *arg, const struct history_node *node, struct fail *why)
{
    struct show *s = arg;

    if (!s->doc) {
        add_node_words(s, node);
        return 0;
    }
    if (json_put(s->doc, "node", past_encode_node(node)) < 0)
        return fail_memory(why);
    return put_plan(s->doc, node->plan, why) < 0
               ? -1
               : put_parsed(s->doc, "facts", node->facts, why);
}

static int push_move(struct show *s, const struct history_move *move, struct fail *why)
{
    struct json *m = json_object();

    if (m && json_put_int(m, "at_ms", move->at_ms) == 0 &&
        json_put_text(m, "from", move->from) == 0 &&
        json_put_text(m, "event", move->event) == 0 &&
        json_put_text(m, "to", move->to) == 0 &&
        json_put_text(m, "reason", move->reason) == 0 && json_push(s->moves, m) == 0)
        return 0;
    return fail_memory(why);
}

static int add_move(void *arg, const struct history_move *move, struct fail *why)
{
    struct show *s = arg;
    char at[PAST_TIME_BYTES];

    if (s->doc)
        return push_move(s, move, why);
    past_format_time(move->at_ms, at);
    table_row(s->road, *move->reason ? COLOR_BAD : COLOR_PLAIN);
    table_cell(s->road, "%s", at);
    table_cell(s->road, "%s", move->to);
    table_cell(s->road, "%s", move->reason);
    return 0;
}

static int read_all(struct show *s, struct history *h, const char *run, struct fail *why)
{
    int found = run ? history_run(h, run, add_run, s, why)
                    : history_run_of_node(h, s->node, NULL, add_run, s, why);

    if (found < 0 || history_nodes(h, s->run, s->node, add_node, s, why) < 0)
        return -1;
    if (s->is_validation)
        return retelling_read(h, s->run, s->node,
                              s->doc ? RESULT_MAX_PAIRS : RETELLING_MAX_ROWS, &s->told,
                              why);
    return history_moves(h, s->run, s->node, add_move, s, why);
}

/* ---- the whole ----------------------------------------------------------------- */

static int print_json(struct show *s, struct fail *why)
{
    struct json *moves = s->moves;

    s->moves = NULL;
    if (json_put(s->doc, "moves", moves) < 0)
        return fail_memory(why);
    if (s->told && retelling_put(s->told, s->doc, why) < 0)
        return -1;
    return screen_json(s->doc, why);
}

static int print(struct show *s, struct fail *why)
{
    bool color = color_wanted(STDOUT_FILENO);

    if (s->doc)
        return print_json(s, why);
    if (s->told || table_rows(s->road))
        text_add(&s->text, "\n");
    if (s->told)
        retelling_render(s->told, s->width, color, &s->text);
    else if (table_rows(s->road))
        table_render(s->road, s->width, color, &s->text);
    screen_out(&s->text);
    return 0;
}

static int prepare(struct show *s, bool json, struct fail *why)
{
    s->width = screen_width(STDOUT_FILENO);
    s->road = table_new("AT (UTC)|STATE|~REASON");
    if (json) {
        s->doc = json_object();
        s->moves = json_array();
        if (!s->doc || !s->moves || json_put_text(s->doc, "schema", SCHEMA) < 0)
            return fail_memory(why);
    }
    return s->road ? 0 : fail_memory(why);
}

static int show(struct show *s, struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;

    if (prepare(s, c->options->json, why) < 0 || past_open(c, &h, why) < 0 ||
        read_all(s, h, c->options->run, why) < 0)
        return -1;
    return print(s, why);
}

int cmd_show(struct command *c)
{
    struct show s = {.node = c->options->subject};
    struct fail why;
    int status = show(&s, c, &why) < 0 ? screen_fail(&why) : EXIT_WELL;

    json_free(s.doc);
    json_free(s.moves);
    table_free(s.road);
    retelling_free(s.told);
    text_clear(&s.text);
    return status;
}
