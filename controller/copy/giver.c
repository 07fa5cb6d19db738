#include "controller/copy/giver.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tree/baggage.h"
#include "controller/copy/opening.h"
#include "controller/exec/shot.h"
#include "controller/tail.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

enum giver_state {
    STARTING,   /* the node has not said anything of ours  */
    ANNOUNCING, /* what comes, parcel by parcel             */
    LISTENING,  /* the node says what it wants              */
    GIVING,     /* the bytes of a file                      */
    DONE,
};

struct giver {
    struct giver_order order;
    enum giver_state state;
    struct opening opening;

    size_t announced; /* parcels */
    size_t wanted;    /* the file that is given */
    uint64_t at;      /* how far */
    struct giver_tally tally;
};

struct giver *giver_new(const struct giver_order *order)
{
    struct giver *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->order = *order;
    if (opening_begin(&g->opening, order->agents) == 0)
        return g;
    free(g);
    return NULL;
}

void giver_free(struct giver *g)
{
    if (!g)
        return;
    opening_clear(&g->opening);
    free(g);
}

struct giver_tally giver_tally(const struct giver *g)
{
    return g->tally;
}

uint64_t giver_moves(const struct giver *g)
{
    return g->opening.moves;
}

/* ---- what we say ------------------------------------------------------------------ */

static int announce(struct giver *g, struct fail *why)
{
    const struct baggage *b = g->order.baggage;

    if (g->announced == 0 &&
        opening_say(&g->opening, baggage_order(b, g->order.into), why) < 0)
        return -1;
    while (g->announced < baggage_count(b) &&
           opening_queued_bytes(&g->opening) < PARCEL_PIECE_BYTES)
        if (opening_say(&g->opening, parcel_encode(baggage_parcel(b, g->announced++)),
                        why) < 0)
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
    return opening_say_frame(&g->opening, piece, 1 + (size_t)n, why);
}

ssize_t giver_next(struct giver *g, char *bytes, size_t size_bytes, struct fail *why)
{
    ssize_t n;

    if (opening_is_silent(&g->opening) && g->state == ANNOUNCING && announce(g, why) < 0)
        return -1;
    if (opening_is_silent(&g->opening) && g->state == GIVING && give(g, why) < 0)
        return -1;
    n = opening_next(&g->opening, bytes, size_bytes, why);
    return n != 0 ? n : g->state == DONE ? 0 : SHOT_LATER;
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
    return opening_say(&g->opening, parcel_from(g->at), why);
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

    if (failure)
        return opening_failed(failure, why);
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

    if (opening_hear(&g->opening, bytes, len_bytes, why) < 0)
        return -1;
    if (g->state == STARTING && opening_is_over(&g->opening))
        g->state = ANNOUNCING;
    while ((text = opening_frame(&g->opening, &text_bytes)))
        if (hear_frame(g, text, text_bytes, why) < 0)
            return -1;
    return 0;
}

void giver_hear_err(struct giver *g, const char *bytes, size_t len_bytes)
{
    tail_add(&g->opening.attempt.err, bytes, len_bytes);
}

int giver_end(const struct giver *g, int status, struct fail *why)
{
    if (g->state == DONE)
        return 0;
    attempt_explain_end(&g->opening.attempt, g->opening.reader, status, why);
    return -1;
}
