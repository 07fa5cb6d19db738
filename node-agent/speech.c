#include "node-agent/speech.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/home.h"
#include "node-agent/outbox.h"
#include "node-agent/voice.h"
#include "protocol/fail.h"
#include "protocol/fail_wire.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

/* A frame that message.c made: its text starts after the length. */
static int push_frame(struct outbox *o, unsigned char *frame, size_t bytes,
                      struct fail *why)
{
    int rc = outbox_push(o, OUTBOX_KEEP, (const char *)frame + 4, bytes - 4, why);

    free(frame);
    return rc;
}

struct json *speech_hello(const struct home *h)
{
    struct json *hello = message_hello();
    char boot_id[HOME_BOOT_ID_BYTES];
    struct utsname here = {0};

    uname(&here);
    home_boot_id(h, boot_id);
    if (hello && json_put_text(hello, "boot_id", boot_id) == 0 &&
        json_put_int(hello, "uid", geteuid()) == 0 &&
        json_put_text(hello, "hostname", here.nodename) == 0 &&
        json_put_text(hello, "machine", here.machine) == 0)
        return hello;
    json_free(hello);
    return NULL;
}

/* The marker goes out bare. */
int speech_greet(struct outbox *o, const struct json *hello, struct fail *why)
{
    unsigned char *frame;
    size_t bytes;

    if (!hello)
        return fail_memory(why);
    if (message_encode_hello(hello, &frame, &bytes, why) < 0)
        return -1;
    if (outbox_push_bare(o, FRAME_MARKER, sizeof FRAME_MARKER - 1, why) < 0) {
        free(frame);
        return -1;
    }
    return push_frame(o, frame, bytes, why);
}

int speech_answer(struct outbox *o, uint32_t id, struct fail *why)
{
    unsigned char *frame;
    size_t bytes;

    if (message_encode_answer(id, NULL, &frame, &bytes, why) < 0)
        return -1;
    return push_frame(o, frame, bytes, why);
}

int speech_failure(struct outbox *o, uint32_t id, const struct fail *reason,
                   struct fail *why)
{
    struct fail told = *reason;
    unsigned char *frame;
    size_t bytes;

    voice_adopt(&told);
    if (message_encode_failure(id, &told, &frame, &bytes, why) < 0)
        return -1;
    return push_frame(o, frame, bytes, why);
}

void speech_refused(struct outbox *o, const struct fail *reason)
{
    CLEANUP(json_done) struct json *body = json_object();
    unsigned char *frame;
    size_t bytes;

    if (body && fail_wire_put(body, reason) == 0 &&
        message_encode_event("refused", body, &frame, &bytes, NULL) == 0)
        push_frame(o, frame, bytes, NULL);
}

void speech_flush(struct outbox *o, int fd)
{
    int64_t until = clock_ms() + SPEECH_FLUSH_MS;

    while (outbox_bytes(o) > 0 && clock_ms() < until) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};

        if (poll(&p, 1, (int)(until - clock_ms())) <= 0 || outbox_write(o, fd) < 0)
            return;
    }
}
