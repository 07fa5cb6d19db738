#include "protocol/measure.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- numbers by table: a member's name is its name on the wire ---------- */

struct number {
    const char *name;
    size_t offset, size;
    int64_t min, max;
};

#define NUMBER(type, member, min, max)                                                 \
    {                                                                                  \
#member, offsetof(struct type, member), sizeof((struct type *)0)->member, min, \
            max                                                                        \
    }
#define END              \
    {                    \
        NULL, 0, 0, 0, 0 \
    }

#define BITS_24 0xffffff
#define BITS_32 0xffffffff

/* clang-format off */
static const struct number join_numbers[] = {
    NUMBER(measure_join, port, 1, 255),
    END,
};

static const struct number endpoint_numbers[] = {
    NUMBER(endpoint, port,      1,   255),
    NUMBER(endpoint, lid,       0,   0xffff),
    NUMBER(endpoint, gid_index, 0,   255),
    NUMBER(endpoint, qpn,       0,   BITS_24),
    NUMBER(endpoint, rkey,      0,   BITS_32),
    NUMBER(endpoint, mtu_bytes, 256, 4096),
    NUMBER(endpoint, pkey,      0,   0xffff),
    END,
};

static const struct number round_numbers[] = {
    NUMBER(measure_round, round,    0, BITS_32),
    NUMBER(measure_round, slot,     0, MEASURE_MAX_ROUNDS - 1),
    NUMBER(measure_round, peer,     0, MEASURE_MAX_NODES - 1),
    NUMBER(measure_round, psn,      0, BITS_24),
    NUMBER(measure_round, peer_psn, 0, BITS_24),
    END,
};

static const struct number plan_numbers[] = {
    NUMBER(measure_plan, slot_ms,       100, 600000),
    NUMBER(measure_plan, warmup,        0,   MEASURE_MAX_SAMPLES),
    NUMBER(measure_plan, samples,       0,   MEASURE_MAX_SAMPLES),
    NUMBER(measure_plan, latency_bytes, 1,   MEASURE_MAX_LATENCY_BYTES),
    NUMBER(measure_plan, window_ms,     0,   60000),
    NUMBER(measure_plan, windows,       0,   MEASURE_MAX_WINDOWS),
    NUMBER(measure_plan, message_bytes, 8,   MEASURE_MAX_MESSAGE_BYTES),
    NUMBER(measure_plan, depth,         1,   MEASURE_MAX_DEPTH),
    END,
};

static const struct number order_numbers[] = {
    NUMBER(measure_order, batch, 0, BITS_32),
    END,
};

static const struct number result_numbers[] = {
    NUMBER(measure_result, round,   0, BITS_32),
    NUMBER(measure_result, peer,    0, MEASURE_MAX_NODES - 1),
    NUMBER(measure_result, met_ms,  0, BITS_32),
    NUMBER(measure_result, took_ms, 0, BITS_32),
    END,
};
/* clang-format on */

static int put_numbers(struct json *doc, const void *from, const struct number *n)
{
    for (; n->name; n++) {
        const unsigned char *at = (const unsigned char *)from + n->offset;
        uint16_t narrow;
        uint32_t wide;

        assert(n->size == sizeof narrow || n->size == sizeof wide);
        memcpy(&narrow, at, sizeof narrow);
        wide = narrow;
        if (n->size == sizeof wide)
            memcpy(&wide, at, sizeof wide);
        if (json_put_int(doc, n->name, wide) < 0)
            return -1;
    }
    return 0;
}

static int get_numbers(const struct json *doc, void *to, const struct number *n,
                       struct fail *why)
{
    for (; n->name; n++) {
        unsigned char *at = (unsigned char *)to + n->offset;
        int64_t value;
        uint16_t narrow;
        uint32_t wide;

        if (json_get_int(doc, n->name, n->min, n->max, &value, why) < 0)
            return -1;
        narrow = (uint16_t)value;
        wide = (uint32_t)value;
        memcpy(at, n->size == sizeof narrow ? (void *)&narrow : (void *)&wide, n->size);
    }
    return 0;
}

/* ---- texts -------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.:", c));
}

/* A name ends up in a path below /sys, so it may not hold a slash nor be "..". */
static int get_name(const struct json *doc, const char *key, char *name, size_t size,
                    struct fail *why)
{
    const char *text;
    size_t len;

    if (json_get_text(doc, key, &text, why) < 0)
        return -1;
    for (len = 0; is_name_char(text[len]); len++)
        continue;
    if (len == 0 || text[len] || len >= size || text[0] == '.')
        return fail_set(why, FAIL_GARBAGE, "field '%s': not a name of 1..%zu characters",
                        key, size - 1);
    memcpy(name, text, len + 1);
    return 0;
}

static int put_gid(struct json *doc, const char *key, const uint8_t gid[16])
{
    static const char digits[] = "0123456789abcdef";
    char text[33];

    for (int i = 0; i < 16; i++) {
        text[2 * i] = digits[gid[i] >> 4];
        text[2 * i + 1] = digits[gid[i] & 15];
    }
    text[32] = '\0';
    return json_put_text(doc, key, text);
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int get_gid(const struct json *doc, const char *key, uint8_t gid[16],
                   struct fail *why)
{
    const char *text;

    if (json_get_text(doc, key, &text, why) < 0)
        return -1;
    if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
        return fail_set(why, FAIL_GARBAGE, "field '%s': expected 32 hex digits", key);
    for (int i = 0; i < 16; i++)
        gid[i] = (uint8_t)(hex_of(text[2 * i]) << 4 | hex_of(text[2 * i + 1]));
    return 0;
}

/* What a stopwatch or a division made: finite and not below zero. */
static int get_measured(const struct json *doc, const char *key, double *value,
                        struct fail *why)
{
    double found;

    if (json_get_real(doc, key, &found, why) < 0)
        return -1;
    if (found < 0)
        return fail_set(why, FAIL_GARBAGE, "field '%s': %g is below zero", key, found);
    *value = found;
    return 0;
}

/* Ends every encoder: doc itself, or NULL when one of the puts has failed. */
static struct json *whole(struct json *doc, int failed)
{
    if (!failed)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- join and endpoint -------------------------------------------------- */

struct json *measure_join_encode(const struct measure_join *j)
{
    struct json *doc = json_object();

    return whole(doc, !doc || json_put_text(doc, "campaign", j->campaign) < 0 ||
                          json_put_text(doc, "hca", j->hca) < 0 ||
                          put_numbers(doc, j, join_numbers) < 0);
}

int measure_join_decode(const struct json *doc, struct measure_join *j, struct fail *why)
{
    struct measure_join made = {.port = 0};

    if (get_name(doc, "campaign", made.campaign, sizeof made.campaign, why) < 0 ||
        get_name(doc, "hca", made.hca, sizeof made.hca, why) < 0 ||
        get_numbers(doc, &made, join_numbers, why) < 0)
        return -1;
    *j = made;
    return 0;
}

struct json *measure_leave_encode(const char *campaign)
{
    struct json *doc = json_object();

    return whole(doc, !doc || json_put_text(doc, "campaign", campaign) < 0);
}

struct json *endpoint_encode(const struct endpoint *e)
{
    struct json *doc = json_object();

    return whole(doc, !doc || json_put_text(doc, "hca", e->hca) < 0 ||
                          put_numbers(doc, e, endpoint_numbers) < 0 ||
                          json_put_flag(doc, "ethernet", e->ethernet) < 0 ||
                          put_gid(doc, "gid", e->gid) < 0 ||
                          json_put_u64(doc, "addr", e->addr) < 0 ||
                          json_put_real(doc, "rate_gbps", e->rate_gbps) < 0 ||
                          json_put_flag(doc, "soft", e->soft) < 0);
}

int endpoint_decode(const struct json *doc, struct endpoint *e, struct fail *why)
{
    struct endpoint made = {.port = 0};

    if (get_name(doc, "hca", made.hca, sizeof made.hca, why) < 0 ||
        get_numbers(doc, &made, endpoint_numbers, why) < 0 ||
        json_get_flag(doc, "ethernet", &made.ethernet, why) < 0 ||
        get_gid(doc, "gid", made.gid, why) < 0 ||
        json_get_u64(doc, "addr", &made.addr, why) < 0 ||
        get_measured(doc, "rate_gbps", &made.rate_gbps, why) < 0 ||
        json_get_flag(doc, "soft", &made.soft, why) < 0)
        return -1;
    if (made.mtu_bytes & (made.mtu_bytes - 1))
        return fail_set(why, FAIL_GARBAGE, "field 'mtu_bytes': %d is not an MTU",
                        made.mtu_bytes);
    *e = made;
    return 0;
}

/* ---- order -------------------------------------------------------------- */

static struct json *encode_round(const struct measure_round *r)
{
    struct json *doc = json_object();

    return whole(doc, !doc || put_numbers(doc, r, round_numbers) < 0 ||
                          json_put_flag(doc, "first", r->first) < 0 ||
                          json_put(doc, "partner", endpoint_encode(&r->partner)) < 0);
}

static int decode_round(const struct json *doc, struct measure_round *r, struct fail *why)
{
    const struct json *partner;

    if (get_numbers(doc, r, round_numbers, why) < 0 ||
        json_get_flag(doc, "first", &r->first, why) < 0 ||
        json_get_object(doc, "partner", &partner, why) < 0)
        return -1;
    if (endpoint_decode(partner, &r->partner, why) < 0)
        return fail_prefix(why, "partner");
    return 0;
}

static struct json *encode_rounds(const struct measure_order *o)
{
    struct json *list = json_array();
    int failed = !list;

    for (size_t i = 0; i < o->round_count && !failed; i++)
        failed = json_push(list, encode_round(&o->rounds[i])) < 0;
    return whole(list, failed);
}

static struct json *encode_plan(const struct measure_plan *plan)
{
    struct json *doc = json_object();

    return whole(doc, !doc || put_numbers(doc, plan, plan_numbers) < 0);
}

struct json *measure_order_encode(const struct measure_order *o)
{
    struct json *doc = json_object();

    return whole(doc, !doc || json_put_text(doc, "campaign", o->campaign) < 0 ||
                          put_numbers(doc, o, order_numbers) < 0 ||
                          json_put(doc, "plan", encode_plan(&o->plan)) < 0 ||
                          json_put(doc, "rounds", encode_rounds(o)) < 0);
}

static int decode_rounds(const struct json *list, struct measure_order *o,
                         struct fail *why)
{
    size_t count = json_count(list);

    if (count == 0 || count > MEASURE_MAX_ROUNDS)
        return fail_set(why, FAIL_GARBAGE, "field 'rounds': %zu is not in 1..%d", count,
                        MEASURE_MAX_ROUNDS);
    o->rounds = calloc(count, sizeof *o->rounds);
    if (!o->rounds)
        return fail_memory(why);
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (decode_round(e, &o->rounds[o->round_count++], why) < 0)
            return fail_prefix(why, "round %zu of the order", o->round_count - 1);
    return 0;
}

int measure_order_decode(const struct json *doc, struct measure_order *o,
                         struct fail *why)
{
    struct measure_order made = {.round_count = 0};
    const struct json *plan, *rounds;

    if (get_name(doc, "campaign", made.campaign, sizeof made.campaign, why) < 0 ||
        get_numbers(doc, &made, order_numbers, why) < 0 ||
        json_get_object(doc, "plan", &plan, why) < 0 ||
        get_numbers(plan, &made.plan, plan_numbers, why) < 0 ||
        json_get_array(doc, "rounds", &rounds, why) < 0 ||
        decode_rounds(rounds, &made, why) < 0) {
        measure_order_clear(&made);
        return -1;
    }
    *o = made;
    return 0;
}

void measure_order_clear(struct measure_order *o)
{
    free(o->rounds);
    memset(o, 0, sizeof *o);
}

/* ---- result ------------------------------------------------------------- */

static struct json *encode_latency(const struct measure_latency *l)
{
    struct json *doc = json_object();

    return whole(doc, !doc || json_put_real(doc, "min", l->min_us) < 0 ||
                          json_put_real(doc, "p50", l->p50_us) < 0 ||
                          json_put_real(doc, "p99", l->p99_us) < 0 ||
                          json_put_real(doc, "max", l->max_us) < 0 ||
                          json_put_int(doc, "samples", l->samples) < 0);
}

/* A latency that was not measured is not there. */
static int put_latency(struct json *doc, const char *key, const struct measure_latency *l)
{
    return l->samples ? json_put(doc, key, encode_latency(l)) : 0;
}

static int get_latency(const struct json *doc, const char *key, struct measure_latency *l,
                       struct fail *why)
{
    const struct json *part;
    int64_t samples;

    if (!json_find(doc, key))
        return 0;
    if (json_get_object(doc, key, &part, why) < 0 ||
        get_measured(part, "min", &l->min_us, why) < 0 ||
        get_measured(part, "p50", &l->p50_us, why) < 0 ||
        get_measured(part, "p99", &l->p99_us, why) < 0 ||
        get_measured(part, "max", &l->max_us, why) < 0 ||
        json_get_int(part, "samples", 1, MEASURE_MAX_SAMPLES, &samples, why) < 0)
        return fail_prefix(why, "%s", key);
    l->samples = (unsigned)samples;
    return 0;
}

/* One window needs an object around it: the getters name fields. */
static struct json *encode_windows(const struct measure_result *r)
{
    struct json *list = json_array();
    int failed = !list;

    for (unsigned i = 0; i < r->windows && !failed; i++) {
        struct json *window = json_object();

        failed = json_push(list, window) < 0 ||
                 json_put_real(window, "gbps", r->out_gbps[i]) < 0;
    }
    return whole(list, failed);
}

static int get_windows(const struct json *doc, struct measure_result *r, struct fail *why)
{
    const struct json *list;

    if (json_get_array(doc, "out", &list, why) < 0)
        return -1;
    if (json_count(list) > MEASURE_MAX_WINDOWS)
        return fail_set(why, FAIL_GARBAGE, "field 'out': more than %d windows",
                        MEASURE_MAX_WINDOWS);
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (get_measured(e, "gbps", &r->out_gbps[r->windows++], why) < 0)
            return -1;
    return 0;
}

static int put_why(struct json *doc, const struct fail *f)
{
    struct json *said;

    if (f->code == FAIL_NONE)
        return 0;
    said = json_object();
    if (!said || json_put_text(said, "code", fail_code_name(f->code)) < 0 ||
        json_put_text(said, "text", f->text) < 0) {
        json_free(said);
        return -1;
    }
    return json_put(doc, "fail", said);
}

static int get_why(const struct json *doc, struct fail *f, struct fail *why)
{
    const struct json *said;
    const char *name, *text;
    enum fail_code code;

    if (!json_find(doc, "fail"))
        return 0;
    if (json_get_object(doc, "fail", &said, why) < 0 ||
        json_get_text(said, "code", &name, why) < 0 ||
        json_get_text(said, "text", &text, why) < 0)
        return -1;
    code = fail_code_of(name);
    fail_set(f, code == FAIL_NONE ? FAIL_UNKNOWN : code, "%s", text);
    return 0;
}

struct json *measure_result_encode(const struct measure_result *r)
{
    struct json *doc = json_object();

    return whole(doc, !doc || put_numbers(doc, r, result_numbers) < 0 ||
                          put_why(doc, &r->why) < 0 ||
                          put_latency(doc, "latency_us", &r->latency) < 0 ||
                          put_latency(doc, "ack_us", &r->ack) < 0 ||
                          json_put(doc, "out", encode_windows(r)) < 0);
}

int measure_result_decode(const struct json *doc, struct measure_result *r,
                          struct fail *why)
{
    struct measure_result made = {.windows = 0};

    if (get_numbers(doc, &made, result_numbers, why) < 0 ||
        get_why(doc, &made.why, why) < 0 ||
        get_latency(doc, "latency_us", &made.latency, why) < 0 ||
        get_latency(doc, "ack_us", &made.ack, why) < 0 ||
        get_windows(doc, &made, why) < 0)
        return -1;
    *r = made;
    return 0;
}

struct json *measure_results_encode(const struct measure_result *results, size_t count)
{
    struct json *doc = json_object(), *list = json_array();
    int failed = !doc || !list;

    for (size_t i = 0; i < count && !failed; i++)
        failed = json_push(list, measure_result_encode(&results[i])) < 0;
    if (failed) {
        json_free(list);
        return whole(doc, failed);
    }
    return whole(doc, json_put(doc, "results", list) < 0);
}

int measure_results_decode(const struct json *doc, struct measure_result *results,
                           size_t max_results, size_t *count, struct fail *why)
{
    const struct json *list;
    size_t made = 0;

    if (json_get_array(doc, "results", &list, why) < 0)
        return -1;
    if (json_count(list) > max_results)
        return fail_set(why, FAIL_GARBAGE, "field 'results': %zu are more than %zu",
                        json_count(list), max_results);
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (measure_result_decode(e, &results[made++], why) < 0)
            return fail_prefix(why, "result %zu", made - 1);
    *count = made;
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double measure_result_gbps(const struct measure_result *r)
{
    double sorted[MEASURE_MAX_WINDOWS];
    unsigned n = r->windows;

    if (n == 0)
        return (double)NAN;
    memcpy(sorted, r->out_gbps, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}
