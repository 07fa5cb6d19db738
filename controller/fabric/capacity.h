/* capacity - what a link between two members can carry, by what they say of it (pure) */
#ifndef CONTROLLER_CAPACITY_H
#define CONTROLLER_CAPACITY_H

struct member;

/* The lower rate of the two, Gb/s: bandwidth is compared as a share of it.  1 when it is
 * not known or means nothing (Soft-RoCE).  a and b may be the same.
 */
double capacity_scale_gbps(const struct member *a, const struct member *b);

/* What a perfect link between the two carries as payload, Gb/s; 0: not known. */
double capacity_ceiling_gbps(const struct member *a, const struct member *b);

#endif
