/* dossier - what is known of a node, what it is asked in each state, and what its
 * answers mean (pure)
 *
 *     what = dossier_question(&d, state);
 *     body = dossier_body(&d, state, until_s);       ... the agent's answer comes ...
 *     lesson = dossier_learn(&d, state, answer, why, tries);
 *
 * The node acts on lessons; here nothing is done but to know and to judge.
 */
#ifndef CONTROLLER_DOSSIER_H
#define CONTROLLER_DOSSIER_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/rollout/node_state.h"
#include "inventory/decide.h"

struct catalog;
struct facts;
struct fleet_node;
struct json;
struct node_claim;

/* Before it has agreed once to reboot. */
#define DOSSIER_REBOOT_REFUSALS 3

/* What one run wants of all its nodes, beside what the fleet file says of each. */
struct dossier_aim {
    const struct catalog *catalog; /* borrowed; NULL: no vendor's driver can be wanted */
    bool remove, back;             /* as in struct decide_want */
    bool reboots_elsewhere; /* the agent is not to reboot a node: somebody else does */
};

struct dossier {
    const struct fleet_node *fleet_node; /* borrowed */
    struct dossier_aim aim;
    const struct node_claim *claim; /* borrowed; NULL until it is told to go */
    struct facts *facts;            /* as it was probed; NULL before */
    struct decision decision;       /* up-to-date until it was probed */
    bool restored;                  /* the decision is an earlier controller's */
    char boot_now[64];              /* of the conversation */
    char *boot_id;                  /* of the boot that a reboot is to end; NULL before */
    bool goes_down;                 /* it has agreed to reboot */
    struct decision back; /* what brings back what was before; once it is asked */
    bool went_back;       /* and that was done */
    char *back_boot_id;   /* as boot_id, of a reboot for that */
};

void dossier_clear(struct dossier *d);

/* What an earlier controller decided, and the boot that it was to end (NULL: it did
 * not come that far).  The decision is taken over and left empty.  FAIL_MEMORY.
 */
int dossier_restore(struct dossier *d, struct decision *decision, const char *boot_id,
                    struct fail *why);

/* The agent's hello tells its boot. */
void dossier_greet(struct dossier *d, const struct json *hello);

/* The word of the request; a state that asks nothing is a bug. */
const char *dossier_question(const struct dossier *d, enum node_state state);

/* Its body, the caller's to free; until_s is the claim's end.  NULL: out of memory. */
struct json *dossier_body(const struct dossier *d, enum node_state state,
                          int64_t until_s);

/* Is there something that can be brought before the node is out of service? */
bool dossier_can_stage(const struct dossier *d);

/* What an answer, or the agent's failure (why not NULL), means in this state. */
struct lesson {
    enum node_event event; /* NODE_EV_NONE: not yet, ask again later */
    bool hang_up;          /* ... over another link                  */
    struct fail why;       /* with NODE_EV_NONE and NODE_EV_FAIL     */
};

/* tries: how often it was "not yet" in this state. */
struct lesson dossier_learn(struct dossier *d, enum node_state state,
                            const struct json *answer, const struct fail *why,
                            unsigned tries);

#endif
