/* voice - how a helper process speaks to the controller
 *
 * A helper writes whole frames into its pipe; the poll loop passes them on.  It
 * may say events, then one answer or failure, and then it ends.
 *
 * With `hear` set there is no pipe: who speaks and who listens are one process, and events
 * are handed over as they are.
 *
 * What is wrong with this machine (kind "here") is told as a fault of the node: to
 * the controller it is one of many.
 */
#ifndef NODE_AGENT_VOICE_H
#define NODE_AGENT_VOICE_H

#include <stdint.h>

struct fail;
struct json;

struct voice {
    int fd;      /* waits: the loop reads it */
    uint32_t id; /* of the request */
    void (*hear)(void *arg, const char *name, const struct json *body); /* or NULL */
    void *arg;
};

/* body is taken; without memory nothing is said. */
void voice_event(const struct voice *v, const char *name, struct json *body);
void voice_answer(const struct voice *v, struct json *body);
void voice_failure(const struct voice *v, const struct fail *why);

/* The code that a fault of ours has in the controller's eyes. */
void voice_adopt(struct fail *why);

#endif
