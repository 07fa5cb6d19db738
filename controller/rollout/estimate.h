/* estimate - how long a run will take, by going through it without doing it (pure)
 *
 * The policy itself is asked, with every node taking as long as nodes have taken, none of them
 * failing, and every promote said at once.  What nobody knows is not in it: how long jobs run
 * that are waited for, or a veto lasts.
 */
#ifndef CONTROLLER_ESTIMATE_H
#define CONTROLLER_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

struct course;
struct fleet_policy;
struct policy_time;

/* Of a node that nobody has seen rolled out yet: install, reboot, verify. */
#define ESTIMATE_NODE_MS (15u * 60 * 1000)

/* Milliseconds from now until the last node of the course has ended; node_ms is what one
 * takes, its soak included.  UINT64_MAX: it cannot be said, as it would wait for something
 * outside.
 */
uint64_t estimate_course_ms(const struct course *c, const struct fleet_policy *keys,
                            uint64_t node_ms, const struct policy_time *now);

/* "8 min", "3 h 20 min", "2 d 4 h": rounded up. */
#define ESTIMATE_TEXT_BYTES 32
void estimate_format(uint64_t ms, char text[ESTIMATE_TEXT_BYTES]);

#endif
