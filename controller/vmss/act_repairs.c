/* azure repairs status | suspend | resume - automatic repairs of sets, by hand */

#include <stdbool.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/repairs/repairs.h"
#include "controller/repairs/repairs_notes.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/act.h"
#include "controller/vmss/census.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.azure-repairs/1"

struct act {
    struct command *command;
    enum repairs_deed deed, wanted; /* with --plan it is only looked */
    struct outcome outcome;
    bool is_done;
    int status; /* our own fault; 0: none */
};

/* ---- for scripts ------------------------------------------------------------------------ */

/* How they stand by now. */
static enum repairs_view view_after(enum repairs_deed deed,
                                    const struct repairs_report *report)
{
    if (report->end != REPAIRS_DID)
        return report->view;
    return deed == REPAIRS_SUSPEND ? REPAIRS_SUSPENDED : REPAIRS_RUNNING;
}

static struct json *encode_set(const struct act *a, const struct repairs_report *r)
{
    struct json *doc = json_object();
    bool failed = r->end == REPAIRS_FAILED;

    if (doc && json_put_text(doc, "set", r->name) == 0 &&
        json_put_text(doc, "resource", r->resource) == 0 &&
        json_put_text(doc, "was", failed ? NULL : repairs_view_name(r->view)) == 0 &&
        json_put_text(doc, "is",
                      failed ? NULL : repairs_view_name(view_after(a->deed, r))) == 0 &&
        json_put_text(doc, "result",
                      a->deed == REPAIRS_LOOK && !failed
                          ? NULL
                          : repairs_end_name(r->end)) == 0 &&
        json_put_text(doc, "held_for", *r->others ? r->others : NULL) == 0 &&
        json_put_text(doc, "code", fail_code_name(r->why.code)) == 0 &&
        json_put_text(doc, "reason", failed ? r->why.text : NULL) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int print_json(const struct act *a, const struct repairs_report *reports,
                      size_t count, struct fail *why)
{
    static const char *const names[] = {[REPAIRS_LOOK] = "status",
                                        [REPAIRS_SUSPEND] = "suspend",
                                        [REPAIRS_RESUME] = "resume"};
    CLEANUP(json_done) struct json *doc = json_object();
    struct json *list = json_array();
    int rc = doc && list ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = json_push(list, encode_set(a, &reports[i]));
    if (rc < 0)
        json_free(list);
    if (rc < 0 || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_text(doc, "action", names[a->wanted]) < 0 ||
        json_put_flag(doc, "plan", a->command->options->plan) < 0 ||
        json_put(doc, "sets", list) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

/* ---- for people ---------------------------------------------------------------------------- */

static void print_line(const struct act *a, const struct repairs_report *r)
{
    CLEANUP(text_clear) struct text line = {0};

    if (r->end == REPAIRS_FAILED) {
        screen_fail(&r->why);
        return;
    }
    repairs_tell(a->deed, r, &line);
    text_add(&line, "\n");
    screen_out(&line);
}

static void print(struct act *a, const struct repairs_report *reports, size_t count)
{
    struct fail why;

    if (a->command->options->json) {
        if (print_json(a, reports, count, &why) < 0)
            a->status = screen_fail(&why);
        return;
    }
    for (size_t i = 0; i < count; i++)
        print_line(a, &reports[i]);
    if (a->wanted != a->deed)
        screen_warn("nothing was changed: --plan only looks");
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Whoever wants them to run, and they do not, should not see a 0. */
static bool is_left_undone(const struct act *a, const struct repairs_report *r)
{
    return a->deed == REPAIRS_RESUME &&
           (r->end == REPAIRS_THEIRS || r->end == REPAIRS_GONE);
}

static void on_done(void *arg, const struct repairs_report *reports, size_t count)
{
    struct act *a = arg;

    a->is_done = true;
    a->outcome.total = count;
    for (size_t i = 0; i < count; i++) {
        outcome_count(&a->outcome,
                      reports[i].end == REPAIRS_FAILED ? &reports[i].why : NULL);
        a->outcome.failed += is_left_undone(a, &reports[i]);
    }
    print(a, reports, count);
}

static int start(struct act *a, struct fail *why)
{
    struct command *c = a->command;
    struct repairs_order order = {.loop = c->loop, .holder = REPAIRS_OPERATOR};
    size_t count;
    const struct scaleset *const *sets = census_sets(c->census, &count);

    if (command_state(c, &order.folder, why) < 0 ||
        census_arm(c->census, &order.arm, why) < 0)
        return -1;
    if (a->deed == REPAIRS_SUSPEND)
        return repairs_suspend(&order, sets, count, on_done, a, why);
    if (a->deed == REPAIRS_RESUME)
        return repairs_resume(&order, sets, count, on_done, a, why);
    return repairs_look(&order, sets, count, on_done, a, why);
}

static int act(struct command *c, enum repairs_deed deed)
{
    struct act a = {.command = c,
                    .deed = c->options->plan ? REPAIRS_LOOK : deed,
                    .wanted = deed};
    struct fail why;

    if (start(&a, &why) < 0)
        return screen_fail(&why);
    while (!a.is_done)
        uv_run(c->loop, UV_RUN_ONCE);
    return a.status ? a.status : outcome_status(&a.outcome);
}

int act_repairs_status(struct command *c)
{
    return act(c, REPAIRS_LOOK);
}

int act_repairs_suspend(struct command *c)
{
    return act(c, REPAIRS_SUSPEND);
}

int act_repairs_resume(struct command *c)
{
    return act(c, REPAIRS_RESUME);
}
