/* prompt - one line from the terminal, without stopping the loop
 *
 * The caller prints the question.  on_answer comes once: true for "y" and "yes",
 * false for anything else and for the end of input; after prompt_close(), not at all.
 */
#ifndef CONTROLLER_PROMPT_H
#define CONTROLLER_PROMPT_H

#include <stdbool.h>

struct fail;
struct prompt;
struct uv_loop_s;

#define PROMPT_MAX_BYTES 64 /* of an answer; what is longer is no "yes" */

/* Is somebody there to answer, on stdin? */
bool prompt_is_possible(void);

/* FAIL_BUG: stdin cannot be polled; FAIL_MEMORY. */
int prompt_open(struct uv_loop_s *loop, void (*on_answer)(void *arg, bool yes), void *arg,
                struct prompt **p, struct fail *why);

/* Frees it, in the loop.  NULL is allowed. */
void prompt_close(struct prompt *p);

#endif
