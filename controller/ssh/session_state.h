/* session_state - the table of an SSH session (pure)
 *
 *     fresh -> resolving -> connecting -> handshaking -> logging in -> opening
 *           -> starting -> running -> ending -> over -> closed
 *
 * From running one can be sent back: leaving -> opening, for another command.
 * Every state up to running can fail and be over; every state can be closed.
 */
#ifndef CONTROLLER_SESSION_STATE_H
#define CONTROLLER_SESSION_STATE_H

enum session_state {
    SESSION_FRESH = 1,   /* ssh_open() has not returned yet                        */
    SESSION_RESOLVING,   /* the name is looked up                                  */
    SESSION_CONNECTING,  /* TCP                                                    */
    SESSION_HANDSHAKING, /* banners, key exchange; then the host key is judged     */
    SESSION_LOGGING_IN,  /* our public key                                         */
    SESSION_OPENING,     /* the channel                                            */
    SESSION_STARTING,    /* the command                                            */
    SESSION_RUNNING,     /* a byte stream                                          */
    SESSION_LEAVING,     /* what is half sent is finished, then another command    */
    SESSION_ENDING,      /* the command has closed its output; what was its status? */
    SESSION_OVER,        /* reported; waits for the owner to close it              */
    SESSION_CLOSED,      /* silent; handles are going away                         */
    SESSION_STATES
};

enum session_event {
    SESSION_EV_NONE,
    SESSION_EV_DONE,    /* the phase has done what it is for     */
    SESSION_EV_FAIL,    /* it can not; why is noted              */
    SESSION_EV_INSTEAD, /* another command is wanted           */
    SESSION_EV_CLOSE,
    SESSION_EVENTS
};

#define SESSION_ILLEGAL 0

/* The state that follows, or SESSION_ILLEGAL: unlisted is a bug. */
int session_state_next(enum session_state state, enum session_event event);

/* What is going on, for "no answer within 15 s while ...": "connecting"; never NULL. */
const char *session_state_name(enum session_state state);

#endif
