/* requests - what was asked and is not answered yet; knows no loop and no clock
 *
 * Times are whatever clock the owner uses, in ms.  What is taken out is the caller's
 * to free().
 */
#ifndef CONTROLLER_REQUESTS_H
#define CONTROLLER_REQUESTS_H

#include <stdint.h>

#include "controller/link/link.h"
#include "protocol/fail.h"

#define REQUESTS_NEVER UINT64_MAX

struct request {
    struct request *next;
    uint32_t id;
    uint64_t due_ms;
    link_answer_fn on_answer;
    void *arg;
    struct fail why; /* the answer it gets when it is due */
};

/* Starts as all zero. */
struct requests {
    struct request *first;
    uint32_t last_id;
};

/* A new one with an id of its own and no reason yet.  NULL: out of memory. */
struct request *requests_add(struct requests *r, uint64_t due_ms,
                             link_answer_fn on_answer, void *arg);

/* The one with this id, or NULL. */
struct request *requests_take(struct requests *r, uint32_t id);

/* The one asked first, or NULL; also NULL when it was asked after the one with the id
 * `last`.
 */
struct request *requests_take_oldest(struct requests *r, uint32_t last);

/* One that is due by now and was not asked after the one with the id `last`, or NULL. */
struct request *requests_take_due(struct requests *r, uint64_t now_ms, uint32_t last);

/* When the next one is due, or REQUESTS_NEVER. */
uint64_t requests_due(const struct requests *r);

void requests_clear(struct requests *r);

#endif
