#include "controller/copy/taker.h"

#include <stdlib.h>

#include "controller/copy/opening.h"
#include "controller/exec/shot.h"
#include "controller/tail.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"
#include "protocol/tree/landing.h"

enum taker_state {
    STARTING, /* the node has not said anything of ours */
    ORDERING, /* it says how much there is              */
    READING,  /* and what                               */
    AWAITING, /* where the file that we want begins     */
    TAKING,   /* its bytes                              */
    DONE,
};

struct item {
    struct json *doc; /* owns the parcel's words */
    struct parcel parcel;
    bool made;
};

struct taker {
    struct taker_order order;
    enum taker_state state;
    struct opening opening;
    struct landing *landing;

    struct item *items;
    size_t count, expected;
    size_t words_bytes;
    size_t next;   /* the item that is dealt with */
    uint64_t have; /* of it                       */
    uint64_t at;
    struct giver_tally tally;
};

struct taker *taker_new(const struct taker_order *order)
{
    struct taker *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->order = *order;
    if (opening_begin(&t->opening, order->agents) == 0)
        return t;
    free(t);
    return NULL;
}

void taker_free(struct taker *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        json_free(t->items[i].doc);
    free(t->items);
    landing_done(&t->landing);
    opening_clear(&t->opening);
    free(t);
}

struct giver_tally taker_tally(const struct taker *t)
{
    return t->tally;
}

uint64_t taker_moves(const struct taker *t)
{
    return t->opening.moves;
}

/* ---- one thing after the other ----------------------------------------------------- */

/* 1: the node has to say something first. */
static int take_file(struct taker *t, const struct parcel *p, struct fail *why)
{
    char sha256[DIGEST_HEX_BYTES];
    bool same;
    int begun;

    do {
        if (landing_has(t->landing, p, NULL, NULL, &same, why) < 0)
            return -1;
        if (same) {
            t->tally.same_files++;
            return 0;
        }
        begun = landing_begin(t->landing, p, &t->have, sha256, NULL, NULL, why);
    } while (begun > 0);
    if (begun < 0 ||
        opening_say(&t->opening, parcel_want(t->next, t->have, sha256), why) < 0)
        return -1;
    t->state = AWAITING;
    return 1;
}

static int take(struct taker *t, struct item *item, struct fail *why)
{
    switch (item->parcel.kind) {
    case PARCEL_FOLDER:
        return landing_folder(t->landing, &item->parcel, &item->made, why);
    case PARCEL_LINK:
        return landing_link(t->landing, &item->parcel, &item->made, why);
    case PARCEL_FILE:
        break;
    }
    return take_file(t, &item->parcel, why);
}

static int finish(struct taker *t, struct fail *why)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->items[i].parcel.kind == PARCEL_FOLDER && t->items[i].made &&
            landing_finish_folder(t->landing, &t->items[i].parcel, why) < 0)
            return -1;
    t->state = DONE;
    return opening_say(&t->opening,
                       parcel_done(t->tally.sent_files, t->tally.same_files,
                                   t->tally.sent_bytes),
                       why);
}

static int go_on(struct taker *t, struct fail *why)
{
    for (; t->next < t->count; t->next++) {
        int rc = take(t, &t->items[t->next], why);

        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    return finish(t, why);
}

static int place(struct taker *t, struct fail *why)
{
    if (landing_place(t->landing, &t->items[t->next].parcel, why) < 0)
        return -1;
    t->tally.sent_files++;
    t->next++;
    return go_on(t, why);
}

/* ---- what the node says -------------------------------------------------------------- */

static int hear_order(struct taker *t, const struct json *doc, struct fail *why)
{
    const struct json *order;
    int64_t count;

    if (json_get_object(doc, "take", &order, why) < 0 ||
        json_get_int(order, "count", 1, PARCEL_MAX_COUNT, &count, why) < 0)
        return -1;
    t->items = calloc((size_t)count, sizeof *t->items);
    if (!t->items)
        return fail_memory(why);
    t->expected = (size_t)count;
    t->state = READING;
    if (landing_open(t->order.into, LANDING_MANY, &t->landing, why) < 0)
        return -1;
    landing_be_lazy(t->landing);
    return 0;
}

static int hear_parcel(struct taker *t, const struct json *doc, size_t len_bytes,
                       struct fail *why)
{
    struct item *item = &t->items[t->count];

    t->words_bytes += len_bytes;
    if (t->words_bytes > TAKER_MAX_WORDS_BYTES)
        return fail_set(why, FAIL_FLOOD, "more than %zu MiB of names",
                        TAKER_MAX_WORDS_BYTES >> 20);
    item->doc = json_copy(doc);
    if (!item->doc)
        return fail_memory(why);
    t->count++;
    if (parcel_decode(item->doc, &item->parcel, why) < 0)
        return -1;
    return t->count == t->expected ? go_on(t, why) : 0;
}

static int hear_begin(struct taker *t, const struct json *doc, struct fail *why)
{
    if (json_get_u64(doc, "from", &t->at, why) < 0)
        return -1;
    if (t->at != t->have && t->at != 0)
        return fail_set(why, FAIL_GARBAGE,
                        "from: neither the beginning nor what is here");
    if (t->at != t->have && landing_restart(t->landing, why) < 0)
        return -1;
    t->state = TAKING;
    return t->at == t->items[t->next].parcel.size ? place(t, why) : 0;
}

static int hear_bytes(struct taker *t, const char *bytes, size_t len_bytes,
                      struct fail *why)
{
    uint64_t left = t->state == TAKING ? t->items[t->next].parcel.size - t->at : 0;

    if (len_bytes == 0 || len_bytes > left)
        return fail_set(why, FAIL_GARBAGE, "bytes that nobody has asked for");
    if (landing_add(t->landing, bytes, len_bytes, why) < 0)
        return -1;
    t->at += len_bytes;
    t->tally.sent_bytes += len_bytes;
    return len_bytes == left ? place(t, why) : 0;
}

static int hear_doc(struct taker *t, const struct json *doc, size_t len_bytes,
                    struct fail *why)
{
    const struct json *failure = json_find(doc, "fail");

    if (failure)
        return opening_failed(failure, why);
    if (t->state == ORDERING && json_find(doc, "busy"))
        return 0; /* it reads what there is */
    switch (t->state) {
    case ORDERING:
        return hear_order(t, doc, why);
    case READING:
        return hear_parcel(t, doc, len_bytes, why);
    case AWAITING:
        return hear_begin(t, doc, why);
    case STARTING:
    case TAKING:
    case DONE:
        break;
    }
    return fail_set(why, FAIL_GARBAGE, "it speaks out of turn");
}

static int hear_frame(struct taker *t, const char *bytes, size_t len_bytes,
                      struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    if (bytes[0] == PARCEL_DATA)
        return hear_bytes(t, bytes + 1, len_bytes - 1, why);
    return json_parse(bytes, len_bytes, &doc, why) < 0 ? -1
                                                       : hear_doc(t, doc, len_bytes, why);
}

static int ask(struct taker *t, struct fail *why)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "give", t->order.path) < 0) {
        json_free(doc);
        doc = NULL;
    }
    t->state = ORDERING;
    return opening_say(&t->opening, doc, why);
}

int taker_hear(struct taker *t, const char *bytes, size_t len_bytes, struct fail *why)
{
    const char *frame;
    size_t frame_bytes;

    if (opening_hear(&t->opening, bytes, len_bytes, why) < 0)
        return -1;
    if (t->state == STARTING && opening_is_over(&t->opening) && ask(t, why) < 0)
        return -1;
    while ((frame = opening_frame(&t->opening, &frame_bytes)))
        if (hear_frame(t, frame, frame_bytes, why) < 0)
            return -1;
    return 0;
}

void taker_hear_err(struct taker *t, const char *bytes, size_t len_bytes)
{
    tail_add(&t->opening.attempt.err, bytes, len_bytes);
}

ssize_t taker_next(struct taker *t, char *bytes, size_t size_bytes, struct fail *why)
{
    ssize_t n = opening_next(&t->opening, bytes, size_bytes, why);

    return n != 0 ? n : t->state == DONE ? 0 : SHOT_LATER;
}

int taker_end(const struct taker *t, int status, struct fail *why)
{
    if (t->state == DONE)
        return 0;
    attempt_explain_end(&t->opening.attempt, t->opening.reader, status, why);
    return -1;
}
