/* node_state - the road of a node through a rollout (pure)
 *
 *     todo -> probing -> planned -> claiming -> staging -> draining -> installing
 *          -> rebooting -> verifying -> checking -> soaking -> undraining -> releasing -> done
 *
 * Some of it is not for every node: see enum node_leg.  A probe may also end the road:
 * up-to-date, or failed.  Who fails with our claim on it goes through giving-up, which lets
 * the claim go; on the way there what was before may be brought back (rollback-probing,
 * rolling-back, rollback-rebooting), and the node into service (returning).  Whoever is told
 * to pause ends in paused for this controller; the node itself goes on.
 *
 * The link is a table of its own (link_state.h).  Here it is seen only as whether
 * a loss ends the state or is waited out: node_loss_is_final().
 */
#ifndef CONTROLLER_NODE_STATE_H
#define CONTROLLER_NODE_STATE_H

#include <stdbool.h>

#include "protocol/fail.h"

enum node_state {
    NODE_TODO = 1,
    NODE_PROBING,    /* logging in, detecting, deciding                        */
    NODE_PLANNED,    /* there is something to do; waits to be told to go       */
    NODE_CLAIMING,   /* from here on no other controller may touch it          */
    NODE_STAGING,    /* what its steps need is fetched while it is in service  */
    NODE_DRAINING,   /* until the scheduler has no job on it                   */
    NODE_INSTALLING, /* the agent takes the steps; goes on without us          */
    NODE_REBOOTING,  /* until the boot id differs                              */
    NODE_VERIFYING,  /* until decide() has nothing left to do and it is fit    */
    NODE_CHECKING,   /* measured against others                                */
    NODE_SOAKING,    /* left alone, then looked at once more                   */
    NODE_UNDRAINING, /* until the scheduler has it back                        */
    NODE_RELEASING,
    NODE_BACK_PROBING, /* failed: looking what brings back what was before     */
    NODE_BACK_INSTALLING,
    NODE_BACK_REBOOTING,
    NODE_RETURNING, /* failed, and goes back into service                      */
    NODE_GIVING_UP, /* failed, and our claim is still on it                    */
    NODE_DONE,      /* -- the ends of the road -- */
    NODE_UP_TO_DATE,
    NODE_FAILED,
    NODE_SKIPPED, /* as it was found                                           */
    NODE_PAUSED,  /* by the operator; resume takes it up again                 */
    NODE_STATES
};

enum node_event {
    NODE_EV_NONE, /* nothing has happened yet */
    NODE_EV_START,
    NODE_EV_UP_TO_DATE, /* probed: nothing to do          */
    NODE_EV_PLAN,       /* probed: steps to take          */
    NODE_EV_GO,         /* the operator and policy say so */
    NODE_EV_OK,         /* what the state is for is done  */
    NODE_EV_REBOOT,     /* installed, and wants a reboot  */
    NODE_EV_FAIL,
    NODE_EV_ROLL_BACK, /* failed, and what was before is to come back      */
    NODE_EV_RETURN,    /* failed, and it is to go back into service        */
    NODE_EV_SKIP,      /* it could not be taken out of service: passed over */
    NODE_EV_PAUSE,
    NODE_EVENTS
};

/* What is not for every node; or'ed. */
enum node_leg {
    NODE_LEG_STAGE = 1, /* staging               */
    NODE_LEG_DRAIN = 2, /* draining, undraining, returning */
    NODE_LEG_CHECK = 4, /* checking              */
    NODE_LEG_SOAK = 8   /* soaking               */
};
#define NODE_LEGS_ALL 15u

#define NODE_ILLEGAL 0

/* The state that follows for a node with these legs, or NODE_ILLEGAL: unlisted is a bug. */
int node_state_next(enum node_state state, enum node_event event, unsigned legs);

/* Does it follow for some legs?  For who reads what a controller has written. */
bool node_state_may_follow(enum node_state from, enum node_event event,
                           enum node_state to);

/* Is a node in this state out of service, or about to be? */
bool node_state_is_out(enum node_state state);

/* "todo", "up-to-date", ...: stable, in --json and in the journal.  Never NULL. */
const char *node_state_name(enum node_state state);
const char *node_event_name(enum node_event event);

/* What it is, in a few words, for the manual; never NULL. */
const char *node_state_meaning(enum node_state state);

/* The state of that name, or NODE_ILLEGAL. */
int node_state_of(const char *name);

/* No event leads on from here. */
bool node_state_is_end(enum node_state state);

/* Is a link lost in this state, for this reason, the end of it?  Otherwise it is
 * opened again until the state's deadline.  While a node boots, nearly everything
 * may be refused for a while; a host key that changed never gets better.  was_up:
 * there was a conversation; the first one is tried for by the link alone, unless its
 * agent was there and was killed.
 */
bool node_loss_is_final(enum node_state state, enum fail_code code, bool was_up);

#endif
