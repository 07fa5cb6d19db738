/* ibfleet probe - what each node is; equal answers folded under one hostlist */

#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/probe/classes.h"
#include "controller/probe/muster.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/screen/trouble.h"
#include "controller/ssh/ssh.h"
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

struct probe {
    struct command *command;
    struct ssh_client *client;
    struct muster *muster;
    struct progress *progress;
    struct outcome outcome;
};

/* ---- one node ------------------------------------------------------------------ */

static const struct fleet_node *node_of(const struct probe *p, size_t i)
{
    return p->command->nodes[i];
}

static const char *way_to(const struct probe *p, size_t i)
{
    const struct ssh_order order = ssh_order_to(node_of(p, i));

    return ssh_client_way(p->client, &order);
}

/* {name, state, code, reason, through, facts} */
static struct json *encode(const void *arg, size_t i)
{
    const struct probe *p = arg;
    const struct facts *facts = muster_facts(p->muster, i);
    const struct fail *why = muster_why(p->muster, i);
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", node_of(p, i)->name) == 0 &&
        json_put_text(doc, "state", outcome_state(why)) == 0 &&
        json_put_text(doc, "code", fail_code_name(why->code)) == 0 &&
        json_put_text(doc, "reason", why->code ? why->text : NULL) == 0 &&
        json_put_text(doc, "through", way_to(p, i)) == 0 &&
        (facts ? json_put(doc, "facts", facts_encode(facts))
               : json_put_text(doc, "facts", NULL)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static void print_event(struct probe *p, size_t i)
{
    CLEANUP(json_done) struct json *doc = encode(p, i);

    if (!doc || json_put_text(doc, "schema", EVENT_SCHEMA) < 0 ||
        screen_ndjson(doc, NULL) < 0)
        p->outcome.our_fault = true;
}

static void on_settled(void *arg, size_t i, const struct fail *why)
{
    struct probe *p = arg;

    outcome_count(&p->outcome, why);
    progress_set(p->progress, i, why ? FAILED : DONE);
    if (p->command->options->ndjson)
        print_event(p, i);
    muster_dismiss(p->muster, i);
}

static void on_moved(void *arg, size_t i, enum link_state state)
{
    static const int shown[LINK_STATES] = {
        [LINK_CONNECTING] = CONNECTING,
        [LINK_STARTING] = CONNECTING,
        [LINK_PUSHING] = PUSHING,
        [LINK_UP] = ASKING,
    };
    const struct probe *p = arg;

    if (state != LINK_LOST)
        progress_set(p->progress, i, (size_t)shown[state]);
}

/* The loop ends when the links are closed. */
static void on_ready(void *arg)
{
    (void)arg;
}

/* ---- the whole ----------------------------------------------------------------- */

static void on_interrupt(void *arg, unsigned nth)
{
    struct probe *p = arg;
    struct fail why;

    if (nth > 1) {
        fail_set(&why, FAIL_INTERRUPTED, "interrupted before it answered");
        muster_stop(p->muster, 0, &why);
        return;
    }
    fail_set(&why, FAIL_INTERRUPTED, "interrupted before it was reached");
    muster_stop(p->muster, LINK_WAITING, &why);
    progress_line(p->progress, "waiting for %zu of %zu nodes; once more ends it",
                  muster_unsettled(p->muster), p->command->node_count);
}

static int ask_all(struct probe *p, struct fail *why)
{
    static const struct muster_hooks hooks = {.moved = on_moved,
                                              .settled = on_settled,
                                              .ready = on_ready};
    struct command *c = p->command;
    int timeout_s = c->options->timeout_s;
    struct link_pool *pool;

    p->outcome.total = c->node_count;
    if (command_progress(c, "probe", states, STATES, &p->progress, why) < 0 ||
        command_pool(c, &pool, why) < 0 || command_client(c, &p->client, why) < 0 ||
        muster_start(pool, c->nodes, c->node_count,
                     timeout_s == OPTION_UNSET ? DETECT_MS : 1000u * (uint64_t)timeout_s,
                     &hooks, p, &p->muster, why) < 0)
        return -1;
    if (command_watch(c, on_interrupt, p, why) < 0) {
        muster_close(p->muster);
        return -1;
    }
    uv_run(c->loop, UV_RUN_DEFAULT);
    return 0;
}

/* ---- what is told at the end --------------------------------------------------- */

static int print_json(const struct probe *p, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put(doc, "nodes", json_list(p->command->node_count, encode, p)) < 0)
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
        const struct facts *facts = muster_facts(p->muster, i);

        if (facts
                ? classes_add(classes, node_of(p, i)->name, facts, why) < 0
                : trouble_add(trouble, node_of(p, i), muster_why(p->muster, i), why) < 0)
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
    int asked = ask_all(p, &why);

    progress_close(p->progress);
    if (asked < 0 || print_all(p, &why) < 0)
        return screen_fail(&why);
    return (int)outcome_status(&p->outcome);
}

int cmd_probe(struct command *c)
{
    struct probe p = {.command = c};
    int status = run(&p);

    muster_free(p.muster);
    return status;
}
