/* hook - run one hook with its document
 *
 *     const struct hook_call call = {.kind = HOOK_BEFORE_NODE, .program = path, .run = run,
 *                                    .node = "ib7", .doc = text, .deadline_ms = 60000};
 *
 *     if (hook_start(loop, &call, on_answer, arg, &h, why) < 0)
 *         return -1;
 *     ... on_answer, once; then
 *     hook_close(h, NULL, NULL);
 *
 * The program is given the hook's name as its only argument, the document on its stdin, and
 * beside our environment IBFLEET_RUN, IBFLEET_HOOK and IBFLEET_NODE, empty when it is about
 * several.
 * How it is run and ended: program.h.  Many of them, in order: hook_queue.h.
 */
#ifndef CONTROLLER_HOOK_H
#define CONTROLLER_HOOK_H

#include <stdint.h>

#include "controller/outside/hook_doc.h"

struct fail;
struct hook;
struct hook_answer;
struct uv_loop_s;

#define HOOK_DEADLINE_MS 60000u /* as usual */

struct hook_call {
    enum hook_kind kind;
    const char *program; /* as program_file_find() has found it */
    const char *run;
    const char *node;               /* NULL: it is about several */
    const char *doc;                /* hook_doc_print() */
    uint64_t deadline_ms, grace_ms; /* 0: as usual */
};

/* Everything in the call is copied.  on_answer comes once, later, unless it is closed
 * before; the answer is borrowed for the call.  -1: it cannot be started (FAIL_HOOK,
 * FAIL_MEMORY).
 */
int hook_start(struct uv_loop_s *loop, const struct hook_call *call,
               void (*on_answer)(void *arg, const struct hook_answer *answer), void *arg,
               struct hook **h, struct fail *why);

/* At any time, once, also in on_answer.  Silence from here on but for on_closed (NULL is
 * allowed); one that still runs is ended.
 */
void hook_close(struct hook *h, void (*on_closed)(void *arg), void *arg);

#endif
