#include "tests/fake/fake_arm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/whole_file.h"
#include "inventory/armfield.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct fake_arm_answer fake_arm_script[FAKE_ARM_MOST];
size_t fake_arm_calls;
char fake_arm_asked[FAKE_ARM_MOST][1024];

struct arm {
    uv_timer_t timer;
    const struct fake_arm_answer *next; /* NULL: nothing is under way */
    arm_done *done;
    struct arm_list_hooks hooks;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
};

static struct json *read_data(const char *name)
{
    CLEANUP(text_done) char *text = NULL;
    struct json *doc = NULL;
    char path[128];
    size_t len;
    int status;

    snprintf(path, sizeof path, "tests/data/azure/%s.json", name);
    status = whole_file_read(path, 1 << 20, &text, &len);
    assert(status == 0);
    status = json_parse(text, len, &doc, NULL);
    assert(status == 0);
    (void)status;
    return doc;
}

static int give_page(struct arm *arm, const char *name, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = name ? read_data(name) : NULL;

    return doc ? arm->hooks.page(arm->arg, armfield_at(doc, "value"), why) : 0;
}

static void answer_list(struct arm *arm, const struct fake_arm_answer *a)
{
    struct fail why;

    if (!a->data)
        fail_set(&why, a->code, "Azure says no");
    else if (give_page(arm, a->data, &why) == 0 && give_page(arm, a->again, &why) == 0) {
        arm->hooks.done(arm->arg, NULL);
        return;
    }
    arm->hooks.done(arm->arg, &why);
}

static void answer_call(struct arm *arm, const struct fake_arm_answer *a)
{
    CLEANUP(json_done) struct json *doc = a->data ? read_data(a->data) : NULL;
    struct arm_answer answer = {.status = 200, .body = doc};
    struct fail why;

    if (!doc) {
        fail_set(&why, a->code, "Azure says no");
        answer.why = &why;
    }
    arm->done(arm->arg, &answer);
}

static void on_turn(uv_timer_t *timer)
{
    struct arm *arm = timer->data;
    const struct fake_arm_answer *a = arm->next;

    arm->next = NULL;
    if (arm->done)
        answer_call(arm, a);
    else
        answer_list(arm, a);
}

static void ask_for(struct arm *arm, const struct arm_request *ask)
{
    char *line = fake_arm_asked[fake_arm_calls];
    size_t room = sizeof fake_arm_asked[0], len;

    assert(!arm->next && fake_arm_calls < FAKE_ARM_MOST);
    len = (size_t)snprintf(line, room, "%s %s?%s", ask->method, ask->path,
                           ask->api_version);
    for (const struct arm_param *p = ask->query; p && p->name; p++)
        len += (size_t)snprintf(line + len, room - len, " %s=%s", p->name, p->value);
    arm->next = &fake_arm_script[fake_arm_calls++];
    uv_timer_start(&arm->timer, on_turn, 0, 0);
}

int arm_call(struct arm *arm, const struct arm_request *ask, arm_done *done, void *arg,
             struct fail *why)
{
    (void)why;
    arm->done = done;
    arm->arg = arg;
    ask_for(arm, ask);
    return 0;
}

int arm_list(struct arm *arm, const struct arm_request *ask,
             const struct arm_list_hooks *hooks, void *arg, struct fail *why)
{
    (void)why;
    arm->done = NULL;
    arm->hooks = *hooks;
    arm->arg = arg;
    ask_for(arm, ask);
    return 0;
}

struct arm *fake_arm_open(void *loop)
{
    struct arm *arm = calloc(1, sizeof *arm);

    assert(arm);
    uv_timer_init(loop, &arm->timer);
    arm->timer.data = arm;
    return arm;
}

static void on_closed(uv_handle_t *handle)
{
    struct arm *arm = handle->data;

    if (arm->closed)
        arm->closed(arm->closed_arg);
    free(arm);
}

void arm_close(struct arm *arm, void (*closed)(void *arg), void *arg)
{
    arm->closed = closed;
    arm->closed_arg = arg;
    uv_close((uv_handle_t *)&arm->timer, on_closed);
}

void fake_arm_reset(void)
{
    memset(fake_arm_script, 0, sizeof fake_arm_script);
    fake_arm_calls = 0;
}
