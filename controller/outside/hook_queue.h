/* hook_queue - the hooks of a run: so many at once, and in order
 *
 *     q = hook_queue_open(loop, &options);
 *     switch (hook_queue_ask(q, &doc, on_answer, node, why)) {
 *     case 1: ... there is no such hook: go on
 *     case 0: ... on_answer comes
 *     }
 *     hook_queue_close(q, on_closed, arg);
 *
 * What was asked about a node is run in the order it was asked, never two at once; what is
 * asked about a batch is run when all is over that was asked before about it and its nodes,
 * and those after it wait for it.  A veto waits for nobody.  Beyond that they run at the
 * same time, so that a slow hook of one node holds up no other.
 *
 * A hook that decides may say that now is not the time: it is asked again, the same, until
 * the patience is over, which is a refusal then.  Meanwhile it takes nobody's place.
 */
#ifndef CONTROLLER_HOOK_QUEUE_H
#define CONTROLLER_HOOK_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/outside/hook_doc.h"

struct fail;
struct hook_answer;
struct hook_queue;
struct uv_loop_s;

#define HOOK_QUEUE_AT_ONCE     8
#define HOOK_QUEUE_AT_ONCE_MAX 64
#define HOOK_QUEUE_AGAIN_MS    60000u
#define HOOK_QUEUE_PATIENCE_MS (4u * 60 * 60 * 1000)

/* That may wait: one for each node of the largest fleet, and then some. */
#define HOOK_QUEUE_MAX ((size_t)16384)

/* Copied, but for what is said to be borrowed. */
struct hook_queue_options {
    const char *programs[HOOK_KINDS]; /* program_file_find(); NULL: no such hook */
    unsigned at_once;                 /* 0: as usual, as all the others */
    uint64_t deadline_ms, grace_ms;   /* of one run: hook.h */
    uint64_t again_ms, patience_ms;   /* from its first answer on */

    /* A hook has asked to be asked again, for whoever shows it.  May be NULL. */
    void (*waits)(void *arg, enum hook_kind kind, const char *node, size_t batch,
                  const struct hook_answer *answer);
    void *arg;
};

/* NULL: out of memory. */
struct hook_queue *hook_queue_open(struct uv_loop_s *loop,
                                   const struct hook_queue_options *options);

/* 1: there is no such hook, and nobody will call.  0: on_answer comes once, later, with
 * HOOK_GO or HOOK_NO, unless it is closed before; the answer is borrowed for the call.  -1:
 * FAIL_HOOK, more than HOOK_QUEUE_MAX are waiting; FAIL_MEMORY.  The document is printed now,
 * nothing of it is borrowed.  arg NULL and on_answer NULL: nobody wants to know.
 */
int hook_queue_ask(struct hook_queue *q, const struct hook_doc *doc,
                   void (*on_answer)(void *arg, const struct hook_answer *answer),
                   void *arg, struct fail *why);

/* How many wait or run: 0 when a run may end. */
size_t hook_queue_count(const struct hook_queue *q);

/* Silence from here on but for on_closed (NULL is allowed).  Those that wait are forgotten,
 * those that run are ended.
 */
void hook_queue_close(struct hook_queue *q, void (*on_closed)(void *arg), void *arg);

#endif
