/* flow - how many logins are under way in all, and how fast they begin (pure)
 *
 * Starts at FLOW_FIRST.  While somebody waits, it is looked at from time to time: when
 * our own loop has time left, half as many again may be under way, so that nodes which
 * are dead or slow hold up nobody; when the loop is busy, more at once would only make
 * each of them slower; and when a good part is turned away at the same time, which no
 * single server explains, it is halved.
 *
 * Connections begin at a bounded rate, so that a burst of them does not overflow what
 * listens, or the tables of a switch or firewall on the way.
 */
#ifndef CONTROLLER_FLOW_H
#define CONTROLLER_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FLOW_FIRST 64u
#define FLOW_MOST  4096u
#define FLOW_LEAST 8u

/* What one loop can do is about 1250 logins a second. */
#define FLOW_PER_MS 2u
#define FLOW_BURST  128u

#define FLOW_LOOK_MS 100u

/* A loop that is busy for more than this share of the time is the bottleneck. */
#define FLOW_BUSY 0.7

/* Fewer ends than this say nothing. */
#define FLOW_JUDGED 20u

struct flow {
    unsigned width;
    bool fixed;                  /* as the operator said       */
    unsigned under_way;          /* now                        */
    bool full;                   /* since the last look somebody has found no room */
    unsigned ended, turned_away; /* since then */
    uint64_t looked_ms;
    unsigned tokens; /* connections that may begin at once */
    uint64_t filled_ms;
};

/* width 0: it adapts. */
struct flow flow_new(unsigned width, uint64_t now_ms);

/* May one more come in now?  *due_ms, when not: when to ask again although nobody has
 * left, or UINT64_MAX.
 */
bool flow_admits(struct flow *f, uint64_t now_ms, uint64_t *due_ms);

void flow_enter(struct flow *f);
void flow_leave(struct flow *f);

/* How one login went, for the next look; turned_away: by a server that had no other
 * login of ours.
 */
void flow_count(struct flow *f, bool turned_away);

/* Adapt the width.  busy: the share of the time since the last look in which the loop
 * was at work, 0 to 1.  False, and nothing is done, before it is time.
 */
bool flow_look(struct flow *f, uint64_t now_ms, double busy);

#endif
