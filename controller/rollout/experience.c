#include "controller/rollout/experience.h"

#include <stdlib.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct sample {
    double seconds[EXPERIENCE_NODES];
    size_t count;
};

static int keep(void *arg, double seconds, struct fail *why)
{
    struct sample *s = arg;

    (void)why;
    if (s->count < EXPERIENCE_NODES)
        s->seconds[s->count++] = seconds;
    return 0;
}

static int by_size(const void *x, const void *y)
{
    const double *a = x, *b = y;

    return (*a > *b) - (*a < *b);
}

/* Nothing is made for it: a plan leaves no trace. */
uint64_t experience_node_ms(struct command *c, size_t *samples)
{
    CLEANUP(history_done) struct history *h = NULL;
    CLEANUP(text_done) char *folder = NULL;
    struct sample s = {.count = 0};

    *samples = 0;
    if (command_state_path(c, &folder, NULL) < 0 || access(folder, R_OK) < 0 ||
        history_open(folder, &h, NULL) < 0 ||
        history_durations(h, EXPERIENCE_NODES, keep, &s, NULL) < 0 || !s.count)
        return 0;
    qsort(s.seconds, s.count, sizeof *s.seconds, by_size);
    *samples = s.count;
    return (uint64_t)(s.seconds[s.count / 2] * 1000);
}
