#include "tests/fake/acting_arm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "protocol/json.h"
#include "protocol/scope.h"

void (*acting_arm_play)(const char *asked, const char *body, struct acting_reply *reply);

struct arm {
    uv_loop_t *loop;
    struct call *calls;
};

struct call {
    struct call *next, **link;
    uv_timer_t timer;
    struct acting_reply reply;
    struct arm_act_hooks hooks;
    void *arg;
    bool is_taken;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void take_down(struct call *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void end(struct call *c, enum fail_code code)
{
    struct call copy = *c;
    CLEANUP(json_done) struct json *doc = NULL;
    struct arm_answer answer = {.status = copy.reply.status,
                                .may_be_done = copy.reply.may_be_done};
    struct fail why;
    int status = 0;

    if (code == FAIL_NONE && copy.reply.body)
        status = json_parse(copy.reply.body, strlen(copy.reply.body), &doc, NULL);
    assert(status == 0);
    (void)status;
    answer.body = doc;
    if (code != FAIL_NONE) {
        fail_set(&why, code, "Azure says no");
        answer.why = &why;
    }
    take_down(c);
    copy.hooks.done(copy.arg, &answer);
}

static void on_turn(uv_timer_t *timer)
{
    struct call *c = timer->data;

    if (c->reply.code != FAIL_NONE)
        end(c, c->reply.code);
    else if (!c->reply.url || c->is_taken)
        end(c, c->is_taken ? c->reply.end : FAIL_NONE);
    else {
        c->is_taken = true;
        uv_timer_start(&c->timer, on_turn, c->reply.lasts ? 60000 : 5, 0);
        if (c->hooks.taken)
            c->hooks.taken(c->arg, ARM_TRACK_OPERATION, c->reply.url);
    }
}

static void begin(struct arm *arm, const char *asked, const struct json *body,
                  const struct arm_act_hooks *hooks, void *arg)
{
    CLEANUP(text_done) char *text = body ? json_print(body) : NULL;
    struct call *c = calloc(1, sizeof *c);

    assert(c);
    c->reply.status = 200;
    c->hooks = *hooks;
    c->arg = arg;
    acting_arm_play(asked, text, &c->reply);
    uv_timer_init(arm->loop, &c->timer);
    c->timer.data = c;
    c->next = arm->calls;
    c->link = &arm->calls;
    if (c->next)
        c->next->link = &c->next;
    arm->calls = c;
    uv_timer_start(&c->timer, on_turn, c->reply.never ? 60000 : 0, 0);
}

static void ask(struct arm *arm, const struct arm_request *request,
                const struct arm_act_hooks *hooks, void *arg)
{
    char asked[1200];

    snprintf(asked, sizeof asked, "%s %s", request->method, request->path);
    begin(arm, asked, request->body, hooks, arg);
}

int arm_call(struct arm *arm, const struct arm_request *request, arm_done *done,
             void *arg, struct fail *why)
{
    const struct arm_act_hooks hooks = {.done = done};

    (void)why;
    ask(arm, request, &hooks, arg);
    return 0;
}

int arm_act(struct arm *arm, const struct arm_request *request,
            const struct arm_act_hooks *hooks, void *arg, struct fail *why)
{
    (void)why;
    ask(arm, request, hooks, arg);
    return 0;
}

int arm_follow(struct arm *arm, enum arm_track track, const char *url, const char *what,
               uint64_t deadline_ms, const struct arm_act_hooks *hooks, void *arg,
               struct fail *why)
{
    char asked[1200];

    (void)track, (void)what, (void)deadline_ms, (void)why;
    snprintf(asked, sizeof asked, "FOLLOW %s", url);
    begin(arm, asked, NULL, hooks, arg);
    return 0;
}

struct arm *acting_arm_open(void *loop)
{
    struct arm *arm = calloc(1, sizeof *arm);

    assert(arm);
    arm->loop = loop;
    return arm;
}

void arm_close(struct arm *arm, void (*closed)(void *arg), void *arg)
{
    assert(!closed);
    (void)closed, (void)arg;
    while (arm->calls)
        take_down(arm->calls);
    free(arm);
}
