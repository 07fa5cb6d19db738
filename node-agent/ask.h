/* ask - what each request does, in a helper process of its own
 *
 * The table of message.h, seen from the node: name, deadline, work.  A work function
 * may wait, run programs and hang; the poll loop goes on without it and ends it when
 * its deadline has passed.
 */
#ifndef NODE_AGENT_ASK_H
#define NODE_AGENT_ASK_H

#include <stdint.h>

struct fail;
struct home;
struct json;
struct voice;

struct ask {
    const char *name;
    int64_t deadline_ms;
    /* *answer is the caller's; events go through voice. */
    int (*work)(const struct home *h, const struct json *body, const struct voice *voice,
                struct json **answer, struct fail *why);
};

/* NULL when no helper answers to that name. */
const struct ask *ask_find(const char *name);

#endif
