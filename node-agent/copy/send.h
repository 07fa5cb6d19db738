/* send - give a controller what it copies from this node (parcel.h) */
#ifndef NODE_AGENT_SEND_H
#define NODE_AGENT_SEND_H

struct fail;

/* From the greeting to the end.  -1: it was told the controller, unless that has left. */
int send_copy(int in, int out, struct fail *why);

#endif
