/* events - what Azure is about to do to machines: scheduled events of the metadata service
 *
 *     events_ask(loop, NULL, on_events, me, &events, why)
 *     ... on_events(me): question.events = events_list(events, &question.event_count) ...
 *     events_free(events);                                after on_events
 *
 * The service speaks for the machine we are on: in a scale set for all of the set (GPU sizes
 * in a set of one fault domain: for itself alone), elsewhere for that machine alone.
 * Where there is no such service there are no events, which is no failure.  Nothing is
 * acknowledged: that would begin them.
 */
#ifndef CONTROLLER_AZURE_EVENTS_H
#define CONTROLLER_AZURE_EVENTS_H

#include <stddef.h>

struct events;
struct fail;
struct preflight_event;
struct uv_loop_s;

/* A machine whose events were never asked for may take two minutes for its first answer;
 * that is not waited for, and the next asking gets it.
 */
#define EVENTS_CONNECT_MS 500
#define EVENTS_MS         5000
#define EVENTS_MAX_BYTES  ((size_t)1 << 20)

/* metadata: its address; NULL: CLOUD_METADATA.  done comes once, not before this has
 * returned, and when nothing is open any more.  -1: FAIL_USAGE (an address where it may
 * not be), FAIL_MEMORY; done does not come.
 */
int events_ask(struct uv_loop_s *loop, const char *metadata, void (*done)(void *arg),
               void *arg, struct events **events, struct fail *why);

/* After done: those that there are, *count of them; borrowed until events_free(). */
const struct preflight_event *events_list(const struct events *events, size_t *count);

/* NULL is allowed.  Not before done. */
void events_free(struct events *events);

#endif
