#include "node-agent/verbs/meet.h"

#include <string.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"

#define PSN_MASK 0xffffff

/* How long after the partner was heard it should have heard us. */
#define GRACE_HARD_NS 3000000
#define GRACE_SOFT_NS 20000000

/* Of the grace, and of the pause (1 ms) after a call that broke: one for each call. */
#define DOUBLINGS 5

/* ---- words -------------------------------------------------------------- */

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
static int say(const struct match *m, enum meet_word word, struct fail *why)
{
    size_t from = QUEUE_OUTBOX + word * sizeof(uint64_t);
    uint64_t said = stamp(m, word);

    memcpy(queue_at(m->queue, from), &said, sizeof said);
    return queue_write(m->queue, from, QUEUE_MAILBOX, sizeof said, false, why);
}

/* ---- one call ----------------------------------------------------------- */

/* Connect, with the packet numbers that both can count on. */
static int connect_to(const struct match *m, bool anew, struct fail *why)
{
    const struct measure_round *r = m->round;
    uint32_t far_psn;

    if (queue_reset(m->queue, why) < 0)
        return -1;
    if (!anew) /* from now on only this round's partner can write here */
        memset(queue_at(m->queue, QUEUE_MAILBOX), 0, QUEUE_OUTBOX - QUEUE_MAILBOX);
    far_psn = (r->peer_psn + meet_heard(m)) & PSN_MASK;
    return queue_connect(m->queue, &r->partner, r->psn, far_psn, why);
}

/* A partner that is heard will soon hear us too; if not, our words sleep in a retry
 * timer or were lost on its earlier self, and another call is quicker.
 */
static void set_patience(const struct match *m, unsigned calls, enum meet_word heard,
                         struct patience *p)
{
    uint64_t grace_ns = m->soft ? GRACE_SOFT_NS : GRACE_HARD_NS;
    unsigned doublings = calls < DOUBLINGS ? calls : DOUBLINGS;

    p->silence_ns = heard == MEET_HERE ? grace_ns << doublings : 0;
    patience_renew(p, clock_ns());
}

/* 1: both are sure; 0: we got no further in time; -1 with *why: the queue pair broke.
 * *said: how many words we have said.
 */
static int talk(const struct match *m, unsigned calls, unsigned *said, struct fail *why)
{
    unsigned arrived = 0;
    enum meet_word heard = MEET_NOTHING, now;
    struct patience p;

    patience_begin(&p, PATIENCE_NAP, m->queue, m->end_ns, 0);
    for (;;) {
        int n = queue_poll(m->queue, why);

        if (n < 0)
            return -1;
        arrived += (unsigned)n;
        now = meet_heard(m);
        if (now != heard)
            set_patience(m, calls, now, &p);
        heard = now;
        while (*said < MEET_SURE && *said <= heard)
            if (say(m, (enum meet_word)(++*said), why) < 0)
                return -1;
        if (heard >= MEET_SURE && arrived == MEET_SURE)
            return 1;
        if (!patience_left(&p))
            return 0;
    }
}

static int call(const struct match *m, unsigned calls, unsigned *said, struct fail *why)
{
    *said = MEET_NOTHING;
    return connect_to(m, calls > 0, why) < 0 ? -1 : talk(m, calls, said, why);
}

/* ---- until the slot is over --------------------------------------------- */

/* May this pass, once the partner is there? */
static bool is_passing(const struct fail *f)
{
    return f->code == FAIL_NONE || f->code == FAIL_PARTNER || f->code == FAIL_PATH;
}

/* A call that hangs in resolving an address would end after the slot. */
static bool is_time_left(const struct match *m, const struct fail *last)
{
    uint64_t needs_ms = last->code == FAIL_PARTNER ? QUEUE_RESOLVE_MS : 0;

    return clock_ns() + needs_ms * 1000000 < m->end_ns;
}

static int never_met(const struct match *m, const struct fail *last, struct fail *why)
{
    const char *text = last->code ? last->text : "nothing is heard";

    if (meet_heard(m))
        return fail_set(why, FAIL_PATH,
                        "meeting: the partner is heard, but not reached%s%s",
                        last->code ? ": " : "", last->code ? last->text : "");
    return fail_set(why, FAIL_PARTNER, "no sign of the partner: %s", text);
}

int meet_partner(const struct match *m, struct fail *why)
{
    struct fail last;
    unsigned said;

    for (unsigned calls = 0;; calls++) {
        last.code = FAIL_NONE;
        if (call(m, calls, &said, &last) > 0)
            return 0;
        if (!is_passing(&last)) {
            *why = last;
            return -1;
        }
        if (said == MEET_SURE || !is_time_left(m, &last))
            return never_met(m, &last, why);
        if (last.code)
            patience_pause(1u << (calls < DOUBLINGS ? calls : DOUBLINGS));
    }
}

/* ---- later -------------------------------------------------------------- */

int meet_tell(const struct match *m, enum meet_word word, struct fail *why)
{
    struct patience p;
    int n;

    if (say(m, word, why) < 0)
        return -1;
    patience_begin(&p, PATIENCE_NAP, m->queue, m->end_ns, m->silence_ns);
    while ((n = queue_poll(m->queue, why)) == 0)
        if (!patience_left(&p))
            return patience_fail(&p, why, "handing over");
    return n < 0 ? fail_prefix(why, "handing over") : 0;
}
