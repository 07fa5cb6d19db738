/* slurm_reservations - which reservations our run has made (pure)
 *
 *     slurm_reservations_read(text, run, book, seen, &list, why);
 *     slurm_reservations_done(&list);
 */
#ifndef CONTROLLER_SLURM_RESERVATIONS_H
#define CONTROLLER_SLURM_RESERVATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct hostset;
struct namebook;
struct sighting;

#define SLURM_RESERVATIONS_MAX 1000 /* of one run */

struct slurm_reservation {
    char *name;
    bool has_begun;
    struct hostset *nodes;
};

/* Starts as all zero. */
struct slurm_reservations {
    struct slurm_reservation *list;
    size_t count;
    unsigned next; /* the number for another one: no name is used twice */
};

/* Of `scontrol -o show reservation`: those whose name is "ibfleet_RUN_N"; their nodes are
 * marked in seen[].  text is taken to pieces.  *made is to be done with in any case.  -1:
 * FAIL_SCHEDULER_ANSWER, FAIL_MEMORY.
 */
int slurm_reservations_read(char *text, const char *run, const struct namebook *book,
                            struct sighting *seen, struct slurm_reservations *made,
                            struct fail *why);
void slurm_reservations_done(struct slurm_reservations *made);

#endif
