#include "node-agent/copy/receive.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/copy/dialogue.h"
#include "protocol/tree/landing.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

/* What comes, as it was announced. */
struct item {
    struct json *doc; /* owns the parcel's words */
    struct parcel parcel;
    bool made; /* a folder that was not there */
};

struct receiver {
    struct dialogue *dialogue;
    struct landing *landing;
    struct item *items;
    size_t count;
    uint64_t files, same, bytes;
};

static void receiver_clear(struct receiver *r)
{
    landing_done(&r->landing);
    for (size_t i = 0; r->items && i < r->count; i++)
        json_free(r->items[i].doc);
    free(r->items);
}

/* ---- what is announced ------------------------------------------------------------ */

static int hear_items(struct receiver *r, size_t count, struct fail *why)
{
    r->items = calloc(count + 1, sizeof *r->items);
    if (!r->items)
        return fail_memory(why);
    for (; r->count < count; r->count++) {
        struct item *item = &r->items[r->count];

        if (dialogue_hear_json(r->dialogue, &item->doc, why) < 0)
            return -1;
        if (parcel_decode(item->doc, &item->parcel, why) < 0) {
            json_free(item->doc);
            return -1;
        }
    }
    return 0;
}

static int hear_order(struct receiver *r, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    const struct json *take;
    const char *into;
    int64_t count;
    bool many, tree;

    if (dialogue_hear_json(r->dialogue, &doc, why) < 0 ||
        json_get_object(doc, "take", &take, why) < 0 ||
        json_get_text(take, "into", &into, why) < 0 ||
        json_get_flag(take, "many", &many, why) < 0 ||
        json_get_flag(take, "tree", &tree, why) < 0 ||
        json_get_int(take, "count", 1, PARCEL_MAX_COUNT, &count, why) < 0 ||
        hear_items(r, (size_t)count, why) < 0)
        return -1;
    return landing_open(into,
                        many   ? LANDING_MANY
                        : tree ? LANDING_TREE
                               : LANDING_FILE,
                        &r->landing, why);
}

/* ---- one after the other ------------------------------------------------------------ */

/* Where the giver goes on: behind what is there, or from the beginning. */
static int hear_begin(struct receiver *r, uint64_t have_bytes, uint64_t *from,
                      struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    if (dialogue_hear_json(r->dialogue, &doc, why) < 0 ||
        json_get_u64(doc, "from", from, why) < 0)
        return -1;
    if (*from == have_bytes)
        return 0;
    if (*from != 0)
        return fail_set(why, FAIL_GARBAGE,
                        "from: neither the beginning nor what is here");
    return landing_restart(r->landing, why);
}

static int hear_bytes(struct receiver *r, const struct parcel *p, uint64_t from,
                      struct fail *why)
{
    while (from < p->size) {
        const char *bytes;
        size_t len_bytes;

        if (dialogue_hear(r->dialogue, &bytes, &len_bytes, why) < 0)
            return -1;
        if (len_bytes < 2 || bytes[0] != PARCEL_DATA || len_bytes - 1 > p->size - from)
            return fail_set(why, FAIL_GARBAGE, "%s: these are not its bytes", p->path);
        if (landing_add(r->landing, bytes + 1, len_bytes - 1, why) < 0)
            return -1;
        from += len_bytes - 1;
        r->bytes += len_bytes - 1;
    }
    return 0;
}

static int take_file(struct receiver *r, size_t i, struct fail *why)
{
    const struct parcel *p = &r->items[i].parcel;
    char sha256[DIGEST_HEX_BYTES];
    uint64_t have_bytes, from;
    bool same;
    int begun;

    do {
        if (landing_has(r->landing, p, dialogue_say_busy, r->dialogue, &same, why) < 0)
            return -1;
        if (same) {
            r->same++;
            return 0;
        }
        begun = landing_begin(r->landing, p, &have_bytes, sha256, dialogue_say_busy,
                              r->dialogue, why);
    } while (begun > 0);
    if (begun < 0 ||
        dialogue_say(r->dialogue, parcel_want(i, have_bytes, sha256), why) < 0 ||
        hear_begin(r, have_bytes, &from, why) < 0 || hear_bytes(r, p, from, why) < 0)
        return -1;
    r->files++;
    return landing_place(r->landing, p, why);
}

static int take(struct receiver *r, size_t i, struct fail *why)
{
    struct item *item = &r->items[i];

    switch (item->parcel.kind) {
    case PARCEL_FOLDER:
        return landing_folder(r->landing, &item->parcel, &item->made, why);
    case PARCEL_LINK:
        return landing_link(r->landing, &item->parcel, &item->made, why);
    case PARCEL_FILE:
        break;
    }
    return take_file(r, i, why);
}

static int take_all(struct receiver *r, struct fail *why)
{
    if (hear_order(r, why) < 0)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        if (take(r, i, why) < 0)
            return -1;
    for (size_t i = r->count; i-- > 0;)
        if (r->items[i].parcel.kind == PARCEL_FOLDER && r->items[i].made &&
            landing_finish_folder(r->landing, &r->items[i].parcel, why) < 0)
            return -1;
    return 0;
}

int receive(int in, int out, struct fail *why)
{
    CLEANUP(dialogue_done) struct dialogue *dialogue = dialogue_new(in, out);
    CLEANUP(receiver_clear) struct receiver r = {.dialogue = dialogue};

    if (!dialogue)
        return fail_memory(why);
    if (dialogue_greet(dialogue, why) < 0)
        return -1;
    if (take_all(&r, why) < 0) {
        dialogue_say(dialogue, parcel_failed(why), NULL);
        return -1;
    }
    return dialogue_say(dialogue, parcel_done(r.files, r.same, r.bytes), why);
}
