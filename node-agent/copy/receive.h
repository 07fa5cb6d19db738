/* receive - take what a controller copies to this node (parcel.h) */
#ifndef NODE_AGENT_RECEIVE_H
#define NODE_AGENT_RECEIVE_H

struct fail;

/* From the greeting to the end.  -1: it was told the controller, unless that has left. */
int receive(int in, int out, struct fail *why);

#endif
