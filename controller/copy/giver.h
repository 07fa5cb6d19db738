/* giver - our half of the conversation with one node that takes a copy (parcel.h)
 *
 * It hears what the node's command prints, and knows what to say next, in pieces, when
 * it is asked; so the node's pace is ours, and no more is held than one piece.  First
 * the agent is handed over, where the node does not have it.
 *
 *     giver_hear(g, bytes, n, why)        stdout; giver_hear_err() stderr
 *     n = giver_next(g, bytes, size, why) for its stdin, as shot_input
 *     giver_end(g, status, why)           the command has ended by itself
 */
#ifndef CONTROLLER_GIVER_H
#define CONTROLLER_GIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct agentfiles;
struct baggage;
struct fail;
struct giver;

struct giver_order { /* all borrowed until giver_free() */
    const struct agentfiles *agents;
    const struct baggage *baggage;
    const char *into; /* DEST on the node */
};

/* What has come of it. */
struct giver_tally {
    uint64_t sent_files, same_files;
    uint64_t sent_bytes;
};

/* NULL only when memory is exhausted. */
struct giver *giver_new(const struct giver_order *order);
void giver_free(struct giver *g); /* NULL is allowed */

/* -1 ends it: the node's own reason, FAIL_GARBAGE, FAIL_FLOOD, FAIL_MEMORY. */
int giver_hear(struct giver *g, const char *bytes, size_t len_bytes, struct fail *why);
void giver_hear_err(struct giver *g, const char *bytes, size_t len_bytes);

/* As shot_input.read. */
ssize_t giver_next(struct giver *g, char *bytes, size_t size_bytes, struct fail *why);

/* 0: the node has said that all is there. */
int giver_end(const struct giver *g, int status, struct fail *why);

struct giver_tally giver_tally(const struct giver *g);

/* How often either side has said something: who does not move on is stuck. */
uint64_t giver_moves(const struct giver *g);

#endif
