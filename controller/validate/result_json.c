#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/validate/headline.h"
#include "controller/validate/listing.h"
#include "controller/validate/result.h"
#include "protocol/json.h"

/* A child that is made or not; the parent is freed when something failed. */
static struct json *whole(struct json *doc, bool ok)
{
    if (ok)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- a pair ------------------------------------------------------------------------ */

static int put_latency(struct json *doc, const char *key, const struct measure_latency *l)
{
    struct json *child;
    bool ok;

    if (!l->samples)
        return json_put_text(doc, key, NULL);
    child = json_object();
    ok = child && json_put_real(child, "min", l->min_us) == 0 &&
         json_put_real(child, "p50", l->p50_us) == 0 &&
         json_put_real(child, "p99", l->p99_us) == 0 &&
         json_put_real(child, "max", l->max_us) == 0 &&
         json_put_int(child, "samples", l->samples) == 0;
    return json_put(doc, key, whole(child, ok));
}

static int put_numbers(struct json *doc, const struct tally_pair *p)
{
    struct json *gbps = json_object();
    bool ok = gbps && json_put_real(gbps, "a_to_b", p->gbps[TALLY_A_TO_B]) == 0 &&
              json_put_real(gbps, "b_to_a", p->gbps[TALLY_B_TO_A]) == 0;

    if (json_put(doc, "bandwidth_gbps", whole(gbps, ok)) < 0)
        return -1;
    return put_latency(doc, "latency_us", &p->latency) < 0 ||
                   put_latency(doc, "ack_us", &p->ack) < 0
               ? -1
               : 0;
}

struct json *result_encode_numbers(const struct result *r, size_t a, size_t b)
{
    struct json *doc = json_object();

    return whole(doc, doc && put_numbers(doc, tally_pair(r->tally, a, b)) == 0);
}

void result_rail(const struct result *r, size_t a, size_t b, char rail[RESULT_RAIL])
{
    const char *of_a = r->members[a].endpoint.hca, *of_b = r->members[b].endpoint.hca;

    if (strcmp(of_a, of_b) == 0)
        snprintf(rail, RESULT_RAIL, "%s", of_a);
    else
        snprintf(rail, RESULT_RAIL, "%s/%s", of_a, of_b);
}

struct json *result_encode_pair(const struct result *r, size_t a, size_t b)
{
    const struct tally_pair *p = tally_pair(r->tally, a, b);
    struct json *doc = json_object();
    char rail[RESULT_RAIL];
    bool ok;

    result_rail(r, a, b, rail);
    ok = doc && json_put_text(doc, "a", r->members[a].name) == 0 &&
         json_put_text(doc, "b", r->members[b].name) == 0 &&
         json_put_text(doc, "rail", rail) == 0 && put_numbers(doc, p) == 0 &&
         json_put_int(doc, "meetings", p->meetings) == 0 &&
         json_put_int(doc, "alone", p->alone) == 0 &&
         json_put_text(doc, "verdict", tally_word_name(p->word)) == 0 &&
         json_put_text(doc, "reason", p->word == WORD_FAILED ? p->text : NULL) == 0;
    return whole(doc, ok);
}

static struct json *encode_pairs(const struct result *r, struct listing l)
{
    struct json *list = json_array();
    size_t a, b;

    while (list && listing_next(&l, &a, &b))
        list = whole(list, json_push(list, result_encode_pair(r, a, b)) == 0);
    return list;
}

/* ---- nodes and findings ------------------------------------------------------------ */

static int put_endpoint(struct json *doc, const struct member *m)
{
    const struct endpoint *e = &m->endpoint;
    struct json *child;
    bool ok;

    if (!m->joined)
        return json_put_text(doc, "endpoint", NULL);
    child = json_object();
    ok = child && json_put_text(child, "hca", e->hca) == 0 &&
         json_put_int(child, "port", e->port) == 0 &&
         json_put_text(child, "link_layer", e->ethernet ? "Ethernet" : "InfiniBand") ==
             0 &&
         json_put_real(child, "rate_gbps", e->rate_gbps) == 0 &&
         json_put_int(child, "mtu_bytes", e->mtu_bytes) == 0 &&
         json_put_int(child, "pkey", e->pkey) == 0 &&
         json_put_flag(child, "soft", e->soft) == 0;
    return json_put(doc, "endpoint", whole(child, ok));
}

static struct json *encode_node(const struct member *m)
{
    struct json *doc = json_object();
    const char *state = m->why.code ? (m->joined ? "lost" : "absent") : "measured";
    bool ok = doc && json_put_text(doc, "name", m->name) == 0 &&
              json_put_text(doc, "state", state) == 0 &&
              json_put_text(doc, "code", fail_code_name(m->why.code)) == 0 &&
              json_put_text(doc, "reason", m->why.code ? m->why.text : NULL) == 0 &&
              put_endpoint(doc, m) == 0;

    return whole(doc, ok);
}

static struct json *encode_nodes(const struct result *r)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < r->n; i++)
        list = whole(list, json_push(list, encode_node(&r->members[i])) == 0);
    return list;
}

static struct json *encode_names(const struct result *r, const struct finding *f)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < f->who_count; i++)
        list = whole(list, json_push(list, json_text(r->members[f->who[i]].name)) == 0);
    return list;
}

struct json *result_encode_finding(const struct result *r, const struct finding *f)
{
    struct json *doc = json_object();
    bool ok = doc && json_put_text(doc, "kind", finding_kind_name(f->kind)) == 0 &&
              json_put_text(doc, "symptom", finding_symptom_name(f->symptom)) == 0 &&
              json_put_text(doc, "side", finding_side_name(f->side)) == 0 &&
              json_put(doc, "nodes", encode_names(r, f)) == 0 &&
              json_put_flag(doc, "proved", f->proved) == 0 &&
              json_put_real(doc, "measured", f->measured) == 0 &&
              json_put_real(doc, "expected", f->expected) == 0 &&
              json_put_int(doc, "bad", f->bad) == 0 &&
              json_put_int(doc, "tested", f->tested) == 0 &&
              json_put_text(doc, "text", f->text) == 0 &&
              json_put_text(doc, "advice", f->advice) == 0;

    return whole(doc, ok);
}

static struct json *encode_findings(const struct result *r)
{
    const struct findings *all = &r->verdict->findings;
    struct json *list = json_array();

    for (size_t i = 0; list && i < all->count; i++)
        list = whole(list, json_push(list, result_encode_finding(r, &all->list[i])) == 0);
    return list;
}

static struct json *encode_gaps(const struct result *r)
{
    const struct verdict *v = r->verdict;
    struct json *list = json_array();

    for (size_t i = 0; list && i < v->not_tested_count; i++)
        list = whole(list, json_push(list, json_text(v->not_tested[i])) == 0);
    return list;
}

struct json *result_encode_summary(const struct result *r, const struct listing *l)
{
    struct headline h = headline_of(r);
    struct json *doc = headline_encode(&h);
    bool ok = doc && json_put_text(doc, "pairs_listed", listing_name(l)) == 0 &&
              json_put(doc, "not_tested", encode_gaps(r)) == 0;

    return whole(doc, ok);
}

/* ---- all of it --------------------------------------------------------------------- */

struct json *result_encode(const struct result *r)
{
    struct json *doc = json_object();
    struct listing l = listing_of(r->tally, RESULT_MAX_PAIRS);
    bool ok = doc && json_put_text(doc, "schema", RESULT_SCHEMA) == 0 &&
              json_put_text(doc, "run", r->run) == 0 &&
              json_put_text(doc, "campaign", r->campaign) == 0 &&
              json_put_text(doc, "verdict", result_is_good(r) ? "good" : "bad") == 0 &&
              json_put_text(doc, "ended_early", r->why ? r->why->text : NULL) == 0 &&
              json_put_real(doc, "usual_gbps", r->verdict->usual_gbps) == 0 &&
              json_put_real(doc, "usual_us", r->verdict->usual_us) == 0 &&
              json_put(doc, "nodes", encode_nodes(r)) == 0 &&
              json_put_text(doc, "pairs_listed", listing_name(&l)) == 0 &&
              json_put(doc, "pairs", encode_pairs(r, l)) == 0 &&
              json_put(doc, "findings", encode_findings(r)) == 0 &&
              json_put(doc, "not_tested", encode_gaps(r)) == 0 &&
              json_put_real(doc, "seconds", r->seconds) == 0;

    return whole(doc, ok);
}
