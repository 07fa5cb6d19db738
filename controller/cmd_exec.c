/* ibfleet exec - run a shell line on each node
 *
 * At most --width nodes at once.  Live, each line is printed with its node as it
 * comes, stdout to stdout and stderr to stderr; with --gather output is kept and
 * equal ones are folded; with --json everything is told at the end.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/exec/answer.h"
#include "controller/exec/gather.h"
#include "controller/exec/shot.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/trouble.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA        "ibfleet.exec/1"
#define EVENT_SCHEMA  "ibfleet.exec-event/1"
#define DEFAULT_WIDTH 64

/* What all nodes together may say where it is kept; one's own ceiling is lower. */
#define MAX_KEPT_BYTES ((size_t)256 << 20)

/* What fits into one SSH packet with room to spare. */
#define MAX_COMMAND_BYTES ((size_t)16 << 10)

enum { WAITING, CONNECTING, RUNNING, DONE, FAILED, STATES };

static const struct progress_state states[STATES] = {{"waiting", PROGRESS_STILL},
                                                     {"connecting", PROGRESS_BUSY},
                                                     {"running", PROGRESS_BUSY},
                                                     {"done", PROGRESS_GOOD},
                                                     {"failed", PROGRESS_BAD}};

enum mode { LIVE, GATHER, JSON };

struct exec;

struct target {
    struct exec *exec;
    struct shot_order order;
    struct shot *shot; /* while under way */
    struct answer answer;
    uint64_t started_ms;
};

struct exec {
    struct command *command;
    enum mode mode;
    char *line; /* the shell line */
    struct ssh_client *client;
    struct target *targets;
    size_t next, running, width;
    size_t kept_bytes; /* of all nodes */
    bool stopping;     /* start nothing new */
    struct progress *progress;
    struct outcome outcome;
};

/* ---- live lines ---------------------------------------------------------------------
 */

/* What one call of on_data() brings is written at once. */
static void print_page(const struct target *t, enum ssh_stream stream,
                       const struct text *page)
{
    if (!page->len_bytes)
        return;
    progress_hide(t->exec->progress);
    if (stream == SSH_STDOUT)
        screen_out(page);
    else
        screen_err(page);
}

static void print_live(struct target *t, enum ssh_stream stream, const char *bytes,
                       size_t len_bytes)
{
    CLEANUP(text_clear) struct text page = {0};

    answer_cut(&t->answer, stream, bytes, len_bytes, t->exec->command->options->raw,
               &page);
    print_page(t, stream, &page);
}

static void print_last(struct target *t)
{
    for (int stream = SSH_STDOUT; stream <= SSH_STDERR; stream++) {
        CLEANUP(text_clear) struct text page = {0};

        answer_cut(&t->answer, (enum ssh_stream)stream, NULL, 0,
                   t->exec->command->options->raw, &page);
        print_page(t, (enum ssh_stream)stream, &page);
    }
}

/* ---- one node ------------------------------------------------------------------------
 */

static void launch(struct exec *e);

static size_t index_of(const struct target *t)
{
    return (size_t)(t - t->exec->targets);
}

static void on_running(void *arg)
{
    struct target *t = arg;

    progress_set(t->exec->progress, index_of(t), RUNNING);
}

static int keep(struct target *t, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, struct fail *why)
{
    struct exec *e = t->exec;

    e->kept_bytes += len_bytes;
    if (e->kept_bytes > MAX_KEPT_BYTES)
        return fail_set(why, FAIL_FLOOD, "stopped after %zu MiB of output of all nodes",
                        MAX_KEPT_BYTES >> 20);
    return answer_keep(&t->answer, e->mode == GATHER ? SSH_STDOUT : stream, bytes,
                       len_bytes, why);
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct target *t = arg;
    struct fail why;
    int fine;

    if (t->exec->mode == LIVE) {
        print_live(t, stream, bytes, len_bytes);
        fine = answer_count(&t->answer, len_bytes, &why);
    } else {
        fine = keep(t, stream, bytes, len_bytes, &why);
    }
    if (fine < 0)
        shot_stop(t->shot, &why);
}

static void print_event(const struct target *t)
{
    CLEANUP(json_done) struct json *doc = answer_encode(&t->answer);

    if (!doc || json_put_text(doc, "schema", EVENT_SCHEMA) < 0 ||
        screen_ndjson(doc, NULL) < 0)
        t->exec->outcome.our_fault = true;
}

/* The end of a node, however it came: also of one that was never started. */
static void settle(struct target *t, int status, const struct fail *why)
{
    struct exec *e = t->exec;

    answer_end(&t->answer, status, why);
    outcome_count(&e->outcome, &t->answer.why);
    progress_set(e->progress, index_of(t),
                 t->answer.why.code == FAIL_NONE ? DONE : FAILED);
    if (e->mode == LIVE)
        print_last(t);
    if (e->command->options->ndjson)
        print_event(t);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct target *t = arg;
    struct exec *e = t->exec;

    t->shot = NULL;
    t->answer.took_ms = uv_now(e->command->loop) - t->started_ms;
    e->running--;
    settle(t, status, why);
    launch(e);
}

static void start(struct target *t)
{
    static const struct shot_hooks hooks = {.running = on_running,
                                            .data = on_data,
                                            .ended = on_ended};
    struct exec *e = t->exec;
    struct fail why;

    t->started_ms = uv_now(e->command->loop);
    t->shot = shot_start(e->command->loop, e->client, &t->order, &hooks, t);
    if (!t->shot) {
        fail_memory(&why);
        settle(t, SSH_STATUS_UNKNOWN, &why);
        return;
    }
    e->running++;
    progress_set(e->progress, index_of(t), CONNECTING);
}

static void launch(struct exec *e)
{
    while (!e->stopping && e->running < e->width && e->next < e->command->node_count)
        start(&e->targets[e->next++]);
}

/* ---- the whole ------------------------------------------------------------------------
 */

static void on_interrupt(void *arg, unsigned nth)
{
    struct exec *e = arg;
    struct fail why;

    e->stopping = true;
    if (nth == 1) {
        progress_line(e->progress, "%zu running, %zu not started; once more ends them",
                      e->running, e->command->node_count - e->next);
        return;
    }
    fail_set(&why, FAIL_INTERRUPTED, "interrupted while it ran");
    for (size_t i = 0; i < e->next; i++)
        if (e->targets[i].shot)
            shot_stop(e->targets[i].shot, &why);
}

static void settle_rest(struct exec *e)
{
    struct fail why;

    fail_set(&why, FAIL_INTERRUPTED, "interrupted before it was started");
    while (e->next < e->command->node_count)
        settle(&e->targets[e->next++], SSH_STATUS_UNKNOWN, &why);
}

/* The words as ssh joins them: parted by spaces, for the node's shell to read. */
static int join_words(const struct options *o, char **line, struct fail *why)
{
    CLEANUP(text_clear) struct text joined = {0};

    for (size_t i = 0; i < o->word_count; i++)
        text_add(&joined, "%s%s", i ? " " : "", o->words[i]);
    if (joined.len_bytes > MAX_COMMAND_BYTES)
        return fail_set(why, FAIL_USAGE, "exec: a command of more than %zu KiB",
                        MAX_COMMAND_BYTES >> 10);
    *line = strdup(text_of(&joined));
    return *line && !text_is_cut(&joined) ? 0 : fail_memory(why);
}

static int prepare(struct exec *e, struct fail *why)
{
    const struct options *o = e->command->options;

    e->mode = o->json || o->ndjson ? JSON : o->gather ? GATHER : LIVE;
    e->width = o->width == OPTION_UNSET ? DEFAULT_WIDTH : (size_t)o->width;
    e->outcome.total = e->command->node_count;
    e->targets = calloc(e->command->node_count, sizeof *e->targets);
    if (!e->targets)
        return fail_memory(why);
    if (join_words(o, &e->line, why) < 0 ||
        command_client(e->command, &e->client, why) < 0)
        return -1;
    for (size_t i = 0; i < e->command->node_count; i++) {
        struct target *t = &e->targets[i];

        t->exec = e;
        t->answer.node = e->command->nodes[i];
        t->order =
            (struct shot_order){.node = e->command->nodes[i],
                                .command = e->line,
                                .deadline_ms = o->timeout_s == OPTION_UNSET
                                                   ? 0
                                                   : 1000u * (uint64_t)o->timeout_s};
    }
    return command_progress(e->command, "exec", states, STATES, &e->progress, why);
}

static void clear(struct exec *e)
{
    for (size_t i = 0; e->targets && i < e->command->node_count; i++)
        answer_clear(&e->targets[i].answer);
    free(e->targets);
    free(e->line);
}

/* ---- what is told at the end --------------------------------------------------- */

static int print_gathered(const struct exec *e, struct fail *why)
{
    CLEANUP(gather_done) struct gather *g = gather_new(e->command->options->raw);
    CLEANUP(text_clear) struct text text = {.max_bytes = 4 * MAX_KEPT_BYTES};

    if (!g)
        return fail_memory(why);
    for (size_t i = 0; i < e->command->node_count; i++)
        if (gather_add(g, &e->targets[i].answer, why) < 0)
            return -1;
    gather_render(g, color_wanted(STDOUT_FILENO), &text);
    screen_out(&text);
    return 0;
}

static struct json *encode_answer(const void *arg, size_t i)
{
    const struct exec *e = arg;

    return answer_encode(&e->targets[i].answer);
}

static int print_json(const struct exec *e, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_text(doc, "command", e->line) < 0 ||
        json_put(doc, "nodes", json_list(e->command->node_count, encode_answer, e)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

static int print_trouble(const struct exec *e, struct fail *why)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < e->command->node_count; i++) {
        const struct answer *a = &e->targets[i].answer;

        if (e->mode == GATHER && a->why.code == FAIL_COMMAND && a->kept[0].len_bytes)
            continue; /* told with its output */
        if (a->why.code && trouble_add(t, a->node, &a->why, why) < 0)
            return -1;
    }
    trouble_render(t, color_wanted(STDERR_FILENO), &text);
    screen_err(&text);
    return 0;
}

static int print_all(const struct exec *e, struct fail *why)
{
    if (e->mode == GATHER && print_gathered(e, why) < 0)
        return -1;
    if (e->command->options->json)
        return print_json(e, why);
    return print_trouble(e, why);
}

static int run(struct exec *e)
{
    struct fail why;

    if (prepare(e, &why) < 0 || command_watch(e->command, on_interrupt, e, &why) < 0) {
        progress_close(e->progress);
        return screen_fail(&why);
    }
    launch(e);
    uv_run(e->command->loop, UV_RUN_DEFAULT);
    settle_rest(e);
    progress_close(e->progress);
    if (print_all(e, &why) < 0)
        return screen_fail(&why);
    return (int)outcome_status(&e->outcome);
}

int cmd_exec(struct command *c)
{
    struct exec e = {.command = c};
    int status = run(&e);

    clear(&e);
    return status;
}
