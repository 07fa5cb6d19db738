/* deed_mark - where Azure says how an operation goes, as one text for the journal (pure)
 *
 *     "operation https://management.azure.com/..." or "location https://..."
 */
#ifndef CONTROLLER_DEED_MARK_H
#define CONTROLLER_DEED_MARK_H

#include "controller/azure/arm.h"

/* The caller's to free; NULL: out of memory. */
char *deed_mark_print(enum arm_track track, const char *url);

/* The URL, borrowed from mark; NULL: it is none, and *track is left alone. */
const char *deed_mark_read(const char *mark, enum arm_track *track);

#endif
