#include "node-agent/copy/send.h"

#include <stdbool.h>
#include <stdlib.h>

#include "node-agent/copy/dialogue.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"
#include "protocol/tree/baggage.h"

static void baggage_done(struct baggage **b)
{
    baggage_free(*b);
}

/* ---- what there is ---------------------------------------------------------------- */

/* What is wrong with a path is a matter of this node. */
static int pack(struct dialogue *d, struct baggage **b, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    const char *path;

    if (dialogue_hear_json(d, &doc, why) < 0 ||
        json_get_text(doc, "give", &path, why) < 0)
        return -1;
    if (baggage_pack(&path, 1, dialogue_say_busy, d, b, why) < 0) {
        why->code = why->code == FAIL_USAGE ? FAIL_COPY : why->code;
        return -1;
    }
    return 0;
}

static int announce(struct dialogue *d, const struct baggage *b, struct fail *why)
{
    if (dialogue_say(d, baggage_order(b, ""), why) < 0)
        return -1;
    for (size_t i = 0; i < baggage_count(b); i++)
        if (dialogue_say(d, parcel_encode(baggage_parcel(b, i)), why) < 0)
            return -1;
    return 0;
}

/* ---- what is wanted --------------------------------------------------------------- */

static int give_bytes(struct dialogue *d, const struct baggage *b, size_t i, uint64_t at,
                      struct fail *why)
{
    char piece[PARCEL_PIECE_BYTES];
    uint64_t size = baggage_parcel(b, i)->size;

    while (at < size) {
        uint64_t left = size - at;
        ssize_t n = baggage_read(b, i, at, piece,
                                 left < sizeof piece ? (size_t)left : sizeof piece, why);

        if (n < 0 || dialogue_send(d, piece, (size_t)n, why) < 0)
            return -1;
        at += (size_t)n;
    }
    return 0;
}

static int give(struct dialogue *d, const struct baggage *b, const struct json *doc,
                struct fail *why)
{
    int64_t wanted, last = (int64_t)baggage_count(b) - 1;
    const char *sha256;
    uint64_t have, from;

    if (json_get_int(doc, "want", 0, last, &wanted, why) < 0 ||
        json_get_u64(doc, "have", &have, why) < 0 ||
        json_get_text(doc, "sha256", &sha256, why) < 0)
        return -1;
    if (baggage_parcel(b, (size_t)wanted)->kind != PARCEL_FILE)
        return fail_set(why, FAIL_GARBAGE, "want: that is no file");
    from = baggage_begins(b, (size_t)wanted, have, sha256) ? have : 0;
    return dialogue_say(d, parcel_from(from), why) < 0
               ? -1
               : give_bytes(d, b, (size_t)wanted, from, why);
}

static int give_all(struct dialogue *d, struct fail *why)
{
    CLEANUP(baggage_done) struct baggage *b = NULL;

    if (pack(d, &b, why) < 0 || announce(d, b, why) < 0)
        return -1;
    for (;;) {
        CLEANUP(json_done) struct json *doc = NULL;

        if (dialogue_hear_json(d, &doc, why) < 0)
            return -1;
        if (json_find(doc, "done"))
            return 0;
        if (give(d, b, doc, why) < 0)
            return -1;
    }
}

int send_copy(int in, int out, struct fail *why)
{
    CLEANUP(dialogue_done) struct dialogue *d = dialogue_new(in, out);

    if (!d)
        return fail_memory(why);
    if (dialogue_greet(d, why) < 0)
        return -1;
    if (give_all(d, why) == 0)
        return 0;
    if (fail_kind_of(why->code) == FAIL_KIND_HERE) /* of this node, not of theirs */
        why->code = FAIL_COPY;
    dialogue_say(d, parcel_failed(why), NULL);
    return -1;
}
