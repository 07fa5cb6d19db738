/* link_state - the table of a link (pure)
 *
 *     down -> waiting -> connecting -> starting [-> pushing] -> up -> lost
 *
 * Any state but down can go to lost; lost and down can be opened again.
 */
#ifndef CONTROLLER_LINK_STATE_H
#define CONTROLLER_LINK_STATE_H

enum link_state {
    LINK_DOWN = 1,   /* not opened yet                                      */
    LINK_WAITING,    /* for its turn at the door, or for a retry          */
    LINK_CONNECTING, /* TCP, handshake, host key, login                     */
    LINK_STARTING,   /* the agent is looked up and started                  */
    LINK_PUSHING,    /* the node did not have it: it is being sent          */
    LINK_UP,         /* greeted                                             */
    LINK_LOST,
    LINK_STATES
};

enum link_event {
    LINK_EV_NONE,
    LINK_EV_OPEN,       /* the owner wants it              */
    LINK_EV_TURN,       /* our turn to log in              */
    LINK_EV_LOGGED_IN,  /* and the command was started     */
    LINK_EV_NEED_AGENT, /* the node does not have it       */
    LINK_EV_HELLO,      /* the agent greeted               */
    LINK_EV_RETRY,      /* lost on the way up; try again   */
    LINK_EV_LOST,
    LINK_EVENTS
};

#define LINK_ILLEGAL 0

/* The state that follows, or LINK_ILLEGAL: unlisted is a bug. */
int link_state_next(enum link_state state, enum link_event event);

/* "down", "waiting", "connecting", ...; never NULL. */
const char *link_state_name(enum link_state state);

/* What it is, in a few words, for the manual; never NULL. */
const char *link_state_meaning(enum link_state state);

#endif
