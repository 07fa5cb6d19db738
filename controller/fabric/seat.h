/* seat - a campaign's conversation with one of its nodes
 *
 * Lets the node join, hands it its orders and lets it leave, over its link.  One
 * question at a time; each is answered once, through a function that all seats of a
 * campaign share, and never before the asking call has returned.  What an answer is
 * worth is the campaign's to judge.
 */
#ifndef CONTROLLER_SEAT_H
#define CONTROLLER_SEAT_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct json;
struct link;
struct measure_order;

/* Exactly one of answer and why is given; both are borrowed for the call. */
typedef void (*seat_answer_fn)(void *arg, size_t i, const struct json *answer,
                               const struct fail *why);

struct seat { /* lies still while a question is open */
    struct link *link;
    const char *hca; /* the rail to measure */
    int port;
    size_t i; /* the node's index */
    seat_answer_fn on_answer;
    void *arg;
};

/* Ask.  A deadline that passes is an answer too, FAIL_TIMEOUT, and so is a lost link.
 * On -1 (FAIL_MEMORY) nothing was asked.
 */
int seat_join(struct seat *s, const char *campaign, struct fail *why);
int seat_order(struct seat *s, const struct measure_order *o, uint64_t deadline_ms,
               struct fail *why);
int seat_leave(struct seat *s, const char *campaign, struct fail *why);

#endif
