/* opening - how a conversation about a copy begins, whoever gives: the agent is handed
 * over where it is missing, and greets; then frames go both ways (pure)
 *
 *     opening_hear(&o, bytes, n, why)     then opening_frame() until NULL
 *     opening_say(&o, doc, why)           queued
 *     n = opening_next(&o, ...)           for stdin; 0: nothing is queued
 */
#ifndef CONTROLLER_OPENING_H
#define CONTROLLER_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "controller/link/attempt.h"
#include "controller/screen/text.h"

struct agentfiles;
struct fail;
struct frame_reader;
struct json;

struct opening {
    const struct agentfiles *agents; /* borrowed */
    struct attempt attempt;
    struct frame_reader *reader;
    struct text said; /* of ours, not handed over yet */
    size_t said_at;
    uint64_t moves; /* how often either side has said something */
};

/* FAIL_MEMORY. */
int opening_begin(struct opening *o, const struct agentfiles *agents);
void opening_clear(struct opening *o);

int opening_hear(struct opening *o, const char *bytes, size_t len_bytes,
                 struct fail *why);
const char *opening_frame(struct opening *o, size_t *len_bytes);

/* Has the agent greeted? */
bool opening_is_over(const struct opening *o);

/* Takes doc (NULL: out of memory). */
int opening_say(struct opening *o, struct json *doc, struct fail *why);
int opening_say_frame(struct opening *o, const char *bytes, size_t len_bytes,
                      struct fail *why);

/* What is queued, or a piece of the agent that is wanted. */
ssize_t opening_next(struct opening *o, char *bytes, size_t size_bytes, struct fail *why);
bool opening_is_silent(const struct opening *o);
size_t opening_queued_bytes(const struct opening *o);

/* Always -1: *why is what the node says went wrong there.  FAIL_DISK_FULL, FAIL_GARBAGE,
 * and FAIL_COPY for all else: that node has failed, and nothing of our own machine.
 */
int opening_failed(const struct json *failure, struct fail *why);

#endif
