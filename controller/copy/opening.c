#include "controller/copy/opening.h"

#include <stdlib.h>
#include <string.h>

#include "controller/link/agentfile.h"
#include "protocol/fail.h"
#include "protocol/fail_wire.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int opening_begin(struct opening *o, const struct agentfiles *agents)
{
    *o = (struct opening){.agents = agents, .reader = frame_reader_new(true)};
    return o->reader ? 0 : -1;
}

void opening_clear(struct opening *o)
{
    frame_reader_free(o->reader);
    text_clear(&o->said);
}

bool opening_is_over(const struct opening *o)
{
    return frame_started(o->reader);
}

int opening_hear(struct opening *o, const char *bytes, size_t len_bytes, struct fail *why)
{
    o->moves++;
    if (!opening_is_over(o) &&
        attempt_needs_agent(&o->attempt, o->agents, bytes, len_bytes, why) < 0)
        return -1;
    return frame_push(o->reader, bytes, len_bytes, why);
}

const char *opening_frame(struct opening *o, size_t *len_bytes)
{
    return frame_next(o->reader, len_bytes);
}

/* What the node has taken is not kept: a file would stand here whole. */
static void forget_said(struct opening *o)
{
    text_reset(&o->said);
    o->said_at = 0;
}

int opening_say_frame(struct opening *o, const char *bytes, size_t len_bytes,
                      struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;

    if (frame_encode(bytes, len_bytes, &frame, &frame_bytes, why) < 0)
        return -1;
    if (opening_is_silent(o))
        forget_said(o);
    text_put(&o->said, (const char *)frame, frame_bytes);
    free(frame);
    return text_is_cut(&o->said) ? fail_memory(why) : 0;
}

int opening_say(struct opening *o, struct json *doc, struct fail *why)
{
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;

    json_free(doc);
    return text ? opening_say_frame(o, text, strlen(text), why) : fail_memory(why);
}

bool opening_is_silent(const struct opening *o)
{
    return opening_queued_bytes(o) == 0;
}

size_t opening_queued_bytes(const struct opening *o)
{
    return o->said.len_bytes - o->said_at;
}

/* Its own want of memory, or a signal to it, is no trouble of ours. */
static enum fail_code code_of_node(enum fail_code code)
{
    switch (code) {
    case FAIL_DISK_FULL:
    case FAIL_GARBAGE:
    case FAIL_COPY:
        return code;
    default:
        return FAIL_COPY;
    }
}

int opening_failed(const struct json *failure, struct fail *why)
{
    struct fail said;

    if (fail_wire_get(failure, &said, why) < 0)
        return -1;
    return fail_set(why, code_of_node(said.code), "%s", said.text);
}

static int push_agent(struct opening *o, struct fail *why)
{
    const char *piece = NULL;
    size_t len_bytes = attempt_next_piece(&o->attempt, &piece);

    text_put(&o->said, piece, len_bytes);
    return text_is_cut(&o->said) ? fail_memory(why) : 0;
}

ssize_t opening_next(struct opening *o, char *bytes, size_t size_bytes, struct fail *why)
{
    size_t n;

    if (opening_is_silent(o)) {
        forget_said(o);
        if (o->attempt.needed && !opening_is_over(o) && push_agent(o, why) < 0)
            return -1;
    }
    n = opening_queued_bytes(o);
    n = n < size_bytes ? n : size_bytes;
    if (n == 0)
        return 0;
    memcpy(bytes, text_of(&o->said) + o->said_at, n);
    o->said_at += n;
    o->moves++;
    return (ssize_t)n;
}
