/* carry - a relay: connections to many nodes, over one conversation with the controller
 *
 * It runs on a jump host as whoever logged in there, connects to what it is told to
 * (target.h) and carries bytes; SSH goes through it end to end, so it sees only what an
 * eavesdropper would.  One loop, no threads, and nothing in it waits: a target that does
 * not answer delays nobody.
 *
 * It ends when the controller has gone: end of input, an output that nobody reads, or
 * silence for longer than idle_ms; all connections end with it.
 */
#ifndef NODE_AGENT_CARRY_H
#define NODE_AGENT_CARRY_H

#include <stdint.h>

struct fail;
struct home;

/* Longer than an agent waits (serve.h): a controller that somebody has paused does not
 * ping, and with the relay all its connections would go.  When it is gone for good, its
 * connection to this host is, too, and SSH notices that.
 */
#define CARRY_IDLE_MS ((int64_t)60 * 60 * 1000)

struct carry_options {
    int in, out;
    int64_t idle_ms, hello_ms;
};

/* 0: the controller has left.  FAIL_GARBAGE, FAIL_VERSION: what came was no conversation
 * of ours, or broke its rules; the controller was told.  FAIL_TIMEOUT: it fell silent.
 * FAIL_MEMORY, FAIL_BUG.
 */
int carry(const struct home *h, const struct carry_options *options, struct fail *why);

#endif
