/* scripted_link - stands in for controller/link/link.c: nodes without machines
 *
 * Each node is a small simulation: it can be claimed, installed and rebooted, and
 * remembers that when another controller comes.  Its troubles are words "WHAT:DEED",
 * where WHAT is open, detect, claim, install, reboot or release; each is used up by
 * one WHAT, in order, and one that ends in '*' never is.
 *
 *     open:CODE     the link does not come up           (any code's name)
 *     WHAT:CODE     the agent answers with that failure
 *     WHAT:cut      the link is lost before it is done
 *     WHAT:cut-late it is done, but the link is lost before the answer
 *     WHAT:died     as cut-late, because the agent died
 *     WHAT:silent   no answer; the request's deadline decides
 *     install:crash the node boots by itself in the middle, nothing is done
 *     reboot:stays  it says yes, and does not boot
 *     detect:down   the port is not ACTIVE
 *     detect:fine   all is installed already
 */
#ifndef FAKE_SCRIPTED_LINK_H
#define FAKE_SCRIPTED_LINK_H

#include <stdbool.h>

struct scripted_node {
    const char *name, *troubles;
    /* what has become of it */
    bool installed;
    int boots, installs; /* how often it was rebooted; how often packages went in */
    char holder[64];     /* run that has claimed it */
    long epoch;
    int opens, asks;
    char left[256]; /* of the troubles, once the first is used up */
};

/* Nodes that links are made to; ends with a NULL name.  Set before the first link. */
extern struct scripted_node *scripted_nodes;

#endif
