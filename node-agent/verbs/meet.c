#include "node-agent/verbs/meet.h"

#include <string.h>

#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"

#define PSN_MASK 0xffffff

/* The partner is heard, but our word sleeps in a retry timer of 67 ms: how long
 * until connecting anew is the faster way?
 */
#define GRACE_HARD_NS   1000000
#define GRACE_SOFT_NS   20000000
#define GRACE_DOUBLINGS 6 /* of it, one for each call in vain */

/* Where there is no link, resolving fails at once: not more often than this. */
#define RESOLVE_PAUSE_MS 20

/* ---- words ---------------------------------------------------------------------------
 */

/* A word names its round, so that none of an earlier round is taken for it. */
static uint64_t stamp(const struct match *m, enum meet_word word)
{
    return ((uint64_t)m->round->round + 1) << 8 | word;
}

enum meet_word meet_heard(const struct match *m)
{
    uint64_t heard = queue_peek(m->queue, QUEUE_MAILBOX);

    return heard >> 8 == stamp(m, 0) >> 8 ? (enum meet_word)(heard & 0xff) : MEET_NOTHING;
}

/* Each word has a place of its own to be sent from: without inline, one may still
 * be on its way when the next is said.
 */
int meet_say(const struct match *m, enum meet_word word, struct fail *why)
{
    size_t from = QUEUE_OUTBOX + word * sizeof(uint64_t);
    uint64_t said = stamp(m, word);

    memcpy(queue_at(m->queue, from), &said, sizeof said);
    return queue_write(m->queue, from, QUEUE_MAILBOX, sizeof said, why);
}

/* ---- getting through
 * -------------------------------------------------------------------- */

/* Connect, for the first time or again, with the packet numbers both can count on,
 * and say that we are here.
 */
static int call(const struct match *m, unsigned calls, struct fail *why)
{
    const struct measure_round *r = m->round;
    uint32_t far_psn;

    if (queue_reset(m->queue, why) < 0)
        return -1;
    if (calls == 0) /* from now on only this round's partner can write here */
        memset(queue_at(m->queue, QUEUE_MAILBOX), 0, QUEUE_OUTBOX - QUEUE_MAILBOX);
    far_psn = (r->peer_psn + meet_heard(m)) & PSN_MASK;
    if (queue_connect(m->queue, &r->partner, r->psn, far_psn, why) < 0)
        return -1;
    return meet_say(m, MEET_HERE, why);
}

/* 1: our word is acknowledged; 0: another call is worth while, or the slot is over;
 * -1 with *why: the queue pair broke.
 */
static int await_ack(const struct match *m, unsigned calls, struct fail *why)
{
    uint64_t grace_ns = m->soft ? GRACE_SOFT_NS : GRACE_HARD_NS;
    bool heard = false;
    struct patience p;

    patience_begin(&p, PATIENCE_COOL, m->soft, m->end_ns, 0);
    for (;;) {
        int n = queue_poll(m->queue, why);

        if (n)
            return n;
        if (!heard && meet_heard(m)) {
            heard = true;
            p.silence_ns = grace_ns
                           << (calls < GRACE_DOUBLINGS ? calls : GRACE_DOUBLINGS);
            patience_renew(&p, clock_ns());
        }
        if (!patience_left(&p))
            return 0;
    }
}

/* May this pass, once the partner is there? */
static bool is_passing(const struct fail *f)
{
    return f->code == FAIL_PARTNER || f->code == FAIL_PATH;
}

/* Is there time for another call?  One that may hang in resolving needs more. */
static bool is_time_left(const struct match *m, const struct fail *last)
{
    uint64_t needs_ms = last->code == FAIL_PARTNER ? QUEUE_RESOLVE_MS : 0;

    return clock_ns() + needs_ms * 1000000 < m->end_ns;
}

static int never_met(const struct match *m, const struct fail *last, struct fail *why)
{
    const char *text = last->code ? last->text : "no acknowledgement";

    if (meet_heard(m))
        return fail_set(why, FAIL_PATH, "the partner is heard, but not reached: %s",
                        text);
    return fail_set(why, FAIL_PARTNER, "no sign of the partner: %s", text);
}

static int get_through(const struct match *m, struct fail *why)
{
    struct fail last = {.code = FAIL_NONE};
    unsigned calls = 0;

    do {
        int n = -1;

        if (last.code == FAIL_PARTNER)
            patience_pause(RESOLVE_PAUSE_MS);
        last.code = FAIL_NONE;
        if (call(m, calls, &last) == 0)
            n = await_ack(m, calls, &last);
        if (n > 0)
            return 0;
        if (n < 0 && !is_passing(&last)) {
            *why = last;
            return -1;
        }
        calls++;
    } while (is_time_left(m, &last));
    return never_met(m, &last, why);
}

/* Completions are read meanwhile: a queue pair that breaks ends the wait. */
static int await_word(const struct match *m, enum meet_word word, const char *doing,
                      struct fail *why)
{
    struct patience p;

    patience_begin(&p, PATIENCE_COOL, m->soft, m->end_ns, 0);
    while (meet_heard(m) < word) {
        if (queue_poll(m->queue, why) < 0)
            return fail_prefix(why, "%s", doing);
        if (!patience_left(&p))
            return fail_set(why, FAIL_PATH, "%s: acknowledged, but nothing is heard",
                            doing);
    }
    return 0;
}

static int await_write(const struct match *m, const char *doing, struct fail *why)
{
    struct patience p;
    int n;

    patience_begin(&p, PATIENCE_COOL, m->soft, m->end_ns, 0);
    while ((n = queue_poll(m->queue, why)) == 0)
        if (!patience_left(&p))
            return patience_fail(&p, why, doing);
    return n < 0 ? fail_prefix(why, "%s", doing) : 0;
}

int meet_partner(const struct match *m, struct fail *why)
{
    if (get_through(m, why) < 0 || await_word(m, MEET_HERE, "meeting", why) < 0 ||
        meet_say(m, MEET_SURE, why) < 0 || await_write(m, "meeting", why) < 0)
        return -1;
    return await_word(m, MEET_SURE, "meeting", why);
}
