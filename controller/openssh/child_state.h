/* child_state - the table of an OpenSSH client that is our child (pure)
 *
 *     queued -> logging in -> running -> over -> closed
 *
 * Every state before over can fail and be over; every state can be closed.
 */
#ifndef CONTROLLER_CHILD_STATE_H
#define CONTROLLER_CHILD_STATE_H

enum child_state {
    CHILD_QUEUED = 1, /* not so many may start at once                          */
    CHILD_LOGGING_IN, /* the process runs; it has not said yet that it is in    */
    CHILD_RUNNING,    /* a byte stream                                          */
    CHILD_OVER,       /* reported; waits for the owner to close it              */
    CHILD_CLOSED,     /* silent; the process is made to end, handles go away    */
    CHILD_STATES
};

enum child_event {
    CHILD_EV_NONE,
    CHILD_EV_DONE, /* the phase has done what it is for */
    CHILD_EV_FAIL, /* it cannot; why is noted           */
    CHILD_EV_CLOSE,
    CHILD_EVENTS
};

#define CHILD_ILLEGAL 0

/* The state that follows, or CHILD_ILLEGAL: unlisted is a bug. */
int child_state_next(enum child_state state, enum child_event event);

#endif
