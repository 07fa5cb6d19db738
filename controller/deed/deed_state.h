/* deed_state - the road of an instance through a deed (pure)
 *
 *     todo -> looking -> asking -> following -> checking -> done
 *
 * What was as wanted before it was asked for ends in up-to-date.  An asking of which
 * nobody knows what became, as its answer was lost, its controller killed or its operation
 * forgotten by Azure, goes through doubting: the instance is looked at, and what it looks
 * like says whether to wait, to ask again, or that it is done.
 */
#ifndef CONTROLLER_DEED_STATE_H
#define CONTROLLER_DEED_STATE_H

#include <stdbool.h>

enum deed_state {
    DEED_TODO = 1,
    DEED_LOOKING,   /* its turn: is it there, and is there something to do */
    DEED_ASKING,    /* Azure is told; from here on it may be done          */
    DEED_DOUBTING,  /* it may have been told, and is looked at             */
    DEED_FOLLOWING, /* Azure has taken it, and is at it                    */
    DEED_CHECKING,  /* Azure says it is done; looked at until it is so     */
    DEED_DONE,      /* -- the ends of the road -- */
    DEED_UP_TO_DATE,
    DEED_FAILED,
    DEED_STATES
};

enum deed_event {
    DEED_EV_NONE,       /* nothing has happened yet                      */
    DEED_EV_GO,         /* its turn                                      */
    DEED_EV_UP_TO_DATE, /* looked at: nothing to do                      */
    DEED_EV_ASK,        /* looked at: it is to be asked for              */
    DEED_EV_DOUBT,      /* nobody knows whether Azure has heard          */
    DEED_EV_TAKEN,      /* Azure has, and says where to ask how it goes  */
    DEED_EV_OK,         /* what the state is for is done                 */
    DEED_EV_FAIL,
    DEED_EVENTS
};

#define DEED_ILLEGAL 0

/* The state that follows, or DEED_ILLEGAL: unlisted is a bug. */
int deed_state_next(enum deed_state state, enum deed_event event);

/* "todo", "up-to-date", ...: stable, in --json and in the journal.  Never NULL. */
const char *deed_state_name(enum deed_state state);
const char *deed_event_name(enum deed_event event);

/* The state of that name, or DEED_ILLEGAL. */
int deed_state_of(const char *name);

/* No event leads on from here. */
bool deed_state_is_end(enum deed_state state);

#endif
