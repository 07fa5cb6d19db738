#include "controller/rollout/past.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "protocol/json.h"

int past_open(struct command *c, struct history **h, struct fail *why)
{
    const char *folder;

    return command_state(c, &folder, why) < 0 ? -1 : history_open(folder, h, why);
}

void past_format_time(int64_t ms, char text[PAST_TIME_BYTES])
{
    time_t t = (time_t)(ms / 1000);
    struct tm utc;

    if (!gmtime_r(&t, &utc) ||
        !strftime(text, PAST_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &utc))
        strcpy(text, "?");
}

/* As many digits as tell one run from another. */
static void format_span(int64_t seconds, char text[PAST_TOOK_BYTES])
{
    if (seconds < 1000)
        snprintf(text, PAST_TOOK_BYTES, "%lld s", (long long)seconds);
    else if (seconds < 100 * 60)
        snprintf(text, PAST_TOOK_BYTES, "%lld min", (long long)seconds / 60);
    else
        snprintf(text, PAST_TOOK_BYTES, "%lld h", (long long)seconds / 3600);
}

/* A clock that was set back makes no run shorter than nothing. */
void past_format_took(const struct history_run *run, char text[PAST_TOOK_BYTES])
{
    int64_t until_ms = run->live ? journal_clock_ms() : run->ended_ms;
    int64_t took_ms = until_ms - run->created_ms;

    if (!until_ms)
        strcpy(text, "-");
    else
        format_span(took_ms < 0 ? 0 : (took_ms + 500) / 1000, text);
}

const char *past_state_of(const struct history_run *run)
{
    if (run->live)
        return "running";
    return strcmp(run->state, "running") == 0 ? "interrupted" : run->state;
}

bool past_is_validation(const struct history_run *run)
{
    return strcmp(run->kind, "validate") == 0;
}

const char *past_word_of(const struct history_run *run)
{
    const char *state = past_state_of(run);

    if (!past_is_validation(run) || strcmp(state, "done") != 0)
        return state;
    return run->verdict && strcmp(run->verdict, "good") == 0 ? "good" : "bad";
}

/* RFC 3339 wants a T between date and time, and to know the zone. */
static int put_time(struct json *doc, const char *key, int64_t ms)
{
    char text[PAST_TIME_BYTES];

    past_format_time(ms, text);
    if (text[10] == ' ')
        text[10] = 'T';
    strcat(text, "Z");
    return json_put_text(doc, key, ms ? text : NULL);
}

struct json *past_encode_run(const struct history_run *run)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "run", run->id) == 0 &&
        json_put_text(doc, "kind", run->kind) == 0 &&
        json_put_text(doc, "state", past_state_of(run)) == 0 &&
        json_put_text(doc, "verdict", run->verdict) == 0 &&
        put_time(doc, "started", run->created_ms) == 0 &&
        put_time(doc, "ended", run->live ? 0 : run->ended_ms) == 0 &&
        json_put_text(doc, "user", run->user) == 0 &&
        json_put_text(doc, "controller", run->controller) == 0 &&
        json_put_int(doc, "total", (int64_t)run->nodes) == 0 &&
        json_put_int(doc, "well", (int64_t)run->well) == 0 &&
        json_put_int(doc, "failed", (int64_t)run->failed) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *past_encode_node(const struct history_node *node)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", node->name) == 0 &&
        json_put_text(doc, "state", node->state) == 0 &&
        json_put_text(doc, "code", node->code) == 0 &&
        json_put_text(doc, "reason", node->reason) == 0 &&
        json_put_real(doc, "seconds", node->seconds) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
