/* dialogue - frames on stdin and stdout for who may wait: one that copies
 *
 * Not for serve's loop, which never waits.  A controller that leaves is the end of
 * stdin, and the end of us.
 */
#ifndef NODE_AGENT_DIALOGUE_H
#define NODE_AGENT_DIALOGUE_H

#include <stddef.h>

struct dialogue;
struct fail;
struct json;

/* A controller that is silent for this long is gone, and does not know it. */
#define DIALOGUE_IDLE_MS 600000

/* NULL only when memory is exhausted. */
struct dialogue *dialogue_new(int in, int out);
void dialogue_done(struct dialogue **d);

/* The marker that ends what the login printed.  FAIL_LINK_LOST. */
int dialogue_greet(struct dialogue *d, struct fail *why);

/* Takes doc (NULL: out of memory).  FAIL_LINK_LOST, FAIL_MEMORY. */
int dialogue_say(struct dialogue *d, struct json *doc, struct fail *why);

/* That we are at work, for who reads much and has nothing to say; the dialogue as arg of
 * landing_busy and baggage_busy.  FAIL_LINK_LOST, FAIL_MEMORY.
 */
int dialogue_say_busy(void *dialogue, struct fail *why);

/* Bytes behind PARCEL_DATA, at most PARCEL_PIECE_BYTES.  FAIL_LINK_LOST, FAIL_MEMORY. */
int dialogue_send(struct dialogue *d, const char *bytes, size_t len_bytes,
                  struct fail *why);

/* The next frame, whatever it is; borrowed until the next one.  FAIL_LINK_LOST: the
 * controller has left, or is silent; FAIL_GARBAGE.
 */
int dialogue_hear(struct dialogue *d, const char **bytes, size_t *len_bytes,
                  struct fail *why);

/* The next frame, which must be JSON; *doc is the caller's. */
int dialogue_hear_json(struct dialogue *d, struct json **doc, struct fail *why);

#endif
