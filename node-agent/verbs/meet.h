/* meet - two nodes find each other in band, without a word to the controller
 *
 * Both connect at about the same time, but not at the same: what is sent to a
 * partner that is still in an earlier round is dropped, refused, or even acknowledged
 * (an old queue pair takes half of all packet numbers for repeated ones).  So an
 * acknowledgement proves nothing.  Words do, which a side writes into the other's
 * mailbox, each once it has heard the one before:
 *
 *     MEET_HERE    I am in this round
 *     MEET_HEARD   I know that you are
 *     MEET_SURE    I know that you know; from now on I stay connected as I am
 *
 * A side that gets no further connects anew and says its words again, until it has
 * been heard or its slot is over.  That must not lose count of packets: each word is
 * one packet, always of the same number, and the mailbox tells how many of the
 * partner's have been taken in; so that, read while the queue pair is reset, is how
 * far the next number is.  Nobody sends anything else before the partner is sure.
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
    MEET_HEARD,
    MEET_SURE,
    MEET_YIELD,     /* play the pings that count so,                            */
    MEET_SLEEP,     /* or so                                                    */
    MEET_YOUR_TURN, /* my bandwidth is measured                                 */
    MEET_DONE,
};

/* Connect to the partner; on success both are sure.  FAIL_PARTNER: it never showed
 * up.  FAIL_PATH: it did, but we do not get through.  FAIL_CONFIG_DIFFERS,
 * FAIL_VERBS.  After a failure, only another meeting (or queue_reset) helps.
 */
int meet_partner(const struct match *m, struct fail *why);

/* After meeting, with nothing else in flight: say a word and wait until it has arrived.
 * FAIL_PATH, FAIL_TIMEOUT, FAIL_VERBS.
 */
int meet_tell(const struct match *m, enum meet_word word, struct fail *why);

/* The partner's last word in this round. */
enum meet_word meet_heard(const struct match *m);

#endif
