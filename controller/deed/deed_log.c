#include "controller/deed/deed_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_mark.h"
#include "controller/journal/history.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define KIND_BYTES 64

bool deed_log_is_kind(const char *kind)
{
    return strncmp(kind, DEED_LOG_KIND, strlen(DEED_LOG_KIND)) == 0;
}

/* ---- writing ------------------------------------------------------------------------ */

static int put_copy(struct json *doc, const char *key, const struct json *what)
{
    return what ? json_put(doc, key, json_copy(what)) : 0;
}

static char *print_plan(const struct deed_order *o, const struct json *given)
{
    CLEANUP(json_done) struct json *doc = json_object();
    CLEANUP(json_done)
    struct json *arg = o->kind->encode ? o->kind->encode(o->arg) : NULL;

    if (!doc || (o->kind->encode && !arg) ||
        json_put_int(doc, "batch", (int64_t)o->batch) < 0 ||
        json_put_int(doc, "max_failures", o->max_failures) < 0 ||
        json_put_int(doc, "check_ms", (int64_t)o->check_ms) < 0 ||
        put_copy(doc, "arg", arg) < 0 || put_copy(doc, "given", given) < 0)
        return NULL;
    return json_print(doc);
}

/* Which machine is meant, whoever has its name when the run is taken up. */
static char *print_node(const struct scaleset_instance *of)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "resource", of ? of->resource : NULL) < 0 ||
        json_put_text(doc, "vm_id", of ? of->vm_id : NULL) < 0)
        return NULL;
    return json_print(doc);
}

static int put_node(struct journal *journal, const struct deed_order *o, const char *name,
                    struct fail *why)
{
    const struct scaleset *set;
    CLEANUP(text_done) char *plan = print_node(deed_find(o, name, &set));
    const struct journal_node row = {.name = name,
                                     .batch = -1,
                                     .state = deed_state_name(DEED_TODO),
                                     .code = fail_code_name(FAIL_NONE),
                                     .reason = "",
                                     .plan = plan};

    return plan ? journal_put_node(journal, &row, NULL, NULL, why) : fail_memory(why);
}

int deed_log_begin(struct journal *journal, const struct deed_order *order,
                   const struct deed_log_words *words, struct fail *why)
{
    CLEANUP(text_done) char *plan = print_plan(order, words->given);
    char kind[KIND_BYTES];
    const struct journal_run run = {.kind = kind,
                                    .argv = words->argv,
                                    .folder = words->folder,
                                    .plan = plan,
                                    .user = words->user};

    snprintf(kind, sizeof kind, DEED_LOG_KIND "%s", order->kind->name);
    if (!plan)
        return fail_memory(why);
    if (journal_begin(journal, &run, why) < 0)
        return -1;
    for (size_t i = 0; i < order->node_count; i++)
        if (put_node(journal, order, order->nodes[i], why) < 0)
            return -1;
    return 0;
}

/* ---- reading ------------------------------------------------------------------------ */

void deed_log_free(struct deed_log *log)
{
    if (!log)
        return;
    free(log->action);
    json_free(log->plan);
    free(log->nodes);
    free(log->left);
    arena_done(&log->texts);
    free(log);
}

static int read_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct deed_log *log = arg;

    if (!deed_log_is_kind(run->kind))
        return fail_set(why, FAIL_USAGE,
                        "run %s is a %s, no action on a scale set: ibfleet resume %s "
                        "goes on with a rollout",
                        run->id, run->kind, run->id);
    if (run->live)
        return fail_set(why, FAIL_CLAIMED, "run %s is being worked on by %s", run->id,
                        run->controller);
    log->epoch = run->epoch;
    log->action = strdup(run->kind + strlen(DEED_LOG_KIND));
    if (!log->action)
        return fail_memory(why);
    return json_parse(run->plan, strlen(run->plan), &log->plan, why) < 0
               ? fail_prefix(why, "run %s", run->id)
               : 0;
}

static int grow(struct deed_log *log)
{
    size_t room = log->room ? 2 * log->room : 64;
    const char **nodes = reallocarray(log->nodes, room, sizeof *nodes);
    struct deed_left *left;

    if (!nodes)
        return -1;
    log->nodes = nodes;
    left = reallocarray(log->left, room, sizeof *left);
    if (!left)
        return -1;
    log->left = left;
    log->room = room;
    return 0;
}

/* NULL stays NULL. */
static int keep(struct deed_log *log, const char *text, const char **copy,
                struct fail *why)
{
    *copy = text ? arena_copy(&log->texts, text, strlen(text)) : NULL;
    return text && !*copy ? fail_memory(why) : 0;
}

static int read_plan(struct deed_log *log, const char *plan, struct deed_left *left,
                     struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    if (!plan)
        return 0;
    if (json_parse(plan, strlen(plan), &doc, why) < 0)
        return -1;
    return keep(log, json_text_of(json_find(doc, "vm_id")), &left->vm_id, why);
}

static int read_left(struct deed_log *log, const struct history_node *n,
                     struct deed_left *left, struct fail *why)
{
    int state = deed_state_of(n->state);

    if (state == DEED_ILLEGAL)
        return fail_set(why, FAIL_STATE,
                        "%s is in state '%s', which only a later version knows", n->name,
                        n->state);
    *left = (struct deed_left){.state = (enum deed_state)state, .seconds = n->seconds};
    if (state == DEED_FAILED)
        fail_set(&left->why, fail_code_of(n->code), "%s", n->reason);
    if (state == DEED_FOLLOWING && n->boot_id &&
        keep(log, deed_mark_read(n->boot_id, &left->track), &left->url, why) < 0)
        return -1;
    return read_plan(log, n->plan, left, why);
}

static int read_node(void *arg, const struct history_node *n, struct fail *why)
{
    struct deed_log *log = arg;

    if (log->count == log->room && grow(log) < 0)
        return fail_memory(why);
    if (keep(log, n->name, &log->nodes[log->count], why) < 0 ||
        read_left(log, n, &log->left[log->count], why) < 0)
        return -1;
    log->count++;
    return 0;
}

int deed_log_read(struct history *history, const char *run, struct deed_log **log,
                  struct fail *why)
{
    struct deed_log *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    if (history_run(history, run, read_run, made, why) < 0 ||
        history_nodes(history, run, NULL, read_node, made, why) < 0) {
        deed_log_free(made);
        return -1;
    }
    *log = made;
    return 0;
}

static int keep_id(void *arg, const struct history_run *run, struct fail *why)
{
    char *id = arg;

    (void)why;
    if (deed_log_is_kind(run->kind) && !run->live && run->well + run->failed < run->nodes)
        snprintf(id, JOURNAL_RUN_ID_BYTES, "%s", run->id);
    return 0;
}

int deed_log_find(struct history *history, char run[JOURNAL_RUN_ID_BYTES],
                  struct fail *why)
{
    *run = '\0';
    if (history_runs(history, SIZE_MAX >> 1, keep_id, run, why) < 0)
        return -1;
    return *run ? 0
                : fail_set(why, FAIL_NO_SUCH_RUN,
                           "no action on a scale set is unfinished; ibfleet status lists "
                           "what there was");
}

/* ---- its plan ----------------------------------------------------------------------- */

static int64_t number(const struct deed_log *log, const char *key, int64_t otherwise)
{
    int64_t value;

    return json_get_int(log->plan, key, 0, (int64_t)1 << 40, &value, NULL) < 0 ? otherwise
                                                                               : value;
}

size_t deed_log_batch(const struct deed_log *log)
{
    size_t batch = (size_t)number(log, "batch", 1);

    return batch ? batch : 1;
}

unsigned deed_log_failures(const struct deed_log *log)
{
    int64_t failures = number(log, "max_failures", 0);

    return failures < SCALESET_MAX_INSTANCES ? (unsigned)failures
                                             : SCALESET_MAX_INSTANCES;
}

uint64_t deed_log_check_ms(const struct deed_log *log)
{
    return (uint64_t)number(log, "check_ms", 0);
}

const struct json *deed_log_arg(const struct deed_log *log)
{
    return json_find(log->plan, "arg");
}

const struct json *deed_log_given(const struct deed_log *log)
{
    return json_find(log->plan, "given");
}
