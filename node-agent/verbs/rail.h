/* rail - the measuring process: one HCA port, one queue pair, one campaign
 *
 * Takes requests from a descriptor and answers each before it reads the next, so
 * an order is played with nothing else going on.  Its life, from the other side,
 * is measurer.h.
 */
#ifndef NODE_AGENT_VERBS_RAIL_H
#define NODE_AGENT_VERBS_RAIL_H

/* Serve fd until `leave` has been answered or the other end is gone.  What comes
 * back is an exit status: 0, or 1 when the conversation broke.
 */
int rail_serve(int fd);

#endif
