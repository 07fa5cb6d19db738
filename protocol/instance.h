/* instance - what Azure's metadata service says of a machine: its two documents (pure)
 *
 * GET /metadata/instance/compute tells what the machine is, GET
 * /metadata/scheduledevents what will happen to it.  All scalars of the first are
 * documented as strings; numbers and booleans are taken where a string is due, and the
 * other way round.  A field that is missing or empty stays unknown.  One whose value
 * cannot be meant (a size of three lines, a zone that is a list) stays unknown as well,
 * and `refused` has its name: one bad field costs nothing but itself.
 *
 *     if (instance_parse(text, len_bytes, f->azure, &f->size, why) < 0 ||
 *         instance_parse_events(text, len_bytes, f->azure, why) < 0)
 *         it is no such document
 */
#ifndef PROTOCOL_INSTANCE_H
#define PROTOCOL_INSTANCE_H

#include <stddef.h>

struct fail;
struct facts_azure;

/* Fills the fields of *a, whose texts are NULL, and *size, which the caller frees (NULL:
 * not said).  FAIL_GARBAGE: no JSON, no object, or one without a single field that we
 * know; FAIL_MEMORY.  On failure *size is untouched and *a may be half filled: what
 * it has is true.
 */
int instance_parse(const char *text, size_t len_bytes, struct facts_azure *a, char **size,
                   struct fail *why);

/* Adds the events that concern the machine a->name (all of them where it has none), up
 * to FACTS_MAX_EVENTS.  FAIL_GARBAGE: no JSON or no list of events; FAIL_MEMORY.
 */
int instance_parse_events(const char *text, size_t len_bytes, struct facts_azure *a,
                          struct fail *why);

#endif
