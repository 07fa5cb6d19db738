/* command_answer - what the command for another scheduler is told and says (pure) */
#ifndef CONTROLLER_COMMAND_ANSWER_H
#define CONTROLLER_COMMAND_ANSWER_H

#include <stddef.h>

struct fail;
struct namebook;
struct sighting;

/* The object on its stdin, for these nodes of the book, with a newline; malloc'ed.  NULL: no
 * memory.
 */
char *hook_question(const char *run, const char *reason, const struct namebook *book,
                    const size_t *nodes, size_t count);

/* Lines of "NODE STATE [REASON]", one for every node of the book, those of others are read
 * over.  text is taken to pieces.  -1: FAIL_SCHEDULER_ANSWER, FAIL_MEMORY.
 */
int command_answer_read(char *text, const struct namebook *book, struct sighting *seen,
                     struct fail *why);

#endif
