/* ibfleet exec - run a shell line on each node
 *
 * All nodes at once, as far as logins and open files allow, or --width.  Live, each line is printed with its node as it
 * comes, stdout to stdout and stderr to stderr; with --gather output is kept and
 * equal ones are folded; with --json everything is told at the end.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/cost.h"
#include "controller/exec/allotment.h"
#include "controller/exec/answer.h"
#include "controller/exec/answers.h"
#include "controller/exec/fanout.h"
#include "controller/exec/input.h"
#include "controller/exec/outfiles.h"
#include "controller/exec/shell_line.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define EVENT_SCHEMA "ibfleet.exec-event/1"

/* With --largest-status, as ssh and pdsh have it. */
#define NO_STATUS 255

enum { WAITING, CONNECTING, RETRYING, RUNNING, DONE, FAILED, STATES };

static const struct progress_state states[STATES] = {{"waiting", PROGRESS_STILL},
                                                     {"connecting", PROGRESS_BUSY},
                                                     {"retrying", PROGRESS_BUSY},
                                                     {"running", PROGRESS_BUSY},
                                                     {"done", PROGRESS_GOOD},
                                                     {"failed", PROGRESS_BAD}};

enum mode { LIVE, GATHER, JSON };

/* How far a node has read our input. */
struct reader {
    const struct input *input;
    uint64_t at;
};

struct exec {
    struct command *command;
    enum mode mode;
    char *words; /* the shell line, as it was typed */
    struct shell_line line;
    struct ssh_client *client;
    struct fanout *fanout;
    struct answer *answers; /* of the command's nodes */
    struct allotment allotment;
    struct outfiles *files; /* NULL without --outdir */
    struct input *input;    /* NULL without --stdin  */
    struct reader *readers; /* of the input, one for each node */
    struct progress *progress;
    struct outcome outcome;
    int largest_status; /* of the commands; NO_STATUS: a node had none */
    struct fail rest;   /* why those that were not started were not */
};

/* ---- what a node says --------------------------------------------------------- */

/* What one call of on_data() brings is written at once. */
static void print_page(const struct exec *e, enum ssh_stream stream,
                       const struct text *page)
{
    if (!page->len_bytes)
        return;
    progress_hide(e->progress);
    if (stream == SSH_STDOUT)
        screen_out(page);
    else
        screen_err(page);
}

static unsigned style_of(const struct options *o)
{
    return (o->raw ? (unsigned)ANSWER_RAW : 0) | (o->no_label ? ANSWER_BARE : 0);
}

/* bytes NULL: the last line, which has no end. */
static void print_live(struct exec *e, struct answer *a, enum ssh_stream stream,
                       const char *bytes, size_t len_bytes)
{
    CLEANUP(text_clear) struct text page = {0};

    answer_cut(a, stream, bytes, len_bytes, style_of(e->command->options), &page);
    print_page(e, stream, &page);
}

static int keep(struct exec *e, struct answer *a, enum ssh_stream stream,
                const char *bytes, size_t len_bytes, struct fail *why)
{
    if (allotment_take(&e->allotment, a->heard_bytes, len_bytes, why) < 0)
        return -1;
    return answer_keep(a, e->mode == GATHER ? SSH_STDOUT : stream, bytes, len_bytes, why);
}

static int on_data(void *arg, size_t i, enum ssh_stream stream, const char *bytes,
                   size_t len_bytes, struct fail *why)
{
    struct exec *e = arg;
    struct answer *a = &e->answers[i];

    if (e->files &&
        outfiles_add(e->files, a->node->name, stream, bytes, len_bytes, why) < 0)
        return -1;
    if (stream == SSH_STDERR && e->command->options->exec_sudo)
        tail_add(&a->err, bytes, len_bytes);
    if (e->mode != LIVE)
        return keep(e, a, stream, bytes, len_bytes, why);
    print_live(e, a, stream, bytes, len_bytes);
    return answer_count(a, len_bytes, why);
}

/* ---- where a node stands --------------------------------------------------------- */

static void on_connecting(void *arg, size_t i)
{
    struct exec *e = arg;

    progress_set(e->progress, i, CONNECTING);
}

static void on_retrying(void *arg, size_t i)
{
    struct exec *e = arg;

    progress_set(e->progress, i, RETRYING);
}

static void on_running(void *arg, size_t i)
{
    struct exec *e = arg;

    e->answers[i].ran = true;
    progress_set(e->progress, i, RUNNING);
}

static void note_way(const struct exec *e, struct answer *a)
{
    const struct ssh_order order = ssh_order_to(a->node);

    a->way = ssh_client_way(e->client, &order);
}

static void print_event(struct exec *e, struct answer *a)
{
    CLEANUP(json_done) struct json *doc = NULL;

    note_way(e, a);
    doc = answer_encode(a);
    if (!doc || json_put_text(doc, "schema", EVENT_SCHEMA) < 0 ||
        screen_ndjson(doc, NULL) < 0)
        e->outcome.our_fault = true;
}

static void note_status(struct exec *e, const struct answer *a)
{
    int status = a->status == SSH_STATUS_UNKNOWN ? NO_STATUS : a->status;

    if (status > e->largest_status)
        e->largest_status = status;
}

/* The first failure: nobody is started any more, and who runs is ended. */
static void fail_fast(struct exec *e, const struct answer *failed)
{
    struct fail why;

    if (e->rest.code == FAIL_BUDGET)
        return;
    fail_set(&why, FAIL_BUDGET, "ended while it ran: %s failed", failed->node->name);
    fail_set(&e->rest, FAIL_BUDGET, "not started: %s failed", failed->node->name);
    fanout_hold(e->fanout);
    fanout_stop(e->fanout, &why);
}

/* Whom the operator has ended has not failed. */
static bool has_failed(const struct answer *a)
{
    return a->why.code != FAIL_NONE && a->why.code != FAIL_INTERRUPTED;
}

/* However it came: also of one that was never started. */
static void on_ended(void *arg, size_t i, int status, uint64_t took_ms,
                     const struct fail *why)
{
    struct exec *e = arg;
    struct answer *a = &e->answers[i];

    a->took_ms = took_ms;
    answer_end(a, status, why);
    if (e->command->options->exec_sudo && a->why.code == FAIL_COMMAND)
        shell_line_is_refused(a->err.text, &a->why);
    note_status(e, a);
    outcome_count(&e->outcome, &a->why);
    progress_set(e->progress, i, a->why.code == FAIL_NONE ? DONE : FAILED);
    if (e->mode == LIVE) {
        print_live(e, a, SSH_STDOUT, NULL, 0);
        print_live(e, a, SSH_STDERR, NULL, 0);
    }
    if (e->command->options->ndjson)
        print_event(e, a);
    if (e->command->options->fail_fast && has_failed(a))
        fail_fast(e, a);
}

/* ---- the whole ------------------------------------------------------------------- */

static void on_interrupt(void *arg, unsigned nth)
{
    struct exec *e = arg;
    struct fail why;

    fanout_hold(e->fanout);
    if (nth == 1) {
        progress_line(e->progress, "%zu running, %zu not started; once more ends them",
                      fanout_running(e->fanout), fanout_waiting(e->fanout));
        return;
    }
    fail_set(&why, FAIL_INTERRUPTED, "interrupted while it ran");
    fanout_stop(e->fanout, &why);
}

static int make_line(void *arg, size_t i, char **line, struct fail *why)
{
    const struct exec *e = arg;
    const struct ssh_order order = ssh_order_to(e->command->nodes[i]);

    return shell_line_for(&e->line, e->command->nodes[i], i,
                          ssh_client_user(e->client, &order), line, why);
}

static ssize_t read_input(void *arg, char *bytes, size_t size_bytes, struct fail *why)
{
    struct reader *r = arg;
    ssize_t n = input_read(r->input, r->at, bytes, size_bytes, why);

    r->at += n > 0 ? (uint64_t)n : 0;
    return n;
}

static struct shot_input input_of(void *arg, size_t i)
{
    struct exec *e = arg;

    if (!e->input)
        return (struct shot_input){0};
    e->readers[i] = (struct reader){.input = e->input};
    return (struct shot_input){read_input, &e->readers[i]};
}

static int prepare_fanout(struct exec *e, struct fail *why)
{
    static const struct fanout_hooks hooks = {.line = make_line,
                                              .input = input_of,
                                              .connecting = on_connecting,
                                              .retrying = on_retrying,
                                              .running = on_running,
                                              .data = on_data,
                                              .ended = on_ended};
    const struct options *o = e->command->options;
    struct fanout_order order = {
        .nodes = e->command->nodes,
        .node_count = e->command->node_count,
        .sudo = o->exec_sudo,
        .login_ms = command_login_ms(e->command),
        .deadline_ms = command_login_ms(e->command), /* the same for all of it */
    };
    struct errand_site site = {.loop = e->command->loop};

    e->line.subst = o->subst;
    e->line.sudo = o->exec_sudo;
    if (shell_line_check(&e->line, why) < 0 ||
        command_client(e->command, &e->client, why) < 0 ||
        command_at_once(e->command, &order.width, why) < 0 ||
        command_door(e->command, &site.door, why) < 0)
        return -1;
    if (o->width == OPTION_UNSET && order.width < order.node_count)
        screen_warn("%zu nodes, at most %zu at once: more would need more open files "
                    "(ulimit -Hn)",
                    order.node_count, order.width);
    site.client = e->client;
    e->fanout = fanout_new(&site, &order, &hooks, e);
    return e->fanout ? 0 : fail_memory(why);
}

/* All files before anybody is reached: those of an earlier run must not be taken for
 * what a node says now.
 */
static int prepare_files(struct exec *e, struct fail *why)
{
    const char *folder = e->command->options->outdir;

    if (!folder)
        return 0;
    if (outfiles_open(folder, &e->files, why) < 0)
        return -1;
    for (size_t i = 0; i < e->command->node_count; i++)
        if (outfiles_begin(e->files, e->command->nodes[i]->name, why) < 0)
            return -1;
    return 0;
}

static int prepare(struct exec *e, struct fail *why)
{
    const struct options *o = e->command->options;

    e->mode = o->json || o->ndjson ? JSON : o->gather || o->diff ? GATHER : LIVE;
    fail_set(&e->rest, FAIL_INTERRUPTED, "interrupted before it was started");
    e->outcome.total = e->allotment.node_count = e->command->node_count;
    e->answers = calloc(e->command->node_count + 1, sizeof *e->answers);
    e->readers = calloc(e->command->node_count + 1, sizeof *e->readers);
    if (!e->answers || !e->readers)
        return fail_memory(why);
    for (size_t i = 0; i < e->command->node_count; i++)
        e->answers[i].node = e->command->nodes[i];
    if (shell_line_join(o->words, o->word_count, &e->words, why) < 0)
        return -1;
    e->line.words = e->words;
    if ((o->with_stdin && input_open(STDIN_FILENO, &e->input, why) < 0) ||
        prepare_fanout(e, why) < 0 || prepare_files(e, why) < 0)
        return -1;
    return command_progress(e->command, "exec", states, STATES, &e->progress, why);
}

static void clear(struct exec *e)
{
    for (size_t i = 0; e->answers && i < e->command->node_count; i++)
        answer_clear(&e->answers[i]);
    fanout_free(e->fanout);
    outfiles_close(e->files);
    input_close(e->input);
    free(e->answers);
    free(e->readers);
    free(e->words);
}

/* ---- what is told at the end --------------------------------------------------- */

static int print_all(const struct exec *e, struct fail *why)
{
    const struct options *o = e->command->options;
    struct answers_style style = {e->mode == GATHER, o->diff, o->quiet, o->raw};
    CLEANUP(text_clear) struct text output = {.max_bytes = 4 * ALLOTMENT_BYTES};
    CLEANUP(text_clear) struct text trouble = {0};
    size_t count = e->command->node_count;

    if (e->mode == GATHER &&
        answers_render_output(e->answers, count, &style, color_wanted(STDOUT_FILENO),
                              &output, why) < 0)
        return -1;
    if (answers_render_trouble(e->answers, count, &style, color_wanted(STDERR_FILENO),
                               &trouble, why) < 0)
        return -1;
    screen_out(&output);
    screen_err(&trouble);
    return 0;
}

static int print_json(const struct exec *e, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    for (size_t i = 0; i < e->command->node_count; i++)
        note_way(e, &e->answers[i]);
    doc = answers_encode(e->answers, e->command->node_count, e->words);
    if (!doc || json_put(doc, "cost", cost_encode(e->client)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

static int run(struct exec *e)
{
    struct fail why;

    if (prepare(e, &why) < 0 || command_watch(e->command, on_interrupt, e, &why) < 0) {
        progress_close(e->progress);
        return screen_fail(&why);
    }
    fanout_launch(e->fanout);
    uv_run(e->command->loop, UV_RUN_DEFAULT);
    fanout_rest(e->fanout, &e->rest);
    progress_close(e->progress);
    if ((e->command->options->json ? print_json(e, &why) : print_all(e, &why)) < 0)
        return screen_fail(&why);
    return e->command->options->largest_status ? e->largest_status
                                               : outcome_status(&e->outcome);
}

int cmd_exec(struct command *c)
{
    struct exec e = {.command = c};
    int status = run(&e);

    clear(&e);
    return status;
}
