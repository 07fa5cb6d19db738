/* ibfleet probe - what each node is; equal answers folded under one hostlist */

#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/link/link.h"
#include "controller/options.h"
#include "controller/probe/classes.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/screen/trouble.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA       "ibfleet.probe/1"
#define EVENT_SCHEMA "ibfleet.probe-event/1"

/* Detecting reads some hundred small files. */
#define DETECT_MS 30000

enum { WAITING, CONNECTING, PUSHING, ASKING, DONE, FAILED, STATES };

static const struct progress_state states[STATES] = {{"waiting", PROGRESS_STILL},
                                                     {"connecting", PROGRESS_BUSY},
                                                     {"pushing", PROGRESS_BUSY},
                                                     {"asking", PROGRESS_BUSY},
                                                     {"done", PROGRESS_GOOD},
                                                     {"failed", PROGRESS_BAD}};

struct probe;

/* One node.  Its link is closed as soon as it is settled; the loop ends when all
 * are.
 */
struct target {
    struct probe *probe;
    const struct fleet_node *node;
    struct link *link; /* NULL when closed */
    bool settled;
    struct facts *facts; /* NULL unless it answered */
    struct fail why;     /* FAIL_NONE when it did   */
};

struct probe {
    struct command *command;
    uint64_t detect_ms;
    struct target *targets;
    struct progress *progress;
    struct outcome outcome;
};

/* ---- one node ------------------------------------------------------------------ */

static void move(struct target *t, size_t state)
{
    progress_set(t->probe->progress, (size_t)(t - t->probe->targets), state);
}

/* {name, state, code, reason, facts} */
static struct json *encode(const struct target *t)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", t->node->name) == 0 &&
        json_put_text(doc, "state", outcome_state(&t->why)) == 0 &&
        json_put_text(doc, "code", fail_code_name(t->why.code)) == 0 &&
        json_put_text(doc, "reason", t->why.code ? t->why.text : NULL) == 0 &&
        (t->facts ? json_put(doc, "facts", facts_encode(t->facts))
                  : json_put_text(doc, "facts", NULL)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static void print_event(const struct target *t)
{
    CLEANUP(json_done) struct json *doc = encode(t);

    if (!doc || json_put_text(doc, "schema", EVENT_SCHEMA) < 0 ||
        screen_ndjson(doc, NULL) < 0)
        t->probe->outcome.our_fault = true;
}

/* The first end counts; why is NULL when facts are there. */
static void settle(struct target *t, const struct fail *why)
{
    if (t->settled)
        return;
    t->settled = true;
    if (why)
        t->why = *why;
    outcome_count(&t->probe->outcome, why);
    move(t, why ? FAILED : DONE);
    if (t->probe->command->options->ndjson)
        print_event(t);
    link_close(t->link, NULL);
    t->link = NULL;
}

static void on_facts(void *arg, const struct json *answer, const struct fail *why)
{
    struct target *t = arg;
    struct fail bad;

    if (!why && facts_decode(answer, &t->facts, &bad) < 0) {
        fail_prefix(&bad, "its facts");
        why = &bad;
    }
    settle(t, why);
}

static void on_up(void *arg, const struct json *hello)
{
    struct target *t = arg;

    (void)hello;
    move(t, ASKING);
    link_ask(t->link, "detect", NULL, t->probe->detect_ms, on_facts, t);
}

static void on_lost(void *arg, const struct fail *why)
{
    settle(arg, why);
}

static void on_moved(void *arg, enum link_state state)
{
    struct target *t = arg;

    if (state == LINK_CONNECTING || state == LINK_STARTING)
        move(t, CONNECTING);
    else if (state == LINK_PUSHING)
        move(t, PUSHING);
    else if (state == LINK_WAITING)
        move(t, WAITING);
}

static int start(struct target *t, struct link_pool *pool, struct fail *why)
{
    static const struct link_hooks hooks = {.moved = on_moved,
                                            .up = on_up,
                                            .lost = on_lost};

    t->link = link_new(pool, t->node, &hooks, t);
    if (!t->link)
        return fail_memory(why);
    link_open(t->link);
    return 0;
}

/* ---- the whole ----------------------------------------------------------------- */

/* End those in this state of their link, or all that have not ended. */
static void end_some(struct probe *p, int state, const char *reason)
{
    struct fail why;

    fail_set(&why, FAIL_INTERRUPTED, "%s", reason);
    for (size_t i = 0; i < p->command->node_count; i++) {
        struct target *t = &p->targets[i];

        if (t->link && (!state || (int)link_state_of(t->link) == state))
            settle(t, &why);
    }
}

static size_t count_open(const struct probe *p)
{
    size_t count = 0;

    for (size_t i = 0; i < p->command->node_count; i++)
        count += p->targets[i].link != NULL;
    return count;
}

static void on_interrupt(void *arg, unsigned nth)
{
    struct probe *p = arg;

    if (nth > 1) {
        end_some(p, 0, "interrupted before it answered");
        return;
    }
    end_some(p, LINK_WAITING, "interrupted before it was reached");
    progress_line(p->progress, "waiting for %zu of %zu nodes; once more ends it",
                  count_open(p), p->command->node_count);
}

static int prepare(struct probe *p, struct fail *why)
{
    const struct options *o = p->command->options;

    p->detect_ms =
        o->timeout_s == OPTION_UNSET ? DETECT_MS : 1000u * (uint64_t)o->timeout_s;
    p->outcome.total = p->command->node_count;
    p->targets = calloc(p->command->node_count, sizeof *p->targets);
    if (!p->targets)
        return fail_memory(why);
    for (size_t i = 0; i < p->command->node_count; i++)
        p->targets[i] = (struct target){.probe = p, .node = p->command->nodes[i]};
    return command_progress(p->command, "probe", states, STATES, &p->progress, why);
}

static int ask_all(struct probe *p, struct fail *why)
{
    struct link_pool *pool;

    if (command_pool(p->command, &pool, why) < 0 ||
        command_watch(p->command, on_interrupt, p, why) < 0)
        return -1;
    for (size_t i = 0; i < p->command->node_count; i++)
        if (start(&p->targets[i], pool, why) < 0) {
            end_some(p, 0, "not enough memory");
            uv_run(p->command->loop, UV_RUN_DEFAULT);
            return -1;
        }
    uv_run(p->command->loop, UV_RUN_DEFAULT);
    return 0;
}

/* ---- what is told at the end --------------------------------------------------- */

static struct json *encode_targets(const struct probe *p)
{
    struct json *nodes = json_array();

    for (size_t i = 0; nodes && i < p->command->node_count; i++) {
        if (json_push(nodes, encode(&p->targets[i])) < 0) {
            json_free(nodes);
            return NULL;
        }
    }
    return nodes;
}

static int print_json(const struct probe *p, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put(doc, "nodes", encode_targets(p)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

/* Both are the result, so both go to stdout. */
static int print_report(const struct probe *p, struct fail *why)
{
    CLEANUP(classes_done) struct classes *classes = classes_new();
    CLEANUP(trouble_done) struct trouble *trouble = trouble_new();
    CLEANUP(text_clear) struct text text = {0};
    bool color = color_wanted(STDOUT_FILENO);

    if (!classes || !trouble)
        return fail_memory(why);
    for (size_t i = 0; i < p->command->node_count; i++) {
        const struct target *t = &p->targets[i];

        if (t->facts ? classes_add(classes, t->node->name, t->facts, why) < 0
                     : trouble_add(trouble, t->node, &t->why, why) < 0)
            return -1;
    }
    classes_render(classes, screen_width(STDOUT_FILENO), color, &text);
    if (classes_count(classes) && trouble_count(trouble))
        text_add(&text, "\n");
    trouble_render(trouble, color, &text);
    screen_out(&text);
    return 0;
}

static int print_all(const struct probe *p, struct fail *why)
{
    if (p->command->options->json)
        return print_json(p, why);
    return p->command->options->ndjson ? 0 : print_report(p, why);
}

static int run(struct probe *p)
{
    struct fail why;
    int asked = prepare(p, &why) < 0 ? -1 : ask_all(p, &why);

    progress_close(p->progress);
    if (asked < 0 || print_all(p, &why) < 0)
        return screen_fail(&why);
    return (int)outcome_status(&p->outcome);
}

int cmd_probe(struct command *c)
{
    struct probe p = {.command = c};
    int status = run(&p);

    for (size_t i = 0; p.targets && i < c->node_count; i++)
        facts_free(p.targets[i].facts);
    free(p.targets);
    return status;
}
