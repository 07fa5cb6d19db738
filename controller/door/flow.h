/* flow - how many logins are under way in all, and how fast they begin (pure)
 *
 * The width starts at FLOW_FIRST and climbs as long as that is worth it: after each
 * round of about `width` logins it grows by half, stays so if the rate of logins has
 * grown, too, and goes back if not, for then something else is the bottleneck (the
 * servers, or our own CPU) and more at once only makes each of them slower.  When our
 * loop is busy it is not even tried.  When a good part is turned away at the same time,
 * which no single server explains, the width is halved.
 *
 * A login that takes long takes no room any more, so that nodes which are dead or hang
 * hold up nobody.  Connections begin at a bounded rate, so that a burst of them does not
 * overflow what listens, or the tables of a switch or firewall on the way.
 */
#ifndef CONTROLLER_FLOW_H
#define CONTROLLER_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FLOW_FIRST 64u
#define FLOW_LEAST 8u

/* However many of them take no room. */
#define FLOW_MOST 4096u

/* What one loop can do is about 1250 logins a second. */
#define FLOW_PER_MS 2u
#define FLOW_BURST  128u

#define FLOW_LOOK_MS 100u

/* A login takes room for so many looks. */
#define FLOW_AGES 5u

/* A loop that is busy for more than this share of the time is the bottleneck. */
#define FLOW_BUSY 0.7

/* Half as many again must have made the rate this much larger, or it was not worth it;
 * then so many rounds pass before it is tried again.
 */
#define FLOW_WORTH       1.2
#define FLOW_CALM_ROUNDS 8u

struct flow {
    unsigned width;
    bool fixed; /* as the operator said, and then everybody takes room */

    unsigned under_way;       /* now                                             */
    unsigned slow;            /* of these, those that take no room any more      */
    unsigned ages[FLOW_AGES]; /* the others, by the look since which they are in */
    unsigned look;            /* the current one                                 */
    uint64_t looked_ms;

    uint64_t round_ms; /* when this round began; since then: */
    unsigned ended, turned_away;
    bool full; /* somebody has found no room */

    unsigned before; /* the width before it last grew; 0: that is judged already */
    double rate;     /* of that round, logins per ms */
    unsigned calm;   /* rounds to come in which it is not tried */

    unsigned tokens; /* connections that may begin at once */
    uint64_t filled_ms;
};

/* width 0: it adapts. */
struct flow flow_new(unsigned width, uint64_t now_ms);

/* May one more come in now?  *due_ms, when not: when to ask again although nobody has
 * left, or UINT64_MAX.
 */
bool flow_admits(struct flow *f, uint64_t now_ms, uint64_t *due_ms);

/* Returns since which look it is in, for flow_leave(). */
unsigned flow_enter(struct flow *f);
void flow_leave(struct flow *f, unsigned since);

/* How one login went; turned_away: by a server that had no other login of ours. */
void flow_count(struct flow *f, bool turned_away);

/* Adapt the width.  busy: the share of the time since the last look in which the loop
 * was at work, 0 to 1.  False, and nothing is done, before it is time.
 */
bool flow_look(struct flow *f, uint64_t now_ms, double busy);

#endif
