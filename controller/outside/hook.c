#include "controller/outside/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/outside/hook_answer.h"
#include "controller/program/program.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Its first line is told, and nothing is made of the rest. */
#define KEEP_BYTES ((size_t)1024)

struct hook {
    enum hook_kind kind;
    char *file;
    uint64_t deadline_ms;
    struct program *program;
    void (*on_answer)(void *arg, const struct hook_answer *answer);
    void *arg;
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* What is beside our own environment. */
struct variables {
    char *run, *hook, *node;
};

static void variables_done(struct variables *v)
{
    free(v->run);
    free(v->hook);
    free(v->node);
}

static int set_variables(const struct hook_call *call, struct variables *v)
{
    if (asprintf(&v->run, "IBFLEET_RUN=%s", call->run) < 0)
        v->run = NULL;
    if (asprintf(&v->hook, "IBFLEET_HOOK=%s", hook_name(call->kind)) < 0)
        v->hook = NULL;
    if (asprintf(&v->node, "IBFLEET_NODE=%s", call->node ? call->node : "") < 0)
        v->node = NULL;
    return v->run && v->hook && v->node ? 0 : -1;
}

static void hook_free(struct hook *h)
{
    if (h)
        free(h->file);
    free(h);
}

static void on_ended(void *arg, const struct program_result *result)
{
    struct hook *h = arg;
    struct hook_answer answer =
        hook_answer_of(h->kind, h->file, result, (double)h->deadline_ms / 1000);

    h->on_answer(h->arg, &answer);
}

static int start(struct uv_loop_s *loop, struct hook *h, const struct hook_call *call,
                 struct fail *why)
{
    CLEANUP(variables_done) struct variables v = {0};
    const char *const argv[] = {h->file, hook_name(call->kind), NULL};
    struct program_order order = {.argv = argv,
                                  .input = call->doc,
                                  .input_bytes = strlen(call->doc),
                                  .deadline_ms = h->deadline_ms,
                                  .grace_ms = call->grace_ms,
                                  .keep_bytes = KEEP_BYTES};

    if (set_variables(call, &v) < 0)
        return fail_memory(why);
    order.env = (const char *const[]){v.run, v.hook, v.node, NULL};
    if (program_start(loop, &order, on_ended, h, &h->program, why) == 0)
        return 0;
    if (why && why->code != FAIL_MEMORY)
        why->code = FAIL_HOOK;
    return fail_prefix(why, "%s hook", hook_name(call->kind));
}

int hook_start(struct uv_loop_s *loop, const struct hook_call *call,
               void (*on_answer)(void *arg, const struct hook_answer *answer), void *arg,
               struct hook **made, struct fail *why)
{
    struct hook *h = calloc(1, sizeof *h);

    if (h)
        h->file = strdup(call->program);
    if (!h || !h->file) {
        hook_free(h);
        return fail_memory(why);
    }
    h->kind = call->kind;
    h->deadline_ms = call->deadline_ms ? call->deadline_ms : HOOK_DEADLINE_MS;
    h->on_answer = on_answer;
    h->arg = arg;
    if (start(loop, h, call, why) < 0) {
        hook_free(h);
        return -1;
    }
    *made = h;
    return 0;
}

static void on_program_closed(void *arg)
{
    struct hook *h = arg;

    if (h->on_closed)
        h->on_closed(h->closed_arg);
    hook_free(h);
}

void hook_close(struct hook *h, void (*on_closed)(void *arg), void *arg)
{
    h->on_closed = on_closed;
    h->closed_arg = arg;
    program_close(h->program, on_program_closed, h);
}
