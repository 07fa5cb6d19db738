/* order - the bodies of the requests that change a node
 *
 * The caller owns what comes back.  NULL: out of memory.
 */
#ifndef CONTROLLER_ORDER_H
#define CONTROLLER_ORDER_H

#include <stdint.h>

struct json;
struct steps;

/* What the agent takes of a name, with its NUL; longer ones are cut. */
#define ORDER_CONTROLLER_BYTES 129
#define ORDER_USER_BYTES       65

/* In whose name a node is changed; no text is empty. */
struct node_claim {
    const char *run, *controller, *user;
    uint32_t epoch;   /* raised by each controller that takes the run up */
    const char *from; /* a run whose claims are taken over; NULL: none   */
};

/* until_s: seconds since 1970 */
struct json *order_claim(const struct node_claim *claim, int64_t until_s);
struct json *order_install(const struct node_claim *claim, const struct steps *steps);

/* boot_id: of the boot that is to end */
struct json *order_reboot(const struct node_claim *claim, const char *boot_id);
struct json *order_release(const struct node_claim *claim);

#endif
