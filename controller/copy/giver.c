#include "controller/copy/giver.h"

#include <stdlib.h>
#include <string.h>

#include "controller/copy/baggage.h"
#include "controller/exec/shot.h"
#include "controller/link/agentfile.h"
#include "controller/link/attempt.h"
#include "controller/screen/text.h"
#include "controller/tail.h"
#include "protocol/fail.h"
#include "protocol/fail_wire.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

enum giver_state {
    STARTING,   /* the node has not said anything of ours  */
    PUSHING,    /* it wants the agent                       */
    ANNOUNCING, /* what comes, parcel by parcel             */
    LISTENING,  /* the node says what it wants              */
    GIVING,     /* the bytes of a file                      */
    DONE,
};

struct giver {
    struct giver_order order;
    enum giver_state state;
    struct attempt attempt;
    struct frame_reader *reader;

    size_t announced; /* parcels */
    size_t wanted;    /* the file that is given */
    uint64_t at;      /* how far */

    struct text said; /* of ours, not handed over yet */
    size_t said_at;
    struct giver_tally tally;
    uint64_t moves;
};

struct giver *giver_new(const struct giver_order *order)
{
    struct giver *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->order = *order;
    g->reader = frame_reader_new(true);
    if (g->reader)
        return g;
    free(g);
    return NULL;
}

void giver_free(struct giver *g)
{
    if (!g)
        return;
    frame_reader_free(g->reader);
    text_clear(&g->said);
    free(g);
}

struct giver_tally giver_tally(const struct giver *g)
{
    return g->tally;
}

uint64_t giver_moves(const struct giver *g)
{
    return g->moves;
}

/* ---- what we say ------------------------------------------------------------------ */

static int say_frame(struct giver *g, const char *bytes, size_t len_bytes,
                     struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;

    if (frame_encode(bytes, len_bytes, &frame, &frame_bytes, why) < 0)
        return -1;
    text_put(&g->said, (const char *)frame, frame_bytes);
    free(frame);
    return text_is_cut(&g->said) ? fail_memory(why) : 0;
}

/* Takes doc (NULL: out of memory). */
static int say(struct giver *g, struct json *doc, struct fail *why)
{
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;

    json_free(doc);
    return text ? say_frame(g, text, strlen(text), why) : fail_memory(why);
}

static struct json *order_of(const struct giver *g)
{
    const struct baggage *b = g->order.baggage;
    struct json *doc = json_object(), *take = json_object();

    if (take && json_put_text(take, "into", g->order.into) == 0 &&
        json_put_flag(take, "many", baggage_is_many(b)) == 0 &&
        json_put_flag(take, "tree", baggage_is_tree(b)) == 0 &&
        json_put_int(take, "count", (int64_t)baggage_count(b)) == 0 && doc &&
        json_put(doc, "take", take) == 0)
        return doc;
    json_free(doc); /* has take, or there is none */
    return NULL;
}

static int announce(struct giver *g, struct fail *why)
{
    const struct baggage *b = g->order.baggage;

    if (g->announced == 0 && say(g, order_of(g), why) < 0)
        return -1;
    while (g->announced < baggage_count(b) && g->said.len_bytes < PARCEL_PIECE_BYTES)
        if (say(g, parcel_encode(baggage_parcel(b, g->announced++)), why) < 0)
            return -1;
    if (g->announced == baggage_count(b))
        g->state = LISTENING;
    return 0;
}

static int give(struct giver *g, struct fail *why)
{
    char piece[1 + PARCEL_PIECE_BYTES] = {PARCEL_DATA};
    uint64_t size = baggage_parcel(g->order.baggage, g->wanted)->size;
    size_t left =
        size - g->at < PARCEL_PIECE_BYTES ? (size_t)(size - g->at) : PARCEL_PIECE_BYTES;
    ssize_t n;

    if (left == 0) {
        g->state = LISTENING;
        return 0;
    }
    n = baggage_read(g->order.baggage, g->wanted, g->at, piece + 1, left, why);
    if (n < 0)
        return -1;
    g->at += (size_t)n;
    g->tally.sent_bytes += (size_t)n;
    return say_frame(g, piece, 1 + (size_t)n, why);
}

/* The next thing to say, if there is one, into `said`. */
static int think(struct giver *g, struct fail *why)
{
    const char *piece;
    size_t len_bytes;

    switch (g->state) {
    case PUSHING:
        len_bytes = attempt_next_piece(&g->attempt, g->order.agent, &piece);
        text_put(&g->said, piece, len_bytes);
        if (len_bytes == 0)
            g->state = STARTING;
        return text_is_cut(&g->said) ? fail_memory(why) : 0;
    case ANNOUNCING:
        return announce(g, why);
    case GIVING:
        return give(g, why);
    case STARTING:
    case LISTENING:
    case DONE:
        break;
    }
    return 0;
}

ssize_t giver_next(struct giver *g, char *bytes, size_t size_bytes, struct fail *why)
{
    size_t n;

    if (g->said_at == g->said.len_bytes) {
        text_reset(&g->said);
        g->said_at = 0;
        if (think(g, why) < 0)
            return -1;
    }
    n = g->said.len_bytes - g->said_at;
    if (n == 0)
        return g->state == DONE ? 0 : SHOT_LATER;
    n = n < size_bytes ? n : size_bytes;
    memcpy(bytes, text_of(&g->said) + g->said_at, n);
    g->said_at += n;
    g->moves++;
    return (ssize_t)n;
}

/* ---- what the node says --------------------------------------------------------------- */

/* All that was wanted has been given. */
static bool listens(const struct giver *g)
{
    return g->state == LISTENING ||
           (g->state == GIVING &&
            g->at == baggage_parcel(g->order.baggage, g->wanted)->size);
}

/* Is it a file of ours, and one that is wanted now? */
static int hear_want(struct giver *g, const struct json *doc, struct fail *why)
{
    CLEANUP(json_done) struct json *from = json_object();
    int64_t wanted, last = (int64_t)baggage_count(g->order.baggage) - 1;
    const char *sha256;
    uint64_t have;

    if (json_get_int(doc, "want", 0, last, &wanted, why) < 0 ||
        json_get_u64(doc, "have", &have, why) < 0 ||
        json_get_text(doc, "sha256", &sha256, why) < 0)
        return -1;
    if (!listens(g) ||
        baggage_parcel(g->order.baggage, (size_t)wanted)->kind != PARCEL_FILE)
        return fail_set(why, FAIL_GARBAGE, "want: nothing is to be given now");
    g->wanted = (size_t)wanted;
    g->at = baggage_begins(g->order.baggage, g->wanted, have, sha256) ? have : 0;
    g->state = GIVING;
    if (!from || json_put_u64(from, "from", g->at) < 0)
        return fail_memory(why);
    return say(g, json_copy(from), why);
}

static int hear_done(struct giver *g, const struct json *doc, struct fail *why)
{
    bool done;

    if (json_get_flag(doc, "done", &done, why) < 0 ||
        json_get_u64(doc, "sent", &g->tally.sent_files, why) < 0 ||
        json_get_u64(doc, "same", &g->tally.same_files, why) < 0)
        return -1;
    if (!done || !listens(g))
        return fail_set(why, FAIL_GARBAGE, "done: before all was given");
    g->state = DONE;
    return 0;
}

static int hear_doc(struct giver *g, const struct json *doc, struct fail *why)
{
    const struct json *failure = json_find(doc, "fail");
    struct fail said;

    if (failure) {
        if (fail_wire_get(failure, &said, why) == 0 && why)
            *why = said;
        return -1;
    }
    if (json_find(doc, "busy"))
        return 0;
    return json_find(doc, "want") ? hear_want(g, doc, why) : hear_done(g, doc, why);
}

static int hear_frame(struct giver *g, const char *text, size_t len_bytes,
                      struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    return json_parse(text, len_bytes, &doc, why) < 0 ? -1 : hear_doc(g, doc, why);
}

int giver_hear(struct giver *g, const char *bytes, size_t len_bytes, struct fail *why)
{
    const char *text;
    size_t text_bytes;

    g->moves++;
    if (!frame_started(g->reader) && attempt_needs_agent(&g->attempt, bytes, len_bytes))
        g->state = PUSHING;
    if (frame_push(g->reader, bytes, len_bytes, why) < 0)
        return -1;
    if (frame_started(g->reader) && g->announced == 0)
        g->state = ANNOUNCING;
    while ((text = frame_next(g->reader, &text_bytes)))
        if (hear_frame(g, text, text_bytes, why) < 0)
            return -1;
    return 0;
}

void giver_hear_err(struct giver *g, const char *bytes, size_t len_bytes)
{
    tail_add(&g->attempt.err, bytes, len_bytes);
}

int giver_end(const struct giver *g, int status, struct fail *why)
{
    if (g->state == DONE)
        return 0;
    attempt_explain_end(&g->attempt, g->reader, status, why);
    return -1;
}
