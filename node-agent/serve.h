/* serve - the agent's conversation with its controller, on two descriptors
 *
 * A poll loop that never works itself: requests go to helper processes (ask.h) and
 * measurers (verbs/measurer.h), their messages come back through one outbox.  So it
 * always answers, and what crashes or hangs is a child.
 *
 * It ends when the controller has gone: end of input, an output that nobody reads, or
 * silence for longer than idle_ms (the controller pings).  Then it ends its children;
 * steps that run detached go on.
 */
#ifndef NODE_AGENT_SERVE_H
#define NODE_AGENT_SERVE_H

#include <stdint.h>

struct fail;
struct home;

#define SERVE_IDLE_MS ((int64_t)5 * 60 * 1000)

/* The controller's hello must come first, and soon. */
#define SERVE_HELLO_MS ((int64_t)60 * 1000)

/* Requests at work at once; more are refused with FAIL_FLOOD. */
#define SERVE_MAX_HELPERS   16
#define SERVE_MAX_MEASURERS 16

struct serve_options {
    int in, out;
    int64_t idle_ms, hello_ms;
};

/* 0: the controller has left.  FAIL_GARBAGE, FAIL_VERSION: what came was no
 * conversation of ours; the controller was told.  FAIL_TIMEOUT: it fell silent.
 * FAIL_MEMORY.
 */
int serve(const struct home *h, const struct serve_options *options, struct fail *why);

#endif
