#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/slurm_calls.h"
#include "controller/subprocess.h"

/* Times in seconds, and no setting of the caller's own that changes what is printed. */
#define TIME_FORMAT "SLURM_TIME_FORMAT=%s"

static bool is_left_out(const char *variable)
{
    static const char *const out[] = {"SLURM_TIME_FORMAT=", "SLURM_CLUSTERS=",
                                      "SLURM_BITSTR_LEN=",  "SQUEUE_",
                                      "SCONTROL_",          "LC_ALL="};

    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        if (strncmp(variable, out[i], strlen(out[i])) == 0)
            return true;
    return false;
}

/* Its strings are borrowed. */
static const char **new_environment(void)
{
    size_t count = 0, kept = 0;
    const char **list;

    while (environ[count])
        count++;
    list = calloc(count + 3, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        if (!is_left_out(environ[i]))
            list[kept++] = environ[i];
    if (list) {
        list[kept++] = TIME_FORMAT;
        list[kept++] = "LC_ALL=C";
    }
    return list;
}

/* "scontrol show node": its words before the first that has a '='. */
static void name(const struct words *words, char *text, size_t size)
{
    size_t len = 0;

    *text = '\0';
    for (size_t i = 0; i < words->count && len + 1 < size; i++) {
        const char *word = words->list[i];

        if (*word == '-')
            continue;
        if (strchr(word, '=') || strlen(word) > 60 || strchr(word, '|'))
            break;
        len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
    }
}

static int judge(const struct scheduler *s, const struct subprocess_end *end,
                 struct fail *why)
{
    if (end->how == SUBPROCESS_LATE)
        return fail_set(why, FAIL_SCHEDULER_SILENT,
                        "%s: no answer within %g s; it was ended", s->call_name,
                        (double)s->config.call_ms / 1000);
    if (end->how == SUBPROCESS_FLOOD)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "%s: it printed more than %zu MiB",
                        s->call_name, SCHEDULER_MAX_ANSWER >> 20);
    if (end->status != 0)
        return slurm_complaint(s->call_name, end->status, end->complaint, why);
    return 0;
}

static void on_ended(void *arg, const struct subprocess_end *end)
{
    struct scheduler *s = arg;
    struct fail why;

    s->call = NULL;
    if (judge(s, end, &why) < 0)
        s->on_failure(s, &why);
    else
        s->on_answer(s, end->out);
}

static struct subprocess *start(struct scheduler *s, const struct words *words,
                                struct fail *why)
{
    const char **environment = new_environment();
    struct subprocess_order order = {.argv = (const char *const *)words->list,
                                     .environ = environment,
                                     .input = words->input,
                                     .deadline_ms = s->config.call_ms,
                                     .max_bytes = SCHEDULER_MAX_ANSWER};
    struct subprocess *p = NULL;

    if (environment)
        p = subprocess_start(s->loop, &order, on_ended, s, why);
    else
        fail_memory(why);
    free(environment);
    return p;
}

void scheduler_call(struct scheduler *s, struct words *words,
                    void (*on_answer)(struct scheduler *s, char *out),
                    void (*on_failure)(struct scheduler *s, const struct fail *why))
{
    struct fail why;

    s->on_answer = on_answer;
    s->on_failure = on_failure;
    name(words, s->call_name, sizeof s->call_name);
    s->call = start(s, words, &why);
    words_done(words);
    if (!s->call)
        on_failure(s, &why);
}
