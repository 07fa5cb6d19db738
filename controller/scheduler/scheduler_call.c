#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/program/program.h"
#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/slurm_calls.h"
#include "controller/tail.h"

/* One that hangs is not asked twice to end: its deadline is what others wait for. */
#define GRACE_MS 1

/* Times in seconds, and no setting of the caller's own that changes what is printed. */
static const char *const settings[] = {"SLURM_TIME_FORMAT=%s", "LC_ALL=C", NULL};
static const char *const left_out[] = {"SLURM_CLUSTERS=", "SLURM_BITSTR_LEN=", "SQUEUE_",
                                       "SCONTROL_", NULL};

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

/* As a shell tells it. */
static int status_of(const struct program_result *r)
{
    return r->end == PROGRAM_SIGNAL ? 128 + r->signal : r->status;
}

static int complain(const struct scheduler *s, const struct program_result *r,
                    struct fail *why)
{
    char complaint[TAIL_BYTES];
    size_t len_bytes = 0;
    const char *line = tail_last_words(r->words, &len_bytes);

    snprintf(complaint, sizeof complaint, "%.*s", (int)len_bytes, line ? line : "");
    return slurm_complaint(s->call_name, status_of(r), complaint, why);
}

static int judge(const struct scheduler *s, const struct program_result *r,
                 struct fail *why)
{
    if (r->end == PROGRAM_LATE)
        return fail_set(why, FAIL_SCHEDULER_SILENT,
                        "%s: no answer within %g s; it was ended", s->call_name,
                        (double)s->config.call_ms / 1000);
    if (r->end == PROGRAM_FLOODED || r->out_is_cut)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "%s: it printed more than %zu MiB",
                        s->call_name, SCHEDULER_MAX_ANSWER >> 20);
    return status_of(r) ? complain(s, r, why) : 0;
}

/* Its answer lives until the loop has closed it. */
static void on_ended(void *arg, const struct program_result *r)
{
    struct scheduler *s = arg;
    struct fail why;

    scheduler_call_stop(s);
    if (judge(s, r, &why) < 0)
        s->on_failure(s, &why);
    else
        s->on_answer(s, r->out);
}

static void refuse(const char *program, int error, struct fail *why)
{
    if (error == UV_ENOENT)
        fail_set(why, FAIL_NO_PROGRAM, "%s: there is no such program%s", program,
                 strchr(program, '/') ? "" : " in PATH");
    else if (error == UV_EACCES || error == -ENOEXEC)
        fail_set(why, FAIL_NO_PROGRAM, "%s cannot be executed: %s", program,
                 uv_strerror(error));
    else if (error)
        fail_set(why, FAIL_STATE, "cannot start %s: %s", program, uv_strerror(error));
}

static int start(struct scheduler *s, const struct words *words, struct fail *why)
{
    int error = 0;
    const struct program_order order = {.argv = (const char *const *)words->list,
                                        .env = settings,
                                        .without = left_out,
                                        .input = words->input,
                                        .input_bytes =
                                            words->input ? strlen(words->input) : 0,
                                        .deadline_ms = s->config.call_ms,
                                        .grace_ms = GRACE_MS,
                                        .keep_bytes = SCHEDULER_MAX_ANSWER,
                                        .flood_bytes = SCHEDULER_MAX_ANSWER,
                                        .error = &error};

    if (program_start(s->loop, &order, on_ended, s, &s->call, why) == 0)
        return 0;
    refuse(order.argv[0], error, why);
    return -1;
}

void scheduler_call_stop(struct scheduler *s)
{
    if (s->call)
        program_close(s->call, NULL, NULL);
    s->call = NULL;
}

void scheduler_call(struct scheduler *s, struct words *words,
                    void (*on_answer)(struct scheduler *s, char *out),
                    void (*on_failure)(struct scheduler *s, const struct fail *why))
{
    struct fail why;
    int started;

    s->on_answer = on_answer;
    s->on_failure = on_failure;
    name(words, s->call_name, sizeof s->call_name);
    started = start(s, words, &why);
    words_done(words);
    if (started < 0)
        on_failure(s, &why);
}
