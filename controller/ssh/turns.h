/* turns - sessions that move much take turns, after those that move little (pure)
 *
 * A node that floods us, or takes a large file, must not hold up the logins and answers
 * of the others.  What has moved more than TURNS_LIGHT_BYTES without a pause is heavy:
 * it queues, and only the first in the queue works, one turn in each round of the loop.
 * While the others keep the loop busy, the heavy have a small share of its time; when they
 * leave it time, the heavy have all of that.
 *
 *     turn_moved(&mine, bytes, now_ms);           each time
 *     if (turn_is_heavy(&mine, now_ms))
 *         turns_enter(turns, &mine, now_ns, busy_ns);
 *     ... mine.wake(mine.arg): it is the first; then, in each round of the loop,
 *     if (turns_admit(turns, now_ns, busy_ns))
 *         turns_leave(turns, &mine);  work;  turns_took(turns, begun_ns, ended_ns);
 *
 * The clock and busy_ns, how long the loop has worked for the others so far, come from
 * the caller.
 */
#ifndef CONTROLLER_TURNS_H
#define CONTROLLER_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a session may move before it is heavy, and for how long it must move nothing
 * to be light again.
 */
#define TURNS_LIGHT_BYTES ((size_t)64 << 10)
#define TURNS_PAUSE_MS    1000u

/* What one heavy turn may move. */
#define TURNS_TURN_BYTES ((size_t)64 << 10)

/* The share of the heavy while the others keep the loop busy: one part of so many. */
#define TURNS_PARTS 32u

/* How often it is judged whether they do, and at which share of the time: one part. */
#define TURNS_LOOK_NS    (20u * 1000000u)
#define TURNS_BUSY_PARTS 4u

/* One session's; inside its owner, who sets wake and arg and leaves the rest zero. */
struct turn {
    void (*wake)(void *arg); /* from now on it is the first; must not call back */
    void *arg;

    size_t moved_bytes;
    uint64_t moved_ms; /* when last */
    bool queued;
    struct turn *next, *before;
};

/* All zero is an empty queue. */
struct turns {
    struct turn *first, *last;
    uint64_t ended_ns, took_ns; /* the latest heavy turn */
    uint64_t looked_ns, looked_busy_ns;
    bool slack; /* at the last look the others left time */
};

void turn_moved(struct turn *turn, size_t bytes, uint64_t now_ms);
bool turn_is_heavy(const struct turn *turn, uint64_t now_ms);

/* At the end of the queue; does nothing for one that waits already. */
void turns_enter(struct turns *t, struct turn *turn, uint64_t now_ns, uint64_t busy_ns);

/* Does nothing for one that does not wait. */
void turns_leave(struct turns *t, struct turn *turn);

/* May the first of the queue work now?  If not, it asks in the next round again. */
bool turns_admit(struct turns *t, uint64_t now_ns, uint64_t busy_ns);

void turns_took(struct turns *t, uint64_t begun_ns, uint64_t ended_ns);

#endif
