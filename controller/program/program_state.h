/* program_state - the table of a program that we run (pure)
 *
 *     running -> draining -> over -> closed
 *     running -> terminating -> (killed ->) over
 *
 * The second road is that of one that takes too long, prints too much, or is not wanted
 * any more.
 */
#ifndef CONTROLLER_PROGRAM_STATE_H
#define CONTROLLER_PROGRAM_STATE_H

enum program_state {
    PROGRAM_RUNNING = 1,
    PROGRAM_DRAINING,    /* it has ended; its output is still held open            */
    PROGRAM_TERMINATING, /* its process group was told to terminate                */
    PROGRAM_KILLED,      /* its process group was killed                           */
    PROGRAM_OVER,        /* reported; waits for the owner to close it              */
    PROGRAM_CLOSED,      /* silent; handles go away                                */
    PROGRAM_STATES
};

enum program_event {
    PROGRAM_EV_NONE,
    PROGRAM_EV_EXITED, /* the process                                  */
    PROGRAM_EV_QUIET,  /* nobody holds its output open any more        */
    PROGRAM_EV_LATE,   /* the deadline of the state has passed         */
    PROGRAM_EV_FLOOD,  /* it has printed more than any of them should  */
    PROGRAM_EV_GONE,   /* nobody is left in its process group          */
    PROGRAM_EV_CLOSE,  /* by the owner                                 */
    PROGRAM_EVENTS
};

#define PROGRAM_ILLEGAL 0

/* The state that follows, or PROGRAM_ILLEGAL: unlisted is a bug. */
int program_state_next(enum program_state state, enum program_event event);

#endif
