#include "controller/extension/extension_model.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/deed/deed_instance.h"
#include "controller/extension/extension_plan.h"
#include "inventory/scaleset.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define LOOK_MS     2000u /* between two looks at what Azure is at */
#define WHAT_BYTES  256
#define PATIENCE_MS ARM_DEED_MS

struct extension_model {
    struct arm *arm;
    const struct extension_plan *plan;
    void (*done)(void *arg, const struct fail *why);
    void *arg;
    size_t at; /* the set */
    uv_timer_t timer;
    uint64_t give_up_at_ms;
    bool is_closed;
};

/* ---- its life ----------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void extension_model_close(struct extension_model *model)
{
    if (!model || model->is_closed)
        return;
    model->is_closed = true;
    uv_close((uv_handle_t *)&model->timer, on_closed);
}

static void end(struct extension_model *m, const struct fail *why)
{
    uv_timer_stop(&m->timer);
    m->done(m->arg, why);
}

static void on_timer(uv_timer_t *timer);

/* From the loop, so that no call answers within another. */
static void look_in(struct extension_model *m, uint64_t ms)
{
    uv_timer_start(&m->timer, on_timer, ms, 0);
}

static void begin_next(struct extension_model *m)
{
    m->at++;
    m->give_up_at_ms = 0;
    look_in(m, 0);
}

/* ---- asking --------------------------------------------------------------------------------- */

static int put_path(const struct extension_model *m, char path[DEED_PATH_BYTES],
                    char what[WHAT_BYTES], struct fail *why)
{
    const struct scaleset *set = m->plan->order.sets[m->at];
    const char *name = m->plan->models[m->at].name;
    char below[VM_EXTENSION_MAX_NAME + 16];

    snprintf(what, WHAT_BYTES, "scale set %s/%s: extension %s", set->group, set->name,
             name);
    snprintf(below, sizeof below, "/extensions/%s", name);
    return deed_path_of_set(set, below, path, why);
}

static void settle(struct extension_model *m)
{
    m->give_up_at_ms = uv_now(m->timer.loop) + PATIENCE_MS;
    look_in(m, 0);
}

/* What became of a lost operation the resource tells. */
static void on_changed(void *arg, const struct arm_answer *answer)
{
    struct extension_model *m = arg;

    if (!answer->why)
        begin_next(m);
    else if (answer->why->code == FAIL_AZURE_VANISHED)
        settle(m);
    else
        end(m, answer->why);
}

/* The properties alone would do, but a name that is said is one that Azure checks. */
static struct json *body_of(const struct extension_model *m)
{
    struct vm_extension_wish wish = m->plan->order.wish;

    if (wish.keeps_settings)
        return vm_extension_of_machine(&wish, NULL);
    wish.name = m->plan->models[m->at].name;
    return vm_extension_of_model(&wish);
}

static int change(struct extension_model *m, struct fail *why)
{
    static const struct arm_act_hooks hooks = {.done = on_changed};
    bool is_removal = m->plan->order.action == EXTENSION_REMOVE;
    CLEANUP(json_done) struct json *body = is_removal ? NULL : body_of(m);
    char path[DEED_PATH_BYTES], what[WHAT_BYTES];
    const struct arm_request ask = {
        .method = is_removal                           ? "DELETE"
                  : m->plan->order.wish.keeps_settings ? "PATCH"
                                                       : "PUT",
        .path = path,
        .api_version = DEED_API_VERSION,
        .body = body,
        .what = what,
    };

    if (!is_removal && !body)
        return fail_memory(why);
    if (put_path(m, path, what, why) < 0)
        return -1;
    return arm_act(m->arm, &ask, &hooks, m, why);
}

/* ---- waiting for what somebody has asked for ------------------------------------------------- */

static void look_again(struct extension_model *m)
{
    struct fail why;

    if (uv_now(m->timer.loop) < m->give_up_at_ms) {
        look_in(m, LOOK_MS);
        return;
    }
    fail_set(&why, FAIL_TIMEOUT,
             "scale set %s/%s: Azure is still at the extension of its model: ask again "
             "later",
             m->plan->order.sets[m->at]->group, m->plan->order.sets[m->at]->name);
    end(m, &why);
}

static void fail_settled(struct extension_model *m, const struct vm_extension_seen *seen)
{
    struct fail why;

    fail_set(&why, FAIL_AZURE_OPERATION,
             "scale set %s/%s: the extension of its model is '%s' and not as wished: ask "
             "again",
             m->plan->order.sets[m->at]->group, m->plan->order.sets[m->at]->name,
             vm_extension_state_name(seen->state));
    end(m, &why);
}

static void on_look(void *arg, const struct arm_answer *answer)
{
    struct extension_model *m = arg;
    const struct extension_order *o = &m->plan->order;
    struct vm_extension_seen seen;
    bool is_as;

    if (answer->why && answer->status != 404) {
        end(m, answer->why);
        return;
    }
    vm_extension_read_resource(answer->why ? NULL : answer->body, o->wish.kind, &seen);
    is_as =
        o->action == EXTENSION_REMOVE ? !seen.kind : vm_extension_is_as(&seen, &o->wish);
    if (seen.state == VM_EXTENSION_CHANGING)
        look_again(m);
    else if (is_as && seen.state != VM_EXTENSION_FAILED)
        begin_next(m);
    else
        fail_settled(m, &seen);
}

static int look(struct extension_model *m, struct fail *why)
{
    char path[DEED_PATH_BYTES], what[WHAT_BYTES];
    const struct arm_request ask = {.method = "GET",
                                    .path = path,
                                    .api_version = DEED_API_VERSION,
                                    .what = what};

    if (put_path(m, path, what, why) < 0)
        return -1;
    return arm_call(m->arm, &ask, on_look, m, why);
}

/* ---- one set after the other -------------------------------------------------------------------- */

static int advance(struct extension_model *m, struct fail *why)
{
    if (m->give_up_at_ms)
        return look(m, why);
    while (m->at < m->plan->order.set_count &&
           m->plan->models[m->at].change == EXTENSION_STAYS)
        m->at++;
    if (m->at == m->plan->order.set_count) {
        end(m, NULL);
        return 0;
    }
    if (m->plan->models[m->at].change == EXTENSION_CHANGES)
        return change(m, why);
    m->give_up_at_ms = uv_now(m->timer.loop) + PATIENCE_MS;
    return look(m, why);
}

static void on_timer(uv_timer_t *timer)
{
    struct extension_model *m = timer->data;
    struct fail why;

    if (advance(m, &why) < 0)
        end(m, &why);
}

int extension_model_open(struct uv_loop_s *loop, struct arm *arm,
                         const struct extension_plan *plan,
                         void (*done)(void *arg, const struct fail *why), void *arg,
                         struct extension_model **model, struct fail *why)
{
    struct extension_model *m = calloc(1, sizeof *m);

    if (!m)
        return fail_memory(why);
    *m = (struct extension_model){.arm = arm, .plan = plan, .done = done, .arg = arg};
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    look_in(m, 0);
    *model = m;
    return 0;
}
