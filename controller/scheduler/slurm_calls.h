/* slurm_calls - how Slurm is asked, and how it is told (pure)
 *
 * Every order names all its nodes in one hostlist.  Measured with Slurm 22.05:
 *   - an update goes on after a node that is not there, and fails as a whole, so the next
 *     look and not its status says for which it has worked;
 *   - RESUME and UNDRAIN of a node that is in service are refused ("Invalid node state");
 *   - the rights are looked at before the names, so an update of a node that cannot exist
 *     tells whether we may, and changes nothing;
 *   - a reservation's nodes cannot be taken away from it by "-=", only be named anew.
 */
#ifndef CONTROLLER_SLURM_CALLS_H
#define CONTROLLER_SLURM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/scheduler/custody.h"

struct fail;
struct sighting;
struct words;

enum slurm_question {
    SLURM_ASK_CONFIG,
    SLURM_ASK_RIGHTS,
    SLURM_ASK_NODES,
    SLURM_ASK_JOBS,
    SLURM_ASK_RESERVATIONS,
};

/* -1: no memory; so the next one. */
int slurm_question(enum slurm_question question, struct words *w);

struct slurm_order {
    enum custody_act act;
    const char *hostlist;    /* of RELEASE: who stays; "": nobody, it is deleted */
    const char *reason;      /* of DRAIN and DOWN */
    const char *reservation; /* of RESERVE and RELEASE */
    int64_t start_s;         /* of RESERVE; 0: now */
    bool ignores_jobs;       /* of RESERVE: some job may run longer than that */
};

int slurm_order(const struct slurm_order *order, struct words *w);

/* When a reservation of these nodes is to begin: when their last job must have ended, but at
 * latest_s.
 */
void slurm_reservation_time(const struct sighting *seen, const size_t *nodes,
                            size_t count, int64_t now_s, int64_t latest_s,
                            struct slurm_order *order);

/* A program of Slurm's has failed with these words on stderr; the code says what follows.
 * Returns -1.
 */
int slurm_complaint(const char *what, int status, const char *words, struct fail *why);

/* To the question about the rights: -1 with FAIL_PREFLIGHT when we have none. */
int slurm_rights(int status, const char *words, struct fail *why);

#endif
