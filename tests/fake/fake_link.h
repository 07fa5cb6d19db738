/* fake_link - thousands of nodes behind link.h, with agents that measure a model
 *
 * Time runs FAKE_LINK_HASTE times faster here: a deadline of 5 s passes in 50 ms.
 * What both sides of a meeting are told is compared; a difference ends the test.
 */
#ifndef TESTS_FAKE_LINK_H
#define TESTS_FAKE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_LINK_HASTE 100
#define FAKE_LINK_MOST  1024

struct fake_agent {
    bool refuses;           /* answers join with a failure                     */
    bool silent;            /* takes orders, answers none                      */
    bool lies;              /* answers about a meeting that was not ordered    */
    bool off_fabric;        /* its partners wait in vain, and so does it       */
    bool omits;             /* leaves out the last meeting of each order       */
    unsigned dies_in_batch; /* its measuring process, the link stays           */
    unsigned lost_in_batch; /* the link breaks under the order of this batch   */
    double slow;            /* share of bandwidth missing, both ways           */
    double slow_in_crowd;   /* likewise, but well when measured alone          */
    uint16_t pkey;          /* 0: 0x8001                                       */
    unsigned joins_ms;      /* until it answers a join                         */
    unsigned answers_ms;    /* after an order                                  */

    /* what happened to it */
    unsigned joins, orders, leaves, last_batch;
    unsigned long sent, received;
};

/* Of the node whose name ends in this number. */
extern struct fake_agent fake_agents[FAKE_LINK_MOST];

/* How often a met b in orders that went out, both sides of one meeting together 1. */
unsigned fake_link_met(size_t a, size_t b);

/* Everybody healthy, nothing met. */
void fake_link_reset(void);

#endif
