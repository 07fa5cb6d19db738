/* forewarn - what about the scale sets is in the way, told before anything is begun
 */
#ifndef CONTROLLER_FOREWARN_H
#define CONTROLLER_FOREWARN_H

#include <stdbool.h>

#include "controller/azure/preflight.h"

struct fail;
struct census;

/* Judge the sets and tell a line for each finding: its object, what it is, what to do.
 * keeps_extension: as in struct preflight_question.  -1: FAIL_PREFLIGHT, the first finding
 * that refuses; FAIL_MEMORY.
 */
int forewarn(const struct census *m, enum preflight_deed deed, bool keeps_extension,
             void (*tell)(const char *line), struct fail *why);

/* The findings themselves; the caller's to preflight_done(), also after -1. */
int forewarn_judge(const struct census *m, enum preflight_deed deed, bool keeps_extension,
                   struct preflight *found, struct fail *why);

#endif
