/* doorway - how many logins one address takes at once (pure)
 *
 * sshd's MaxStartups bounds who is connected and not logged in yet, and it tells nobody
 * the bound.  So it is looked for as TCP looks for the room on a path: the width grows
 * by one with each login until the first is turned away, is halved then, and from there
 * on grows rarely.  Who came in before the width was halved says nothing new when it is
 * turned away, too: such rounds have numbers.
 *
 * A login that is turned away although no other is under way has met somebody else's
 * crowd, or a penalty (PerSourcePenalties).  Then the address rests, longer each time,
 * and is given up after a while.
 *
 *     if (doorway_admits(d, now_ms))
 *         round = doorway_enter(d);
 *     doorway_leave(d, round, DOORWAY_LET_IN, now_ms, chance);
 */
#ifndef CONTROLLER_DOORWAY_H
#define CONTROLLER_DOORWAY_H

#include <stdbool.h>
#include <stdint.h>

/* What sshd takes as it is shipped: from the tenth on it throws dice. */
#define DOORWAY_FIRST 10u

/* More than this never helps one machine. */
#define DOORWAY_MOST 256u

/* Once the bound is met, so many full rounds without a refusal come before one more
 * is tried.
 */
#define DOORWAY_CALM_ROUNDS 8u

/* Turned away alone so often in a row: given up. */
#define DOORWAY_PATIENT_TRIES 8u

/* Pauses after being turned away alone, doubled up to the second. */
#define DOORWAY_PAUSE_MS     250u
#define DOORWAY_PAUSE_MAX_MS 8000u

/* The same where the server has said that it does not want us now.  sshd keeps a
 * penalty from 15 s to 10 min and does not say how long.
 */
#define DOORWAY_PENALTY_MS     15000u
#define DOORWAY_PENALTY_MAX_MS 120000u

enum doorway_end {
    DOORWAY_LET_IN,      /* logged in                                             */
    DOORWAY_TURNED_AWAY, /* the server closed before it spoke SSH                 */
    DOORWAY_UNWANTED,    /* the same, with the words of a penalty                 */
    DOORWAY_SAYS_NOTHING /* whatever else came of it, also: abandoned by its owner */
};

struct doorway {
    unsigned width;     /* logins at once                               */
    unsigned under_way; /* now                                          */
    unsigned round;
    bool met;                /* the bound has been met                            */
    unsigned calm;           /* let in since the width last changed               */
    unsigned alone;          /* turned away in a row with no other under way      */
    uint64_t since_ms;       /* of the first of these                    */
    uint64_t rests_until_ms; /* 0: it does not                           */
};

struct doorway doorway_new(void);

/* May one more come in now? */
bool doorway_admits(const struct doorway *d, uint64_t now_ms);

/* Returns the round, for doorway_leave(). */
unsigned doorway_enter(struct doorway *d);

/* chance is any random number: no two addresses should rest equally long. */
void doorway_leave(struct doorway *d, unsigned round, enum doorway_end end,
                   uint64_t now_ms, uint32_t chance);

/* Turned away for so long, or so often, that whoever waits here should be told.  The
 * next that comes still gets its try, when the rest is over.
 */
bool doorway_is_hopeless(const struct doorway *d, uint64_t patience_ms);

#endif
