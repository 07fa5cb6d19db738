#include "node-agent/copy/dialogue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

struct dialogue {
    int in, out;
    struct frame_reader *reader;
};

struct dialogue *dialogue_new(int in, int out)
{
    struct dialogue *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    *d = (struct dialogue){in, out, frame_reader_new(false)};
    if (d->reader)
        return d;
    free(d);
    return NULL;
}

void dialogue_done(struct dialogue **d)
{
    if (!*d)
        return;
    frame_reader_free((*d)->reader);
    free(*d);
}

static int lost(struct fail *why)
{
    return fail_set(why, FAIL_LINK_LOST, "the controller has left");
}

static bool is_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n;

    do {
        n = poll(&p, 1, DIALOGUE_IDLE_MS);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/* A pipe that can be written to takes so much without blocking, but perhaps no more:
 * beyond that not poll() would wait, with its deadline, but write().
 */
static ssize_t put_some(int fd, const char *bytes, size_t len_bytes)
{
    return write(fd, bytes, len_bytes < PIPE_BUF ? len_bytes : PIPE_BUF);
}

static int put(struct dialogue *d, const char *bytes, size_t len_bytes, struct fail *why)
{
    while (len_bytes > 0) {
        ssize_t n = is_ready(d->out, POLLOUT) ? put_some(d->out, bytes, len_bytes) : 0;

        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return lost(why);
        bytes += n > 0 ? n : 0;
        len_bytes -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int put_frame(struct dialogue *d, const char *text, size_t len_bytes,
                     struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;
    int rc;

    if (frame_encode(text, len_bytes, &frame, &frame_bytes, why) < 0)
        return -1;
    rc = put(d, (const char *)frame, frame_bytes, why);
    free(frame);
    return rc;
}

int dialogue_greet(struct dialogue *d, struct fail *why)
{
    return put(d, FRAME_MARKER, sizeof FRAME_MARKER - 1, why);
}

int dialogue_say(struct dialogue *d, struct json *doc, struct fail *why)
{
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;

    json_free(doc);
    return text ? put_frame(d, text, strlen(text), why) : fail_memory(why);
}

int dialogue_say_busy(void *dialogue, struct fail *why)
{
    struct json *doc = json_object();

    if (doc && json_put_flag(doc, "busy", true) < 0) {
        json_free(doc);
        doc = NULL;
    }
    return dialogue_say(dialogue, doc, why);
}

int dialogue_send(struct dialogue *d, const char *bytes, size_t len_bytes,
                  struct fail *why)
{
    char piece[1 + PARCEL_PIECE_BYTES] = {PARCEL_DATA};

    memcpy(piece + 1, bytes, len_bytes);
    return put_frame(d, piece, 1 + len_bytes, why);
}

int dialogue_hear(struct dialogue *d, const char **bytes, size_t *len_bytes,
                  struct fail *why)
{
    char piece[64 << 10];

    while (!(*bytes = frame_next(d->reader, len_bytes))) {
        ssize_t n = is_ready(d->in, POLLIN) ? read(d->in, piece, sizeof piece) : 0;

        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return lost(why);
        if (n > 0 && frame_push(d->reader, piece, (size_t)n, why) < 0)
            return -1;
    }
    return 0;
}

int dialogue_hear_json(struct dialogue *d, struct json **doc, struct fail *why)
{
    const char *bytes;
    size_t len_bytes;

    return dialogue_hear(d, &bytes, &len_bytes, why) < 0
               ? -1
               : json_parse(bytes, len_bytes, doc, why);
}
