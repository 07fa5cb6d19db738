/* patience - how hard and how long to wait for what nobody announces
 *
 * What a partner writes into our memory is only seen by looking.  Looking without
 * a pause is fastest where the HCA works by itself; Soft-RoCE does its work on our
 * CPU, which must be given away.  And who only waits gets no error from the queue
 * pair: each wait ends with the slot, or after a silence.
 *
 *     patience_begin(&p, PATIENCE_SPIN, queue, end_ns, silence_ns);
 *     while (!seen())
 *         if (!patience_left(&p))
 *             return patience_fail(&p, why, "waiting for a pong");
 *     patience_renew(&p, clock_ns());
 */
#ifndef NODE_AGENT_VERBS_PATIENCE_H
#define NODE_AGENT_VERBS_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct queue;

enum patience_kind {
    PATIENCE_SPIN,  /* look as often as can be; yield rarely                    */
    PATIENCE_YIELD, /* between few looks, let others have the CPU               */
    PATIENCE_SLEEP, /* until the queue has a completion or an announced write   */
    PATIENCE_NAP,   /* look ten times in a millisecond, whatever comes          */
};

struct patience {
    enum patience_kind kind;
    struct queue *queue; /* borrowed */
    uint64_t end_ns;     /* of the slot, as clock_ns()                           */
    uint64_t silence_ns; /* how long nothing may come; 0: any time              */
    uint64_t until_ns;   /* the earlier of both                                 */
    unsigned looks;      /* fruitless ones since something came                 */
    bool armed;          /* the queue will wake us                              */
};

void patience_begin(struct patience *p, enum patience_kind kind, struct queue *queue,
                    uint64_t end_ns, uint64_t silence_ns);

/* Something came: the silence starts again. */
void patience_renew(struct patience *p, uint64_t now_ns);

/* After a fruitless look: is there time for another? */
bool patience_left(struct patience *p);

/* Let some time go by before something is tried again. */
void patience_pause(unsigned ms);

/* Why there is none: FAIL_PATH (silence) or FAIL_TIMEOUT (the slot is over, though
 * something still came).  Returns -1.
 */
int patience_fail(const struct patience *p, struct fail *why, const char *doing);

#endif
