#include "protocol/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail_wire.h"
#include "protocol/json.h"
#include "protocol/record.h"

/* ---- what travels: one line per field --------------------------------------------- */

#define BITS_24 0xffffff
#define BITS_32 0xffffffff

/* A name's size in the structure, without its end. */
#define NAME(type, name, bytes) RECORD_RANGE(type, RECORD_NAME, name, 1, (bytes)-1)

/* clang-format off */
#define FIELD RECORD_FIELD
#define RANGE RECORD_RANGE
#define SHAPE RECORD_SHAPE

static const struct record_field join_fields[] = {
    NAME(measure_join, campaign, MEASURE_CAMPAIGN_BYTES),
    NAME(measure_join, hca, MEASURE_HCA_BYTES),
    RANGE(measure_join, RECORD_INT, port, 1, 255),
};
static const struct record_shape join_shape = SHAPE(measure_join, join_fields);

static const struct record_field endpoint_fields[] = {
    NAME(endpoint, hca, MEASURE_HCA_BYTES),
    RANGE(endpoint, RECORD_INT,  port,      1,   255),
    FIELD(endpoint, RECORD_FLAG, ethernet),
    RANGE(endpoint, RECORD_U16,  lid,       0,   0xffff),
    FIELD(endpoint, RECORD_GID,  gid),
    RANGE(endpoint, RECORD_INT,  gid_index, 0,   255),
    RANGE(endpoint, RECORD_U32,  qpn,       0,   BITS_24),
    RANGE(endpoint, RECORD_U32,  rkey,      0,   BITS_32),
    FIELD(endpoint, RECORD_U64,  addr),
    RANGE(endpoint, RECORD_INT,  mtu_bytes, 256, 4096),
    RANGE(endpoint, RECORD_U16,  pkey,      0,   0xffff),
    RANGE(endpoint, RECORD_REAL, rate_gbps, 0,   MEASURE_MAX_GBPS),
    FIELD(endpoint, RECORD_FLAG, soft),
};
static const struct record_shape endpoint_shape = SHAPE(endpoint, endpoint_fields);

static const struct record_field round_fields[] = {
    RANGE(measure_round, RECORD_U32,  round,    0, BITS_32),
    RANGE(measure_round, RECORD_U32,  slot,     0, MEASURE_MAX_ROUNDS - 1),
    RANGE(measure_round, RECORD_U32,  peer,     0, MEASURE_MAX_NODES - 1),
    FIELD(measure_round, RECORD_FLAG, first),
    RANGE(measure_round, RECORD_U32,  psn,      0, BITS_24),
    RANGE(measure_round, RECORD_U32,  peer_psn, 0, BITS_24),
    RECORD_STRUCT(measure_round, partner, &endpoint_shape),
};
static const struct record_shape round_shape = SHAPE(measure_round, round_fields);

static const struct record_field plan_fields[] = {
    RANGE(measure_plan, RECORD_U32, slot_ms,       100, 600000),
    RANGE(measure_plan, RECORD_U32, warmup,        0,   MEASURE_MAX_SAMPLES),
    RANGE(measure_plan, RECORD_U32, samples,       0,   MEASURE_MAX_SAMPLES),
    RANGE(measure_plan, RECORD_U32, latency_bytes, 1,   MEASURE_MAX_LATENCY_BYTES),
    RANGE(measure_plan, RECORD_U32, window_ms,     0,   60000),
    RANGE(measure_plan, RECORD_U32, windows,       0,   MEASURE_MAX_WINDOWS),
    RANGE(measure_plan, RECORD_U32, message_bytes, 8,   MEASURE_MAX_MESSAGE_BYTES),
    RANGE(measure_plan, RECORD_U32, depth,         1,   MEASURE_MAX_DEPTH),
};
static const struct record_shape plan_shape = SHAPE(measure_plan, plan_fields);

static const struct record_field order_fields[] = {
    NAME(measure_order, campaign, MEASURE_CAMPAIGN_BYTES),
    RANGE(measure_order, RECORD_U32, batch, 0, BITS_32),
    RECORD_STRUCT(measure_order, plan, &plan_shape),
    RECORD_ARRAY(measure_order, RECORD_LIST, rounds, round_count, &round_shape,
                 MEASURE_MAX_ROUNDS),
};
static const struct record_shape order_shape = SHAPE(measure_order, order_fields);

#define TIME(key, name) \
    {key, RECORD_REAL, offsetof(struct measure_latency, name), 0, NULL, 0, MEASURE_MAX_US}

static const struct record_field latency_fields[] = {
    TIME("min", min_us),
    TIME("p50", p50_us),
    TIME("p99", p99_us),
    TIME("max", max_us),
    RANGE(measure_latency, RECORD_U32, samples, 1, MEASURE_MAX_SAMPLES),
};
static const struct record_shape latency_shape = SHAPE(measure_latency, latency_fields);

static const struct record_field window_fields[] = {
    {"gbps", RECORD_REAL, 0, 0, NULL, 0, MEASURE_MAX_GBPS},
};
static const struct record_shape window_shape = {sizeof(double), window_fields, 1};

static const struct record_field result_fields[] = {
    RANGE(measure_result, RECORD_U32, round,   0, BITS_32),
    RANGE(measure_result, RECORD_U32, peer,    0, MEASURE_MAX_NODES - 1),
    RANGE(measure_result, RECORD_U32, met_ms,  0, BITS_32),
    RANGE(measure_result, RECORD_U32, took_ms, 0, BITS_32),
};
static const struct record_shape result_shape = SHAPE(measure_result, result_fields);
/* clang-format on */

/* Ends every encoder: doc itself, or NULL when one of the puts has failed. */
static struct json *whole(struct json *doc, int failed)
{
    if (!failed)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- join, leave and endpoint ----------------------------------------------------- */

struct json *measure_join_encode(const struct measure_join *j)
{
    return record_encode(&join_shape, j);
}

int measure_join_decode(const struct json *doc, struct measure_join *j, struct fail *why)
{
    struct measure_join made = {.port = 0};

    if (record_decode(&join_shape, doc, &made, why) < 0)
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
    return record_encode(&endpoint_shape, e);
}

static int check_mtu(const struct endpoint *e, struct fail *why)
{
    if ((e->mtu_bytes & (e->mtu_bytes - 1)) == 0)
        return 0;
    return fail_set(why, FAIL_GARBAGE, "field 'mtu_bytes': %d is not an MTU",
                    e->mtu_bytes);
}

int endpoint_decode(const struct json *doc, struct endpoint *e, struct fail *why)
{
    struct endpoint made = {.port = 0};

    if (record_decode(&endpoint_shape, doc, &made, why) < 0 || check_mtu(&made, why) < 0)
        return -1;
    *e = made;
    return 0;
}

/* ---- order ------------------------------------------------------------------------ */

struct json *measure_order_encode(const struct measure_order *o)
{
    return record_encode(&order_shape, o);
}

static int check_order(const struct measure_order *o, struct fail *why)
{
    if (o->round_count == 0)
        return fail_set(why, FAIL_GARBAGE, "field 'rounds': none");
    for (size_t i = 0; i < o->round_count; i++)
        if (check_mtu(&o->rounds[i].partner, why) < 0)
            return fail_prefix(why, "rounds %zu: partner", i);
    return 0;
}

int measure_order_decode(const struct json *doc, struct measure_order *o,
                         struct fail *why)
{
    struct measure_order made = {.round_count = 0};

    if (record_decode(&order_shape, doc, &made, why) < 0)
        return -1;
    if (check_order(&made, why) < 0) {
        measure_order_clear(&made);
        return -1;
    }
    *o = made;
    return 0;
}

void measure_order_clear(struct measure_order *o)
{
    record_clear(&order_shape, o);
}

/* ---- result ------------------------------------------------------------- */

/* A latency that was not measured is not there. */
static int put_latency(struct json *doc, const char *key, const struct measure_latency *l)
{
    return l->samples ? json_put(doc, key, record_encode(&latency_shape, l)) : 0;
}

static int get_latency(const struct json *doc, const char *key, struct measure_latency *l,
                       struct fail *why)
{
    const struct json *part;

    if (!json_find(doc, key))
        return 0;
    if (json_get_object(doc, key, &part, why) < 0)
        return -1;
    if (record_decode(&latency_shape, part, l, why) < 0)
        return fail_prefix(why, "%s", key);
    if (l->min_us > l->p50_us || l->p50_us > l->p99_us || l->p99_us > l->max_us)
        return fail_set(why, FAIL_GARBAGE, "%s: min, p50, p99 and max out of order", key);
    return 0;
}

/* One window needs an object around it: the getters name fields. */
static struct json *encode_windows(const struct measure_result *r)
{
    struct json *list = json_array();
    int failed = !list;

    for (unsigned i = 0; i < r->windows && !failed; i++)
        failed = json_push(list, record_encode(&window_shape, &r->out_gbps[i])) < 0;
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
        if (record_decode(&window_shape, e, &r->out_gbps[r->windows++], why) < 0)
            return -1;
    return 0;
}

static int put_why(struct json *doc, const struct fail *f)
{
    struct json *said;

    if (f->code == FAIL_NONE)
        return 0;
    said = json_object();
    if (!said || fail_wire_put(said, f) < 0) {
        json_free(said);
        return -1;
    }
    return json_put(doc, "fail", said);
}

static int get_why(const struct json *doc, struct fail *f, struct fail *why)
{
    const struct json *said;

    if (!json_find(doc, "fail"))
        return 0;
    if (json_get_object(doc, "fail", &said, why) < 0)
        return -1;
    return fail_wire_get(said, f, why);
}

struct json *measure_result_encode(const struct measure_result *r)
{
    struct json *doc = record_encode(&result_shape, r);

    return whole(doc, !doc || put_why(doc, &r->why) < 0 ||
                          put_latency(doc, "latency_us", &r->latency) < 0 ||
                          put_latency(doc, "ack_us", &r->ack) < 0 ||
                          json_put(doc, "out", encode_windows(r)) < 0);
}

int measure_result_decode(const struct json *doc, struct measure_result *r,
                          struct fail *why)
{
    struct measure_result made = {.windows = 0};

    if (record_decode(&result_shape, doc, &made, why) < 0 ||
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
