/* rollout_parts - between the files of a rollout, and nobody else's
 *
 * Nodes tell their moves; what follows for others is decided once per turn of the
 * loop, in rollout_on_turn(), so that no node is moved while another one moves.
 */
#ifndef CONTROLLER_ROLLOUT_PARTS_H
#define CONTROLLER_ROLLOUT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/rollout/diary.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/rollout.h"
#include "protocol/fail.h"

struct uv_idle_s;

enum phase { PHASE_NEW, PHASE_PROBING, PHASE_PLANNED, PHASE_ACTING, PHASE_OVER };

struct traveller {
    struct rollout *rollout;
    struct node *node;
    uint64_t since_ms; /* of its state, by the loop's clock */
    uint64_t busy_ms;
    bool is_under_way; /* for dispatch */
    bool awaits_hook;  /* and is still planned */
    bool was_begun;    /* by an earlier controller   */
    long stage;        /* of it then; -1: it had none */
    struct diary diary;
};

struct rollout {
    const struct node_crew *crew;
    const struct rollout_hooks *hooks;
    void *arg;
    struct traveller *travellers;
    size_t count, in_state[NODE_STATES];

    enum phase phase;
    struct uv_idle_s *turn; /* runs while there is something to decide */
    struct journal *journal;
    const struct node_claim *claim;
    const struct dispatch_terms *terms;
    struct dispatch *dispatch; /* once it is arranged  */
    struct fail waited;        /* the latest that was told */
    long batch;                /* likewise; -1: none yet   */
    size_t writing;            /* moves on their way to the disk */
    struct fail broken;

    size_t open; /* nodes and the handle */
    bool closing;
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* Another turn soon, unless it is being closed. */
void rollout_want_turn(struct rollout *r);
void rollout_on_turn(struct uv_idle_s *handle);

/* The journal has failed: nothing more is done. */
void rollout_break_off(struct rollout *r, const struct fail *why);

/* The order of the planned ones, by r->terms.  FAIL_MEMORY. */
int rollout_make_dispatch(struct rollout *r, struct fail *why);

#endif
