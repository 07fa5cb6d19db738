/* ibfleet azure extension add | upgrade | remove | status
 *
 * Without HOSTS it is the set's: its model is changed first, and then instances are brought
 * to it; with HOSTS these machines' own.  Either way in batches, by the engine of deeds.
 * One struct extending per command, on the stack; what is asked before the deed is waited
 * for one after the other.
 */
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/deed/batch.h"
#include "controller/deed/deed_conduct.h"
#include "controller/deed/deed_kinds.h"
#include "controller/extension/extension_model.h"
#include "controller/extension/extension_plan.h"
#include "controller/extension/extension_report.h"
#include "controller/extension/extension_view.h"
#include "controller/extension/extension_words.h"
#include "controller/options.h"
#include "controller/rollout/prompt.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/act.h"
#include "controller/vmss/action.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct extending {
    struct command *c;
    struct extension_order order;
    struct json *settings;
    const char **names;
    struct arm *arm;
    struct extension_view *view;
    struct extension_plan plan;

    bool is_waiting, yes;
    struct fail why; /* of what was waited for */
};

/* ---- waiting ------------------------------------------------------------------------------- */

static void on_done(void *arg, const struct fail *why)
{
    struct extending *x = arg;

    x->is_waiting = false;
    x->why = why ? *why : (struct fail){.code = FAIL_NONE};
}

/* What is waited for has a deadline of its own. */
static int wait_for(struct extending *x, struct fail *why)
{
    while (x->is_waiting)
        uv_run(x->c->loop, UV_RUN_ONCE);
    if (x->why.code == FAIL_NONE)
        return 0;
    *why = x->why;
    return -1;
}

static void on_answer(void *arg, bool yes)
{
    struct extending *x = arg;

    x->yes = yes;
    on_done(x, NULL);
}

static int ask(struct extending *x, struct fail *why)
{
    struct prompt *prompt;
    int status;

    if (x->c->options->yes) {
        x->yes = true;
        return 0;
    }
    if (!prompt_is_possible())
        return fail_set(why, FAIL_USAGE,
                        "nobody to ask on stdin: --yes does it unasked, --plan only says "
                        "what would be done");
    x->is_waiting = true;
    if (prompt_open(x->c->loop, on_answer, x, &prompt, why) < 0)
        return -1;
    screen_err(&(struct text){.bytes = (char[]){"\nDo that? [y/N] "}, .len_bytes = 16});
    status = wait_for(x, why);
    prompt_close(prompt);
    return status;
}

/* ---- who, and what is there ------------------------------------------------------------------ */

/* By the model only who runs: the others would not be seen to have it. */
static void leave_out_the_stopped(struct command *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->node_count; i++)
        if (scaleset_is_node(census_instance(c->census, c->nodes[i]->name)))
            c->nodes[kept++] = c->nodes[i];
    c->node_count = kept;
}

static int name_nodes(struct extending *x, struct fail *why)
{
    const struct command *c = x->c;

    x->names = calloc(c->node_count + 1, sizeof *x->names);
    if (!x->names)
        return fail_memory(why);
    for (size_t i = 0; i < c->node_count; i++)
        x->names[i] = c->nodes[i]->name;
    x->order.nodes = x->names;
    x->order.node_count = c->node_count;
    return 0;
}

static int look(struct extending *x, struct fail *why)
{
    const struct extension_order *o = &x->order;

    if (census_arm(x->c->census, &x->arm, why) < 0)
        return -1;
    x->is_waiting = true;
    if (extension_view_new(x->arm, o->sets, o->set_count, o->wish.kind, on_done, x,
                           &x->view, why) < 0)
        return -1;
    return wait_for(x, why);
}

static int open_view(struct extending *x, struct fail *why)
{
    struct extension_order *o = &x->order;

    o->sets = census_sets(x->c->census, &o->set_count);
    if (extension_words_read(x->c->options, &o->wish, &x->settings, why) < 0 ||
        name_nodes(x, why) < 0)
        return -1;
    return look(x, why);
}

static void close_all(struct extending *x)
{
    extension_plan_done(&x->plan);
    extension_view_free(x->view);
    json_free(x->settings);
    free(x->names);
}

/* ---- status ------------------------------------------------------------------------------------- */

static int print_status(const struct extending *x, size_t *failed, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = NULL;
    const struct extension_report r = {
        .view = x->view,
        .sets = x->order.sets,
        .set_count = x->order.set_count,
        .nodes = x->order.nodes,
        .node_count = x->order.node_count,
    };

    *failed = extension_report_failed(&r);
    if (x->c->options->json) {
        doc = extension_report_encode(&r);
        return doc ? screen_json(doc, why) : fail_memory(why);
    }
    if (extension_report_render(&r, screen_width(STDOUT_FILENO),
                                color_wanted(STDOUT_FILENO), &text, why) < 0)
        return -1;
    screen_out(&text);
    return 0;
}

int act_extension_status(struct command *c)
{
    struct extending x = {.c = c};
    size_t failed = 0;
    struct fail why;
    int status = open_view(&x, &why) < 0 || print_status(&x, &failed, &why) < 0
                     ? screen_fail(&why)
                 : failed ? EXIT_SOME_FAILED
                          : EXIT_WELL;

    close_all(&x);
    return status;
}

/* ---- the plan ------------------------------------------------------------------------------------- */

static int make_plan(struct extending *x, struct fail *why)
{
    struct extension_order *o = &x->order;

    o->all_at_once = x->c->options->all_at_once;
    o->wish.keeps_settings = o->action == EXTENSION_UPGRADE && !x->settings;
    if (batch_read(x->c->options->batch, o->node_count ? o->node_count : 1, &o->batch,
                   why) < 0)
        return -1;
    return extension_plan_make(o, x->view, &x->plan, why);
}

/* With --json, stdout is for the result alone, which a plan is with --plan. */
static int print_plan(const struct extending *x, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = NULL;
    const struct options *o = x->c->options;
    bool is_result = o->plan || extension_plan_is_empty(&x->plan);

    if (o->json && is_result) {
        doc = extension_plan_encode(&x->plan);
        return doc ? screen_json(doc, why) : fail_memory(why);
    }
    extension_plan_render(&x->plan, &text);
    if (o->json)
        screen_err(&text);
    else
        screen_out(&text);
    return 0;
}

/* ---- the deed ---------------------------------------------------------------------------------------- */

static int make_arg(const struct extending *x, struct extension_deed **arg,
                    struct fail *why)
{
    const struct extension_order *o = &x->plan.order;

    if (extension_deed_new(&o->wish, o->way, arg, why) < 0)
        return -1;
    for (size_t i = 0; i < o->node_count; i++) {
        const struct vm_extension_seen *seen = extension_view_of(x->view, o->nodes[i]);

        if (seen && seen->kind == o->wish.kind && *seen->name &&
            extension_deed_put_name(*arg,
                                    census_instance(x->c->census, o->nodes[i])->resource,
                                    seen->name, why) < 0)
            return -1;
    }
    return 0;
}

static int conduct(struct extending *x)
{
    const struct deed_kind *kind =
        deed_kind_named(extension_action_kind(x->order.action));
    struct extension_deed *arg = NULL;
    struct fail why;
    int status;

    if (make_arg(x, &arg, &why) < 0)
        status = screen_fail(&why);
    else
        status = deed_conduct(x->c, kind, arg, x->order.way == EXTENSION_BY_MODEL);
    extension_deed_free(arg);
    return status;
}

/* Minutes may go by, more of them where the policy brings it to instances meanwhile. */
static void say_models(const struct extending *x)
{
    for (size_t s = 0; s < x->order.set_count; s++)
        if (x->plan.models[s].change != EXTENSION_STAYS)
            screen_warn("scale set %s/%s: waiting for its model to change",
                        x->order.sets[s]->group, x->order.sets[s]->name);
}

static int change_models(struct extending *x, struct fail *why)
{
    struct extension_model *model;
    int status;

    say_models(x);
    x->is_waiting = true;
    if (extension_model_open(x->c->loop, x->arm, &x->plan, on_done, x, &model, why) < 0)
        return -1;
    status = wait_for(x, why);
    extension_model_close(model);
    return status;
}

static int stop_unchanged(void)
{
    screen_warn("nothing was changed");
    return EXIT_INTERRUPTED;
}

static int extend_sets(struct extending *x)
{
    struct fail why;

    if (ask(x, &why) < 0)
        return screen_fail(&why);
    if (!x->yes)
        return stop_unchanged();
    if (change_models(x, &why) < 0)
        return screen_fail(&why);
    return x->order.node_count ? conduct(x) : EXIT_WELL;
}

/* The engine has a plan and a question of its own, of machines. */
static int extend(struct extending *x)
{
    bool is_by_model = x->order.way == EXTENSION_BY_MODEL;
    struct fail why;

    if (open_view(x, &why) < 0 || make_plan(x, &why) < 0)
        return screen_fail(&why);
    if (!is_by_model && !extension_plan_is_empty(&x->plan))
        return conduct(x);
    if (print_plan(x, &why) < 0)
        return screen_fail(&why);
    if (x->c->options->plan || extension_plan_is_empty(&x->plan))
        return EXIT_WELL;
    return extend_sets(x);
}

int act_extension(struct command *c)
{
    enum action kind = c->options->action->kind;
    struct extending x = {.c = c};
    int status;

    x.order.action = kind == ACTION_EXTENSION_ADD       ? EXTENSION_ADD
                     : kind == ACTION_EXTENSION_UPGRADE ? EXTENSION_UPGRADE
                                                        : EXTENSION_REMOVE;
    x.order.way = c->options->hosts ? EXTENSION_BY_MACHINE : EXTENSION_BY_MODEL;
    if (x.order.way == EXTENSION_BY_MODEL)
        leave_out_the_stopped(c);
    status = extend(&x);
    close_all(&x);
    return status;
}
