/* sighting - what one look at the scheduler says of one node (pure)
 *
 * The same words for every scheduler.  A list of them is filled by the readers of answers
 * (slurm_nodes, slurm_jobs, slurm_reservations, command_answer), anew for each look.
 */
#ifndef CONTROLLER_SIGHTING_H
#define CONTROLLER_SIGHTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/scheduler/scheduler.h"

struct sighting {
    bool is_known;     /* a node of the scheduler                           */
    bool is_unsettled; /* the scheduler has just started and does not know  */
    bool is_drained;   /* no new job is started                             */
    bool is_down;
    bool has_jobs;
    bool is_silent;    /* its daemon does not answer                        */
    bool is_invalid;   /* its daemon says that something of it is missing   */
    bool is_rebooting; /* asked for by somebody, through the scheduler      */
    bool is_reserved;  /* in a reservation of our run                       */
    bool is_reserved_now;
    bool has_endless_job; /* one of its jobs has no end                     */
    int64_t jobs_end_s;   /* the latest end of a job that has one; 0: none  */
    int64_t boot_s;       /* 0: not known                                   */
    char *state;          /* in the scheduler's words, for people; NULL: "" */
    char *reason;         /* NULL: ""                                       */
    char *partitions;     /* NULL: ""                                       */
};

/* As if nothing was known; NULL only when memory is exhausted. */
struct sighting *sightings_new(size_t count);
void sightings_free(struct sighting *list, size_t count); /* NULL is allowed */

/* No new job is started there. */
bool sighting_is_out(const struct sighting *s);

enum scheduler_standing sighting_standing(const struct sighting *s);

/* Put a copy of len bytes there, without control characters.  -1: no memory. */
int sighting_keep(char **to, const char *text, size_t len);

#endif
