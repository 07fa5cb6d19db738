/* Whatever is decoded as a part of a measurement, a fact or a step stays within its
 * ceilings and survives the wire: encoded and decoded once more it is the same text.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/measure.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* Each kind: decode, and encode what came of it.  NULL: it was refused. */
typedef struct json *(*pass_fn)(const struct json *doc, struct fail *why);

static struct json *pass_endpoint(const struct json *doc, struct fail *why)
{
    struct endpoint e;

    if (endpoint_decode(doc, &e, why) < 0)
        return NULL;
    demand(e.port >= 1 && e.port <= 255 && e.mtu_bytes >= 256 && e.mtu_bytes <= 4096);
    demand(e.rate_gbps >= 0 && e.rate_gbps <= MEASURE_MAX_GBPS);
    demand(*e.hca && !strchr(e.hca, '/') && strlen(e.hca) < sizeof e.hca);
    return endpoint_encode(&e);
}

static struct json *pass_join(const struct json *doc, struct fail *why)
{
    struct measure_join j;

    return measure_join_decode(doc, &j, why) < 0 ? NULL : measure_join_encode(&j);
}

static struct json *pass_order(const struct json *doc, struct fail *why)
{
    struct measure_order o;
    struct json *again;

    if (measure_order_decode(doc, &o, why) < 0)
        return NULL;
    demand(o.round_count >= 1 && o.round_count <= MEASURE_MAX_ROUNDS);
    for (size_t i = 0; i < o.round_count; i++)
        demand(o.rounds[i].slot < MEASURE_MAX_ROUNDS);
    again = measure_order_encode(&o);
    measure_order_clear(&o);
    return again;
}

static void check_latency(const struct measure_latency *l)
{
    demand(l->samples <= MEASURE_MAX_SAMPLES);
    demand(0 <= l->min_us && l->min_us <= l->p50_us && l->p50_us <= l->p99_us &&
           l->p99_us <= l->max_us && l->max_us <= MEASURE_MAX_US);
}

static struct json *pass_results(const struct json *doc, struct fail *why)
{
    static struct measure_result results[MEASURE_MAX_ROUNDS];
    size_t count;

    if (measure_results_decode(doc, results, MEASURE_MAX_ROUNDS, &count, why) < 0)
        return NULL;
    demand(count <= MEASURE_MAX_ROUNDS);
    for (size_t i = 0; i < count; i++) {
        double gbps = measure_result_gbps(&results[i]);

        demand(results[i].windows <= MEASURE_MAX_WINDOWS);
        demand(isnan(gbps) || (gbps >= 0 && gbps <= MEASURE_MAX_GBPS));
        check_latency(&results[i].latency);
        check_latency(&results[i].ack);
    }
    return measure_results_encode(results, count);
}

static struct json *pass_facts(const struct json *doc, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    const struct facts_port *port;

    if (facts_decode(doc, &f, why) < 0)
        return NULL;
    facts_best_hca(f, &port);
    return facts_encode(f);
}

static struct json *pass_steps(const struct json *doc, struct fail *why)
{
    struct steps s = {0};
    struct json *again;

    if (steps_decode(doc, &s, why) < 0)
        return NULL;
    demand(s.count <= STEPS_MAX);
    again = steps_encode(&s);
    steps_clear(&s);
    return again;
}

static void try(const struct json *doc, pass_fn pass)
{
    struct fail why = {.code = FAIL_NONE};
    CLEANUP(json_done) struct json *once = pass(doc, &why);
    CLEANUP(json_done) struct json *twice = NULL;
    CLEANUP(text_done) char *first = NULL;
    CLEANUP(text_done) char *second = NULL;

    if (!once) {
        demand(why.code == FAIL_GARBAGE && *why.text);
        return;
    }
    twice = pass(once, &why);
    demand(twice != NULL);
    first = json_print(once);
    second = json_print(twice);
    demand(strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pass_fn all[] = {pass_endpoint, pass_join,  pass_order,
                                  pass_results,  pass_facts, pass_steps};
    CLEANUP(json_done) struct json *doc = NULL;

    if (json_parse((const char *)data, size, &doc, NULL) < 0)
        return 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        try(doc, all[i]);
    return 0;
}
