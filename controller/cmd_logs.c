/* ibfleet logs NODE - what the programs of a rollout's steps said, as the node keeps it */

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/link/link.h"
#include "controller/options.h"
#include "controller/rollout/past.h"
#include "controller/screen/escape.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA    "ibfleet.logs/1"
#define ANSWER_MS 30000

struct logs {
    const struct command *command;
    struct link *link;
    struct json *answer; /* NULL: why */
    struct fail why;
};

/* ---- one conversation ------------------------------------------------------------- */

static void on_closed(void *arg)
{
    struct logs *l = arg;

    l->link = NULL;
}

static void end(struct logs *l, const struct fail *why)
{
    if (why)
        l->why = *why;
    if (l->link)
        link_close(l->link, on_closed);
}

static void on_answer(void *arg, const struct json *answer, const struct fail *why)
{
    struct logs *l = arg;

    if (answer) {
        l->answer = json_copy(answer);
        if (!l->answer)
            fail_memory(&l->why);
    }
    end(l, why);
}

static void on_up(void *arg, const struct json *hello)
{
    struct logs *l = arg;
    const struct options *o = l->command->options;
    struct json *body = json_object();

    (void)hello;
    if (!body || (o->run && json_put_text(body, "run", o->run) < 0) ||
        (o->step && json_put_text(body, "step", o->step) < 0)) {
        json_free(body);
        fail_memory(&l->why);
        end(l, &l->why);
        return;
    }
    link_ask(l->link, "logs", body, ANSWER_MS, on_answer, l);
}

static void on_lost(void *arg, const struct fail *why)
{
    struct logs *l = arg;

    if (!l->answer)
        end(l, why);
}

static int fetch(struct logs *l, struct command *c, struct fail *why)
{
    static const struct link_hooks hooks = {.up = on_up, .lost = on_lost};
    struct link_pool *pool;

    if (command_choose(c, c->options->subject, why) < 0 ||
        command_pool(c, &pool, why) < 0)
        return -1;
    if (c->node_count != 1)
        return fail_set(why, FAIL_USAGE, "logs: one node at a time, '%s' is %zu",
                        c->options->subject, c->node_count);
    l->link = link_new(pool, c->nodes[0], &hooks, l);
    if (!l->link)
        return fail_memory(why);
    link_open(l->link);
    uv_run(c->loop, UV_RUN_DEFAULT);
    if (l->answer)
        return 0;
    *why = l->why;
    return fail_prefix(why, "%s", c->nodes[0]->name);
}

/* ---- what it said ------------------------------------------------------------------- */

static void add_lines(const char *said, struct text *text)
{
    while (*said) {
        size_t len = strcspn(said, "\n");

        escape_put(text, said, len, ESCAPE_TABS);
        text_add(text, "\n");
        said += len + (said[len] == '\n');
    }
}

/* How much was left out is known by what the file has. */
static int add_log(const struct json *log, struct text *text, struct fail *why)
{
    CLEANUP(text_clear) struct text head = {0};
    const char *run, *step, *said;
    int64_t attempt, at_s, bytes;
    char at[PAST_TIME_BYTES];

    if (json_get_text(log, "run", &run, why) < 0 ||
        json_get_text(log, "step", &step, why) < 0 ||
        json_get_int(log, "attempt", 0, 1 << 30, &attempt, why) < 0 ||
        json_get_int(log, "at_s", 0, (int64_t)1 << 40, &at_s, why) < 0 ||
        json_get_int(log, "bytes", 0, (int64_t)1 << 50, &bytes, why) < 0 ||
        json_get_text(log, "text", &said, why) < 0)
        return -1;
    past_format_time(1000 * at_s, at);
    text_add(&head, "=== run %s, %s, attempt %lld, %s UTC, %lld bytes", run, step,
             (long long)attempt, at, (long long)bytes);
    if ((int64_t)strlen(said) < bytes)
        text_add(&head, ", the last %zu", strlen(said));
    escape_add(text, text_of(&head));
    text_add(text, "\n");
    add_lines(said, text);
    return 0;
}

static int print_text(const struct json *list, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    for (const struct json *log = json_first(list); log; log = json_next(log))
        if (add_log(log, &text, why) < 0)
            return -1;
    screen_out(&text);
    return 0;
}

static int print_json(const struct logs *l, const struct json *list, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_text(doc, "node", l->command->nodes[0]->name) < 0 ||
        json_put(doc, "logs", json_copy(list)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

static int print(const struct logs *l, struct fail *why)
{
    const struct options *o = l->command->options;
    const struct json *list;

    if (json_get_array(l->answer, "logs", &list, why) < 0)
        return -1;
    if (o->json)
        return print_json(l, list, why);
    if (json_count(list))
        return print_text(list, why);
    return fail_set(why, FAIL_NO_SUCH_RUN, "%s keeps no logs of steps%s%s%s%s",
                    l->command->nodes[0]->name, o->run ? " of run " : "",
                    o->run ? o->run : "", o->step ? ", step " : "",
                    o->step ? o->step : "");
}

/* A node alone is everybody. */
static int status_of(const struct fail *why)
{
    struct outcome o = {.total = 1};

    outcome_count(&o, why);
    return o.unreached ? outcome_status(&o) : outcome_of_fail(why);
}

int cmd_logs(struct command *c)
{
    struct logs l = {.command = c};
    struct fail why = {.code = FAIL_NONE};

    if (fetch(&l, c, &why) < 0 || print(&l, &why) < 0)
        screen_fail(&why);
    json_free(l.answer);
    return status_of(&why);
}
