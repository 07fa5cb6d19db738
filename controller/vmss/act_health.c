/* azure health - bad nodes reported to Azure, which takes them out of service */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/command.h"
#include "controller/health/health_case.h"
#include "controller/journal/history.h"
#include "controller/options.h"
#include "controller/rollout/prompt.h"
#include "controller/screen/escape.h"
#include "controller/screen/indent.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/act.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA   "ibfleet.azure-health/1"
#define PROVIDER "/providers/Microsoft.Impact/workloadImpacts/"
#define MAX_PATH 512

struct act {
    struct command *command;
    struct arm *arm;
    struct health_case *cases;
    struct fail *fails; /* one a case; FAIL_INTERRUPTED: not sent */
    size_t count, at;
    bool is_waiting, is_wanted, was_asked, interrupted;
    struct prompt *prompt;
};

static const struct options *options_of(const struct act *a)
{
    return a->command->options;
}

/* The subscription is the machine's, whichever is ours. */
static void put_path(const struct health_case *c, char path[MAX_PATH])
{
    const char *resource = c->instance->resource;
    struct health_report report;
    char name[HEALTH_NAME_BYTES];
    const char *end = strcasestr(resource, "/resourceGroups/");

    health_case_report(c, &report);
    health_name(&report, name);
    snprintf(path, MAX_PATH, "%.*s" PROVIDER "%s", end ? (int)(end - resource) : 0,
             resource, name);
}

static struct json *body_of(const struct health_case *c)
{
    struct health_report report;

    health_case_report(c, &report);
    return health_body(&report);
}

/* ---- what is shown ------------------------------------------------------------------------- */

static struct json *encode(const void *arg, size_t i)
{
    const struct act *a = arg;
    const struct health_case *c = &a->cases[i];
    const struct fail *why = &a->fails[i];
    struct json *doc = json_object();
    char path[MAX_PATH];

    put_path(c, path);
    if (doc && json_put_text(doc, "name", c->node) == 0 &&
        json_put_text(doc, "category", health_category_name(c->category)) == 0 &&
        json_put_text(doc, "run", c->evidence.is_proved ? c->evidence.run : NULL) == 0 &&
        json_put_text(doc, "report", strrchr(path, '/') + 1) == 0 &&
        json_put_flag(doc, "sent", why->code == FAIL_NONE) == 0 &&
        json_put_text(doc, "code", fail_code_name(why->code)) == 0 &&
        json_put_text(doc, "reason", why->code ? why->text : NULL) == 0 &&
        json_put(doc, "body", body_of(c)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int print_json(const struct act *a, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_flag(doc, "plan", options_of(a)->plan) < 0 ||
        json_put(doc, "nodes", json_list(a->count, encode, a)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

static int add_plan(const struct health_case *c, struct text *text, struct fail *why)
{
    CLEANUP(json_done) struct json *body = body_of(c);
    CLEANUP(text_done) char *printed = body ? json_print(body) : NULL;
    CLEANUP(text_clear) struct text indented = {0};
    char path[MAX_PATH];

    if (!printed)
        return fail_memory(why);
    put_path(c, path);
    escape_add(text, c->node);
    text_add(text, ": %s, %s%s\nPUT ", health_category_name(c->category),
             c->evidence.is_proved ? "proved by validation " : "said by the operator",
             c->evidence.is_proved ? c->evidence.run : "");
    escape_add(text, path);
    text_add(text, "?api-version=" HEALTH_API_VERSION "\n");
    indent_add(&indented, printed);
    escape_put(text, text_of(&indented), indented.len_bytes, ESCAPE_JSON);
    text_add(text, "\n");
    return 0;
}

static int print_plan(const struct act *a, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    for (size_t i = 0; i < a->count; i++)
        if (add_plan(&a->cases[i], &text, why) < 0)
            return -1;
    screen_out(&text);
    for (size_t i = 0; i < a->count; i++)
        if (!*a->cases[i].host)
            screen_warn(
                "%s: its physical host is not known; with it (--physical-host) Azure "
                "finds the hardware also when the machine has moved",
                a->cases[i].node);
    return 0;
}

static void print_result(const struct act *a)
{
    CLEANUP(text_clear) struct text text = {0};
    char path[MAX_PATH];

    for (size_t i = 0; i < a->count; i++) {
        if (a->fails[i].code == FAIL_NONE) {
            put_path(&a->cases[i], path);
            escape_add(&text, a->cases[i].node);
            text_add(&text, ": reported as %s\n", strrchr(path, '/') + 1);
        } else if (a->fails[i].code != FAIL_INTERRUPTED) {
            screen_fail(&a->fails[i]);
        }
    }
    screen_out(&text);
}

/* ---- sending ----------------------------------------------------------------------------------- */

static void send_next(struct act *a);

static void on_sent(void *arg, const struct arm_answer *answer)
{
    struct act *a = arg;
    struct fail *why = &a->fails[a->at];

    why->code = FAIL_NONE;
    if (answer->why)
        *why = *answer->why;
    if (why->code == FAIL_AZURE_FORBIDDEN)
        fail_set(why, why->code,
                 "%s; Azure also has to admit the subscription to Guest "
                 "Health Reporting",
                 strdupa(answer->why->text));
    a->at++;
    send_next(a);
}

static int report_next(struct act *a, struct fail *why)
{
    static const struct arm_act_hooks hooks = {.done = on_sent};
    const struct health_case *c = &a->cases[a->at];
    CLEANUP(json_done) struct json *body = body_of(c);
    char path[MAX_PATH];
    const struct arm_request ask = {.method = "PUT",
                                    .path = path,
                                    .api_version = HEALTH_API_VERSION,
                                    .body = body,
                                    .what = c->node};

    put_path(c, path);
    return body ? arm_act(a->arm, &ask, &hooks, a, why) : fail_memory(why);
}

static void send_next(struct act *a)
{
    while (a->at < a->count && !a->interrupted) {
        if (report_next(a, &a->fails[a->at]) == 0)
            return;
        a->at++;
    }
    a->is_waiting = false;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static void on_answer(void *arg, bool yes)
{
    struct act *a = arg;

    a->is_wanted = yes;
    a->is_waiting = false;
}

static void on_interrupt(void *arg, unsigned nth)
{
    struct act *a = arg;

    (void)nth;
    a->interrupted = true;
    if (a->prompt)
        a->is_waiting = false;
}

static void wait_for_it(struct act *a)
{
    while (a->is_waiting)
        uv_run(a->command->loop, UV_RUN_ONCE);
}

static int ask(struct act *a, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    a->is_wanted = options_of(a)->yes;
    if (a->is_wanted)
        return 0;
    if (prompt_open(a->command->loop, on_answer, a, &a->prompt, why) < 0)
        return -1;
    text_add(&text, "\nReport %zu node%s? Azure may take %s out of service. [y/N] ",
             a->count, a->count == 1 ? "" : "s", a->count == 1 ? "it" : "them");
    screen_err(&text);
    a->is_waiting = true;
    wait_for_it(a);
    prompt_close(a->prompt);
    a->prompt = NULL;
    a->is_wanted = a->is_wanted && !a->interrupted;
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static int make_cases(struct act *a, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    const struct options *o = options_of(a);
    const char *folder;

    if (o->physical_host && a->count > 1)
        return fail_set(why, FAIL_USAGE,
                        "--physical-host is of one node, and %zu are named", a->count);
    if (command_state(a->command, &folder, why) < 0 || history_open(folder, &h, why) < 0)
        return -1;
    for (size_t i = 0; i < a->count; i++) {
        const char *node = a->command->nodes[i]->name;
        const struct health_order order = {
            .node = node,
            .instance = census_instance(a->command->census, node),
            .category = o->category,
            .host = o->physical_host,
            .now_ms = 1000 * (int64_t)time(NULL),
        };

        if (health_case_make(h, &order, &a->cases[i], why) < 0)
            return -1;
        fail_set(&a->fails[i], FAIL_INTERRUPTED, "it was not sent");
    }
    return 0;
}

static int check_operator(const struct act *a, struct fail *why)
{
    const struct options *o = options_of(a);

    if (o->plan || o->yes || prompt_is_possible())
        return 0;
    return fail_set(
        why, FAIL_USAGE,
        "nobody to ask on stdin: --yes sends it unasked, --plan only prints it");
}

static int send_all(struct act *a, struct fail *why)
{
    if (ask(a, why) < 0)
        return -1;
    if (!a->is_wanted) {
        screen_warn("nothing was sent");
        return 0;
    }
    a->is_waiting = true;
    send_next(a);
    wait_for_it(a);
    if (!options_of(a)->json)
        print_result(a);
    return 0;
}

static int report(struct act *a, struct fail *why)
{
    if (check_operator(a, why) < 0 || make_cases(a, why) < 0 ||
        census_arm(a->command->census, &a->arm, why) < 0 ||
        command_watch(a->command, on_interrupt, a, why) < 0)
        return -1;
    if (!options_of(a)->json && print_plan(a, why) < 0)
        return -1;
    if (!options_of(a)->plan && send_all(a, why) < 0)
        return -1;
    return options_of(a)->json ? print_json(a, why) : 0;
}

static int status_of(const struct act *a)
{
    struct outcome outcome = {.total = a->count};

    for (size_t i = 0; i < a->count && !options_of(a)->plan; i++)
        outcome_count(&outcome, &a->fails[i]);
    return outcome_status(&outcome);
}

int act_health(struct command *c)
{
    struct act a = {.command = c, .count = c->node_count};
    struct fail why;
    int status;

    a.cases = calloc(a.count + 1, sizeof *a.cases);
    a.fails = calloc(a.count + 1, sizeof *a.fails);
    if (!a.cases || !a.fails)
        status = fail_memory(&why);
    else
        status = report(&a, &why);
    status = status < 0 ? screen_fail(&why) : status_of(&a);
    free(a.cases);
    free(a.fails);
    return status;
}
