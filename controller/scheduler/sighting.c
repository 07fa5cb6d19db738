#include "controller/scheduler/sighting.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEPT 4096 /* bytes of a reason, and of the names of partitions */

static const char *const names[SCHEDULER_STANDINGS] = {
    [SCHEDULER_UNKNOWN] = "unknown", [SCHEDULER_FREE] = "free",
    [SCHEDULER_BUSY] = "busy",       [SCHEDULER_DRAINING] = "draining",
    [SCHEDULER_DRAINED] = "drained", [SCHEDULER_DOWN] = "down",
};

const char *scheduler_standing_name(enum scheduler_standing standing)
{
    assert(standing < SCHEDULER_STANDINGS);
    return names[standing];
}

struct sighting *sightings_new(size_t count)
{
    return calloc(count + 1, sizeof(struct sighting));
}

void sightings_free(struct sighting *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].state);
        free(list[i].reason);
        free(list[i].partitions);
    }
    free(list);
}

bool sighting_is_out(const struct sighting *s)
{
    return s->is_drained || s->is_down;
}

enum scheduler_standing sighting_standing(const struct sighting *s)
{
    if (!s->is_known)
        return SCHEDULER_UNKNOWN;
    if (s->is_down || s->is_unsettled)
        return SCHEDULER_DOWN;
    if (s->is_drained)
        return s->has_jobs ? SCHEDULER_DRAINING : SCHEDULER_DRAINED;
    return s->has_jobs ? SCHEDULER_BUSY : SCHEDULER_FREE;
}

int sighting_keep(char **to, const char *text, size_t len)
{
    char *copy = strndup(text, len < MAX_KEPT ? len : MAX_KEPT);

    if (!copy)
        return -1;
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    free(*to);
    *to = copy;
    return 0;
}
