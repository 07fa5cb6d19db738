/* shade - which colour a node's state has in a report (pure)
 *
 * States that are alike for who reads share a colour, so that a dozen of them can be told
 * apart.  One that is not listed has that of its kind: waiting, under way, well, failed.
 */
#ifndef CONTROLLER_SHADE_H
#define CONTROLLER_SHADE_H

#include <stdbool.h>

/* In the order in which they lie upon each other in a chart, the first at the bottom. */
enum shade {
    SHADE_GOOD,
    SHADE_BAD,
    SHADE_SOAK,
    SHADE_CHECK,
    SHADE_REBOOT,
    SHADE_INSTALL,
    SHADE_DRAIN,
    SHADE_STAGE,
    SHADE_CLAIM,
    SHADE_LOOK,
    SHADE_BUSY, /* anything else that is under way */
    SHADE_ALONE,
    SHADE_PAUSE,
    SHADE_WAIT,
    SHADES
};

/* Of a state of node_state.h, or CHRONICLE_ALONE. */
enum shade shade_of(int state);

/* Its class in report.css; "good", "wait", ... */
const char *shade_name(enum shade shade);

/* Something is done with a node of this shade, and takes its time. */
bool shade_is_busy(enum shade shade);

#endif
