#include "node-agent/voice.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/message.h"

static void say(const struct voice *v, unsigned char *frame, size_t left)
{
    const unsigned char *p = frame;

    while (left > 0) {
        ssize_t n = write(v->fd, p, left);

        if (n < 0 && errno != EINTR)
            break; /* the loop is gone, and so is the controller */
        if (n > 0) {
            p += n;
            left -= (size_t)n;
        }
    }
    free(frame);
}

void voice_event(const struct voice *v, const char *name, struct json *body)
{
    unsigned char *frame;
    size_t bytes;

    if (body && v->hear)
        v->hear(v->arg, name, body);
    else if (body && message_encode_event(name, body, &frame, &bytes, NULL) == 0)
        say(v, frame, bytes);
    json_free(body);
}

void voice_adopt(struct fail *why)
{
    if (fail_kind_of(why->code) == FAIL_KIND_HERE)
        why->code = FAIL_UNKNOWN;
}

void voice_failure(const struct voice *v, const struct fail *why)
{
    struct fail told = *why;
    unsigned char *frame;
    size_t bytes;

    voice_adopt(&told);
    if (message_encode_failure(v->id, &told, &frame, &bytes, NULL) == 0)
        say(v, frame, bytes);
}

void voice_answer(const struct voice *v, struct json *body)
{
    unsigned char *frame;
    struct fail why;
    size_t bytes;

    if (!body)
        fail_memory(&why);
    else if (message_encode_answer(v->id, body, &frame, &bytes, &why) == 0) {
        json_free(body);
        say(v, frame, bytes);
        return;
    }
    json_free(body);
    voice_failure(v, &why);
}
