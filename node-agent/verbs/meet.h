/* meet - two nodes find each other in band, without a word to the controller
 *
 * Both connect at about the same time, but not at the same: what is sent to a
 * partner that is still with somebody else is dropped, and the queue pair breaks
 * after some retries.  So a node writes a word into the partner's mailbox, and
 * when that fails it connects again and writes the same word with the same packet
 * number, until its slot is over.
 *
 * Connecting anew must not lose count of the partner's packets.  While meeting,
 * each word is one packet, and the mailbox says how many have been taken in; so
 * that, read while the queue pair is reset, tells which number comes next.  A side
 * says MEET_HERE until it is acknowledged, then it will never connect anew in this
 * round and says MEET_SURE.  Nobody sends anything else before the partner is sure.
 */
#ifndef NODE_AGENT_VERBS_MEET_H
#define NODE_AGENT_VERBS_MEET_H

#include "protocol/measure.h"

struct queue;

/* One round, as both of its phases (meeting and traffic) see it. */
struct match {
    struct queue *queue;
    const struct measure_round *round;
    const struct measure_plan *plan;
    bool soft;           /* one of the two is Soft-RoCE                         */
    uint64_t end_ns;     /* of the slot, CLOCK_MONOTONIC                        */
    uint64_t silence_ns; /* in traffic: after so long without a sign it is over */
};

/* How far a side is. */
enum meet_word {
    MEET_NOTHING,
    MEET_HERE,
    MEET_SURE,
    MEET_YOUR_TURN, /* my bandwidth is measured */
    MEET_DONE,
};

/* Connect to the partner; on success both are sure.  FAIL_PARTNER: it never showed
 * up.  FAIL_PATH: it did, but we do not get through.  FAIL_CONFIG_DIFFERS,
 * FAIL_VERBS.  After a failure, only another meeting (or queue_reset) helps.
 */
int meet_partner(const struct match *m, struct fail *why);

/* Say a word; it has arrived when this and what was written before completes. */
int meet_say(const struct match *m, enum meet_word word, struct fail *why);

/* The partner's last word in this round. */
enum meet_word meet_heard(const struct match *m);

#endif
