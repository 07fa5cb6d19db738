#include "controller/scheduler/slurm_jobs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"

struct job {
    const struct namebook *book;
    struct sighting *seen;
    int64_t end_s; /* 0: it has none */
};

static int note_node(void *arg, const char *name, struct fail *why)
{
    struct job *job = arg;
    struct sighting *s;
    size_t i;

    (void)why;
    if (!namebook_find(job->book, name, &i))
        return 0;
    s = &job->seen[i];
    s->has_jobs = true;
    s->has_endless_job |= job->end_s == 0;
    if (job->end_s > s->jobs_end_s)
        s->jobs_end_s = job->end_s;
    return 0;
}

/* "4|1796069322|n[5-6]"; without an end it is "NONE" or "N/A". */
static int read_job(char *line, struct job *job, struct fail *why)
{
    char *id = strsep(&line, "|"), *end = strsep(&line, "|");
    struct fail cause;

    if (!line || !isdigit((unsigned char)*id))
        return fail_set(why, FAIL_SCHEDULER_ANSWER,
                        "squeue: not an answer of Slurm's: %.80s", id);
    job->end_s = strtoll(end, NULL, 10);
    if (job->end_s < 0)
        job->end_s = 0;
    if (!*line) /* configuring, and no node given to it yet */
        return 0;
    if (hostset_each(line, note_node, job, &cause) < 0)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "squeue: nodes of job %s: %s", id,
                        cause.text);
    return 0;
}

int slurm_jobs_read(char *text, const struct namebook *book, struct sighting *seen,
                    struct fail *why)
{
    struct job job = {.book = book, .seen = seen};
    char *line;

    while ((line = strsep(&text, "\n")))
        if (*line && read_job(line, &job, why) < 0)
            return -1;
    return 0;
}
