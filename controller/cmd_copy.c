/* ibfleet copy - files and trees to all nodes, or from them
 *
 * To nodes: what is to be copied is read, listed and digested once; each node says what
 * it does not have and gets that, at its own pace.  From nodes: into a folder of its own
 * for each.  A node that does not move on is given up; what is there is taken up by the
 * next copy.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/copy/consignment.h"
#include "controller/copy/giver.h"
#include "controller/copy/taker.h"
#include "controller/exec/fanout.h"
#include "controller/link/agentfile.h"
#include "controller/link/bootstrap.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/tree/baggage.h"

/* Patience with a node that neither says nor takes anything; --timeout has another. */
#define STALL_S 60

/* Our own disk is the narrow place then; each has three files of ours open. */
#define MAX_TAKEN_AT_ONCE 64

enum { WAITING, CONNECTING, RETRYING, COPYING, DONE, FAILED, STATES };

static const struct progress_state states[STATES] = {{"waiting", PROGRESS_STILL},
                                                     {"connecting", PROGRESS_BUSY},
                                                     {"retrying", PROGRESS_BUSY},
                                                     {"copying", PROGRESS_BUSY},
                                                     {"done", PROGRESS_GOOD},
                                                     {"failed", PROGRESS_BAD}};

struct copy {
    struct command *command;
    struct baggage *baggage;
    struct agentfiles agents;
    struct ssh_client *client;
    struct fanout *fanout;
    struct consignment *nodes; /* of the command's nodes */
    struct progress *progress;
    struct outcome outcome;
    uv_timer_t watch;
};

static bool is_root(const struct copy *c, const struct fleet_node *node)
{
    const struct ssh_order order = ssh_order_to(node);
    const char *user = ssh_client_user(c->client, &order);

    return user && strcmp(user, "root") == 0;
}

/* ---- one node ------------------------------------------------------------------- */

static int make_line(void *arg, size_t i, char **line, struct fail *why)
{
    struct copy *c = arg;
    const struct fleet_node *node = c->command->nodes[i];
    bool root = is_root(c, node), sudo = c->command->options->exec_sudo && !root;
    struct bootstrap_order start = {.agents = &c->agents,
                                    .work =
                                        c->command->options->from ? "send" : "receive"};

    if (node->agent)
        return bootstrap_installed(node->agent, &start, sudo, line, why);
    return bootstrap_command(&start, sudo || root ? BOOTSTRAP_SYSTEM : BOOTSTRAP_OWN,
                             sudo, line, why);
}

static ssize_t read_next(void *arg, char *bytes, size_t size_bytes, struct fail *why)
{
    return consignment_next(arg, bytes, size_bytes, why);
}

static struct shot_input input_of(void *arg, size_t i)
{
    struct copy *c = arg;

    return (struct shot_input){read_next, &c->nodes[i]};
}

static void on_connecting(void *arg, size_t i)
{
    struct copy *c = arg;

    progress_set(c->progress, i, CONNECTING);
}

static void on_retrying(void *arg, size_t i)
{
    struct copy *c = arg;

    progress_set(c->progress, i, RETRYING);
}

static void on_running(void *arg, size_t i)
{
    struct copy *c = arg;

    c->nodes[i].ran = true;
    progress_set(c->progress, i, COPYING);
}

static int on_data(void *arg, size_t i, enum ssh_stream stream, const char *bytes,
                   size_t len_bytes, struct fail *why)
{
    struct copy *c = arg;

    if (stream == SSH_STDOUT)
        return consignment_hear(&c->nodes[i], bytes, len_bytes, why);
    consignment_hear_err(&c->nodes[i], bytes, len_bytes);
    return 0;
}

static void print_event(struct copy *c, const struct consignment *n)
{
    CLEANUP(json_done) struct json *doc = consignment_encode(n);

    if (!doc || json_put_text(doc, "schema", CONSIGNMENT_EVENT_SCHEMA) < 0 ||
        screen_ndjson(doc, NULL) < 0)
        c->outcome.our_fault = true;
}

static void on_ended(void *arg, size_t i, int status, uint64_t took_ms,
                     const struct fail *why)
{
    struct copy *c = arg;
    struct consignment *n = &c->nodes[i];

    n->took_ms = took_ms;
    consignment_end(n, status, why);
    outcome_count(&c->outcome, &n->why);
    progress_set(c->progress, i, n->why.code == FAIL_NONE ? DONE : FAILED);
    if (c->command->options->ndjson)
        print_event(c, n);
}

/* ---- who does not move on --------------------------------------------------------- */

/* A node that has ended needs nothing any more. */
static void tell_work(const struct copy *c)
{
    uint64_t each = baggage_bytes(c->baggage), bytes = 0;

    for (size_t i = 0; i < c->command->node_count; i++)
        bytes += c->nodes[i].over ? each : consignment_bytes(&c->nodes[i]);
    progress_work(c->progress, (size_t)(bytes >> 20),
                  (size_t)((each * c->command->node_count) >> 20), "MiB");
}

/* Once a second: the bytes that are there, and who has said nothing for too long. */
static void on_watch(uv_timer_t *timer)
{
    struct copy *c = timer->data;
    int timeout_s = c->command->options->timeout_s;
    unsigned patience_s = timeout_s == OPTION_UNSET ? STALL_S : (unsigned)timeout_s;
    struct fail why;

    fail_set(&why, FAIL_TIMEOUT, "it took and said nothing for %u s", patience_s);
    for (size_t i = 0; i < c->command->node_count; i++)
        if (consignment_is_stalled(&c->nodes[i], patience_s))
            fanout_stop_one(c->fanout, i, &why);
    if (c->baggage)
        tell_work(c);
}

static void start_watch(struct copy *c)
{
    c->watch.data = c;
    uv_timer_init(c->command->loop, &c->watch);
    uv_timer_start(&c->watch, on_watch, 1000, 1000);
    uv_unref((uv_handle_t *)&c->watch);
}

/* ---- the whole ------------------------------------------------------------------- */

static void on_interrupt(void *arg, unsigned nth)
{
    struct copy *c = arg;
    struct fail why;

    fanout_hold(c->fanout);
    if (nth == 1) {
        progress_line(c->progress, "%zu copying, %zu not started; once more ends them",
                      fanout_running(c->fanout), fanout_waiting(c->fanout));
        return;
    }
    fail_set(&why, FAIL_INTERRUPTED, "interrupted; the next copy goes on from there");
    fanout_stop(c->fanout, &why);
}

static struct giver *make_giver(const struct copy *c)
{
    const struct giver_order order = {.agents = &c->agents,
                                      .baggage = c->baggage,
                                      .into = c->command->options->place};

    return giver_new(&order);
}

static struct taker *make_taker(const struct copy *c, const struct consignment *n)
{
    const struct taker_order order = {.agents = &c->agents,
                                      .path = c->command->options->place,
                                      .into = n->folder};

    return taker_new(&order);
}

static int prepare_node(const struct copy *c, struct consignment *n, struct fail *why)
{
    const struct options *o = c->command->options;

    if (!o->from) {
        n->giver = make_giver(c);
        return n->giver ? 0 : fail_memory(why);
    }
    if (asprintf(&n->folder, "%s/%s", o->into, n->node->name) < 0)
        n->folder = NULL;
    n->taker = n->folder ? make_taker(c, n) : NULL;
    return n->taker ? 0 : fail_memory(why);
}

/* Our own folder, made when it is missing; its parent must be there. */
static int prepare_folder(const char *folder, struct fail *why)
{
    if ((mkdir(folder, 0777) < 0 && errno != EEXIST) || access(folder, W_OK | X_OK) < 0)
        return fail_set(why, FAIL_USAGE, "%s: %s", folder, strerror(errno));
    return 0;
}

static int prepare_nodes(struct copy *c, struct fail *why)
{
    c->nodes = calloc(c->command->node_count + 1, sizeof *c->nodes);
    if (!c->nodes)
        return fail_memory(why);
    for (size_t i = 0; i < c->command->node_count; i++) {
        c->nodes[i].node = c->command->nodes[i];
        if (prepare_node(c, &c->nodes[i], why) < 0)
            return -1;
    }
    return 0;
}

static int prepare_fanout(struct copy *c, struct fail *why)
{
    static const struct fanout_hooks hooks = {.line = make_line,
                                              .input = input_of,
                                              .connecting = on_connecting,
                                              .retrying = on_retrying,
                                              .running = on_running,
                                              .data = on_data,
                                              .ended = on_ended};
    struct fanout_order order = {
        .nodes = c->command->nodes,
        .node_count = c->command->node_count,
        .sudo = c->command->options->exec_sudo,
        .ends_with_input = true,
        .login_ms = command_login_ms(c->command),
    };
    struct errand_site site = {.loop = c->command->loop, .client = c->client};

    if (command_at_once(c->command, &order.width, why) < 0 ||
        command_door(c->command, &site.door, why) < 0)
        return -1;
    if (c->command->options->from && order.width > MAX_TAKEN_AT_ONCE)
        order.width = MAX_TAKEN_AT_ONCE;
    c->fanout = fanout_new(&site, &order, &hooks, c);
    return c->fanout ? 0 : fail_memory(why);
}

/* Everything of our own machine before any node is reached. */
static int prepare(struct copy *c, struct fail *why)
{
    const struct options *o = c->command->options;

    c->outcome.total = c->command->node_count;
    if (command_client(c->command, &c->client, why) < 0 ||
        agentfiles_read(NULL, &c->agents, why) < 0 ||
        (o->from ? prepare_folder(o->into, why)
                 : baggage_pack(o->sources, o->source_count, NULL, NULL, &c->baggage,
                                why)) < 0 ||
        prepare_nodes(c, why) < 0 || prepare_fanout(c, why) < 0)
        return -1;
    return command_progress(c->command, "copy", states, STATES, &c->progress, why);
}

static void clear(struct copy *c)
{
    for (size_t i = 0; c->nodes && i < c->command->node_count; i++)
        consignment_clear(&c->nodes[i]);
    free(c->nodes);
    fanout_free(c->fanout);
    baggage_free(c->baggage);
    agentfiles_clear(&c->agents);
}

static int print_json(const struct copy *c, struct fail *why)
{
    CLEANUP(json_done)
    struct json *doc =
        consignments_encode(c->nodes, c->command->node_count, c->command->options->place);

    return doc ? screen_json(doc, why) : fail_memory(why);
}

static int print_all(const struct copy *c, struct fail *why)
{
    CLEANUP(text_clear) struct text well = {0};
    CLEANUP(text_clear) struct text trouble = {0};
    size_t count = c->command->node_count;

    if (consignments_render(c->nodes, count, &well, why) < 0 ||
        consignments_render_trouble(c->nodes, count, color_wanted(STDERR_FILENO),
                                    &trouble, why) < 0)
        return -1;
    if (!c->command->options->quiet)
        screen_out(&well);
    screen_err(&trouble);
    return 0;
}

static int run(struct copy *c)
{
    const struct options *o = c->command->options;
    struct fail why, rest;

    if (prepare(c, &why) < 0 || command_watch(c->command, on_interrupt, c, &why) < 0) {
        progress_close(c->progress);
        return screen_fail(&why);
    }
    start_watch(c);
    fanout_launch(c->fanout);
    uv_run(c->command->loop, UV_RUN_DEFAULT);
    fail_set(&rest, FAIL_INTERRUPTED, "interrupted before it was started");
    fanout_rest(c->fanout, &rest);
    uv_close((uv_handle_t *)&c->watch, NULL);
    progress_close(c->progress);
    if (!o->ndjson && (o->json ? print_json(c, &why) : print_all(c, &why)) < 0)
        return screen_fail(&why);
    return outcome_status(&c->outcome);
}

int cmd_copy(struct command *command)
{
    struct copy c = {.command = command};
    int status = run(&c);

    uv_run(command->loop, UV_RUN_DEFAULT); /* its timer goes before what it lies in */
    clear(&c);
    return status;
}
