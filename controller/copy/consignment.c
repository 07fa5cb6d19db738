#include "controller/copy/consignment.h"

#include <stdlib.h>

#include "controller/copy/giver.h"
#include "controller/copy/taker.h"
#include "controller/outcome.h"
#include "controller/screen/fold.h"
#include "controller/screen/text.h"
#include "controller/screen/trouble.h"
#include "inventory/fleet.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct giver_tally tally_of(const struct consignment *n)
{
    return n->taker ? taker_tally(n->taker) : giver_tally(n->giver);
}

static int end_of(struct consignment *n, int status)
{
    return n->taker ? taker_end(n->taker, status, &n->why)
                    : giver_end(n->giver, status, &n->why);
}

int consignment_hear(struct consignment *n, const char *bytes, size_t len_bytes,
                     struct fail *why)
{
    return n->taker ? taker_hear(n->taker, bytes, len_bytes, why)
                    : giver_hear(n->giver, bytes, len_bytes, why);
}

void consignment_hear_err(struct consignment *n, const char *bytes, size_t len_bytes)
{
    if (n->taker)
        taker_hear_err(n->taker, bytes, len_bytes);
    else
        giver_hear_err(n->giver, bytes, len_bytes);
}

ssize_t consignment_next(struct consignment *n, char *bytes, size_t size_bytes,
                         struct fail *why)
{
    return n->taker ? taker_next(n->taker, bytes, size_bytes, why)
                    : giver_next(n->giver, bytes, size_bytes, why);
}

void consignment_clear(struct consignment *n)
{
    giver_free(n->giver);
    taker_free(n->taker);
    free(n->folder);
}

void consignment_end(struct consignment *n, int status, const struct fail *why)
{
    n->over = true;
    if (why)
        n->why = *why;
    else if (end_of(n, status) == 0)
        n->why.code = FAIL_NONE;
}

bool consignment_is_stalled(struct consignment *n, unsigned patience_s)
{
    uint64_t moves = n->taker ? taker_moves(n->taker) : giver_moves(n->giver);

    if (!n->ran || n->over)
        return false;
    n->still_s = moves == n->seen_moves ? n->still_s + 1 : 0;
    n->seen_moves = moves;
    return n->still_s >= patience_s;
}

uint64_t consignment_bytes(const struct consignment *n)
{
    return tally_of(n).sent_bytes;
}

/* ---- JSON ------------------------------------------------------------------------- */

static const char *state_of(const struct consignment *n)
{
    if (n->why.code == FAIL_INTERRUPTED && n->ran)
        return "stopped";
    return outcome_state(&n->why);
}

struct json *consignment_encode(const struct consignment *n)
{
    struct giver_tally tally = tally_of(n);
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", n->node->name) == 0 &&
        json_put_text(doc, "state", state_of(n)) == 0 &&
        json_put_text(doc, "code", fail_code_name(n->why.code)) == 0 &&
        json_put_text(doc, "reason", n->why.code ? n->why.text : NULL) == 0 &&
        json_put_real(doc, "seconds", (double)n->took_ms / 1000) == 0 &&
        json_put_u64(doc, "files_sent", tally.sent_files) == 0 &&
        json_put_u64(doc, "files_same", tally.same_files) == 0 &&
        json_put_u64(doc, "bytes_sent", tally.sent_bytes) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_one(const void *arg, size_t i)
{
    const struct consignment *nodes = arg;

    return consignment_encode(&nodes[i]);
}

struct json *consignments_encode(const struct consignment *nodes, size_t count,
                                 const char *place)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", CONSIGNMENT_SCHEMA) == 0 &&
        json_put_text(doc, "place", place) == 0 &&
        json_put(doc, "nodes", json_list(count, encode_one, nodes)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- words ------------------------------------------------------------------------ */

static int add_well(struct fold *fold, const struct consignment *n, struct fail *why)
{
    struct giver_tally tally = tally_of(n);
    CLEANUP(text_clear) struct text line = {0};

    text_add(&line, "%llu file%s sent, %llu as it should be, %llu bytes",
             (unsigned long long)tally.sent_files, tally.sent_files == 1 ? "" : "s",
             (unsigned long long)tally.same_files, (unsigned long long)tally.sent_bytes);
    if (text_is_cut(&line))
        return fail_memory(why);
    return fold_add(fold, n->node->name, text_of(&line), line.len_bytes, why);
}

int consignments_render(const struct consignment *nodes, size_t count, struct text *text,
                        struct fail *why)
{
    CLEANUP(fold_done) struct fold *fold = fold_new();

    if (!fold)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].why.code == FAIL_NONE && add_well(fold, &nodes[i], why) < 0)
            return -1;
    fold_sort(fold);
    for (size_t i = 0; i < fold_count(fold); i++) {
        size_t len, size = fold_size(fold, i);
        const char *hosts = fold_hosts(fold, i), *line = fold_text(fold, i, &len);

        if (!hosts)
            return fail_memory(why);
        text_add(text, "%zu node%s %s: %.*s\n", size, size == 1 ? "" : "s", hosts,
                 (int)len, line);
    }
    return 0;
}

int consignments_render_trouble(const struct consignment *nodes, size_t count, bool color,
                                struct text *text, struct fail *why)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].why.code && trouble_add(t, nodes[i].node, &nodes[i].why, why) < 0)
            return -1;
    trouble_render(t, color, text);
    return 0;
}
