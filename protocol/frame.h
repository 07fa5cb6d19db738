/* frame - cut a byte stream into messages
 *
 * On the wire a message is a 4-byte big-endian length and that many bytes of
 * JSON.  A frame_reader takes bytes as they come, in pieces of any size, and
 * gives back whole messages.  It does no I/O and knows no clock, so the tests
 * feed it every possible split of a stream.
 *
 * A login shell may print before our agent starts (motd, a profile that talks).
 * The agent therefore says FRAME_MARKER once, and a reader that awaits it
 * passes over everything before.
 *
 *     if (frame_push(r, bytes, n, why) < 0)
 *         drop the link: the peer does not speak our protocol
 *     while ((text = frame_next(r, &len_bytes)))
 *         handle(text, len_bytes);
 */
#ifndef PROTOCOL_FRAME_H
#define PROTOCOL_FRAME_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct frame_reader;

/* A peer that announces more than this is refused before we allocate. */
#define FRAME_MAX_BYTES ((size_t)1 << 20)

/* Before the marker a login may print this much, then it is a flood. */
#define FRAME_NOISE_MAX_BYTES ((size_t)64 << 10)

/* No profile prints it by accident: it holds control characters. */
#define FRAME_MARKER "\001ibfleet-frames\002\n"

/* awaits_marker: pass over everything up to and including FRAME_MARKER.
 * Returns NULL only when memory is exhausted.  Free with frame_reader_free().
 */
struct frame_reader *frame_reader_new(bool awaits_marker);

/* NULL is allowed. */
void frame_reader_free(struct frame_reader *r);

/* Append len_bytes bytes; they are copied.  On -1 the reader is spent and may
 * only be freed; *why is FAIL_GARBAGE (the peer announced too much, or nothing),
 * FAIL_FLOOD (too much before the marker) or FAIL_MEMORY.  A push of no bytes, after the
 * last frame_next(), finds out whether what follows a whole message can be one.
 */
int frame_push(struct frame_reader *r, const void *bytes, size_t len_bytes,
               struct fail *why);

/* The next whole message, not NUL-terminated, or NULL when more bytes are
 * needed.  Borrowed: valid until the next frame_push() on this reader.
 */
const char *frame_next(struct frame_reader *r, size_t *len_bytes);

/* Has the marker been seen (true at once for a reader that awaits none)? */
bool frame_started(const struct frame_reader *r);

/* Are we inside a message, so that an end of stream here cuts it? */
bool frame_is_cut(const struct frame_reader *r);

/* The last line printed before the marker, for an error text: what the login
 * said when no agent answered.  "" when nothing.  Borrowed.
 */
const char *frame_noise(const struct frame_reader *r);

/* Put a length before len_bytes bytes of text.  *frame is the caller's (free);
 * its length is len_bytes + 4.  FAIL_BUG above FRAME_MAX_BYTES, FAIL_MEMORY.
 */
int frame_encode(const char *text, size_t len_bytes, unsigned char **frame,
                 size_t *frame_bytes, struct fail *why);

#endif
