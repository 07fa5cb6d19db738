#include "node-agent/outbox.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/frame.h"

/* A pipe takes as much without waiting, also where it could not be made non-blocking. */
#define CHUNK_MAX_BYTES 4096

struct item {
    struct item *next;
    enum outbox_worth worth;
    unsigned char *frame;
    size_t bytes;
};

struct outbox {
    struct item *first, **end;
    size_t bytes, output_bytes; /* of all, of those that may go */
    size_t sent;                /* of the first */
    unsigned long dropped, told;
};

struct outbox *outbox_new(void)
{
    struct outbox *o = calloc(1, sizeof *o);

    if (o)
        o->end = &o->first;
    return o;
}

/* Takes *place out of the queue. */
static void discard(struct outbox *o, struct item **place)
{
    struct item *item = *place;

    *place = item->next;
    if (o->end == &item->next)
        o->end = place;
    o->bytes -= item->bytes;
    if (item->worth == OUTBOX_OUTPUT)
        o->output_bytes -= item->bytes;
    free(item->frame);
    free(item);
}

void outbox_free(struct outbox *o)
{
    while (o && o->first)
        discard(o, &o->first);
    free(o);
}

/* The first may be half sent: it stays. */
static void drop_oldest_output(struct outbox *o)
{
    struct item **place = &o->first;

    if (o->first && o->sent > 0)
        place = &o->first->next;
    while (*place && o->bytes > OUTBOX_MAX_BYTES)
        if ((*place)->worth == OUTBOX_OUTPUT) {
            discard(o, place);
            o->dropped++;
        } else {
            place = &(*place)->next;
        }
}

/* Takes frame. */
static int append_bytes(struct outbox *o, enum outbox_worth worth, unsigned char *frame,
                        size_t bytes, struct fail *why)
{
    struct item *item = calloc(1, sizeof *item);

    if (!item) {
        free(frame);
        return fail_memory(why);
    }
    item->frame = frame;
    item->bytes = bytes;
    item->worth = worth;
    *o->end = item;
    o->end = &item->next;
    o->bytes += bytes;
    if (worth == OUTBOX_OUTPUT)
        o->output_bytes += bytes;
    return 0;
}

static int append(struct outbox *o, enum outbox_worth worth, const char *text,
                  size_t len_bytes, struct fail *why)
{
    unsigned char *frame;
    size_t bytes;

    if (frame_encode(text, len_bytes, &frame, &bytes, why) < 0)
        return -1;
    return append_bytes(o, worth, frame, bytes, why);
}

int outbox_push_bare(struct outbox *o, const char *bytes, size_t len_bytes,
                     struct fail *why)
{
    unsigned char *copy = malloc(len_bytes);

    if (!copy)
        return fail_memory(why);
    memcpy(copy, bytes, len_bytes);
    return append_bytes(o, OUTBOX_KEEP, copy, len_bytes, why);
}

/* Said once the flood is over: with the next thing that there is room for. */
static int tell_dropped(struct outbox *o, struct fail *why)
{
    char text[128];
    int n;

    if (o->dropped == o->told || o->bytes > OUTBOX_MAX_BYTES / 2)
        return 0;
    n = snprintf(text, sizeof text,
                 "{\"event\":\"output\",\"body\":{\"name\":\"agent\","
                 "\"line\":\"%lu lines dropped\"}}",
                 o->dropped - o->told);
    o->told = o->dropped;
    return append(o, OUTBOX_KEEP, text, (size_t)n, why);
}

int outbox_push(struct outbox *o, enum outbox_worth worth, const char *text,
                size_t len_bytes, struct fail *why)
{
    if (tell_dropped(o, why) < 0 || append(o, worth, text, len_bytes, why) < 0)
        return -1;
    drop_oldest_output(o);
    return 0;
}

size_t outbox_bytes(const struct outbox *o)
{
    return o->bytes;
}

bool outbox_is_full(const struct outbox *o)
{
    return o->bytes - o->output_bytes > OUTBOX_MAX_BYTES;
}

unsigned long outbox_dropped(const struct outbox *o)
{
    return o->dropped;
}

int outbox_write(struct outbox *o, int fd)
{
    while (o->first) {
        size_t left = o->first->bytes - o->sent;
        size_t chunk = left < CHUNK_MAX_BYTES ? left : CHUNK_MAX_BYTES;
        ssize_t n = write(fd, o->first->frame + o->sent, chunk);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        o->sent += (size_t)n;
        if (o->sent == o->first->bytes) {
            discard(o, &o->first);
            o->sent = 0;
        }
    }
    return 0;
}
