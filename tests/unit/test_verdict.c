#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/capacity.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "protocol/fail.h"

#define MOST   64
#define PASSES 8

/* ---- a fabric on paper ---------------------------------------------------------------
 */

struct fabric {
    size_t n;
    double gbps, us;                  /* of a good path                          */
    double noise;                     /* share; what disturbs only slows         */
    double crowd;                     /* share of bandwidth that all together get */
    double later;                     /* share that the host has left for retests */
    double send[MOST], receive[MOST]; /* share that the node manages   */
    double late_us[MOST];
    bool dead[MOST];         /* on the fabric; its agent answers        */
    double path[MOST][MOST]; /* share from row to column; 0: cut        */
    bool gap[MOST][MOST];    /* a below b: their turn does not come     */
    char names[MOST][24];
    struct member members[MOST];
};

static unsigned long long seed;

static double random_share(void)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double random_normal(void)
{
    double u = random_share() + 1e-12, v = random_share();

    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void make_fabric(struct fabric *f, size_t n, bool soft)
{
    *f = (struct fabric){.n = n, .gbps = soft ? 0.45 : 197, .us = soft ? 320 : 1.7};
    f->noise = soft ? 0.15 : 0.003;
    f->crowd = soft ? 0.55 : 1;
    f->later = 1;
    for (size_t i = 0; i < n; i++) {
        struct endpoint *e = &f->members[i].endpoint;

        f->send[i] = f->receive[i] = 1;
        for (size_t j = 0; j < n; j++)
            f->path[i][j] = 1;
        snprintf(f->names[i], sizeof f->names[i], "ib%zu", i + 1);
        f->members[i].name = f->names[i];
        f->members[i].joined = true;
        *e = (struct endpoint){.ethernet = soft,
                               .soft = soft,
                               .lid = soft ? 0 : (uint16_t)(i + 1),
                               .mtu_bytes = 4096,
                               .pkey = soft ? 0xffff : 0x8001,
                               .rate_gbps = soft ? 10 : 200};
    }
}

static double one_way(const struct fabric *f, size_t i, size_t j, bool alone)
{
    double share = fmin(fmin(f->send[i], f->receive[j]), f->path[i][j]);

    /* a slow port is slow however few share the host */
    return f->gbps * fmin(share, alone ? f->later : f->crowd) *
           exp(f->noise * random_normal());
}

static struct measure_result side(const struct fabric *f, size_t i, size_t j, bool alone)
{
    struct measure_result r = {.round = 0, .peer = (unsigned)j};
    double us = f->us + f->late_us[i] + f->late_us[j];

    if (f->dead[i] || f->dead[j] || f->path[i][j] <= 0 || f->path[j][i] <= 0) {
        fail_set(&r.why, FAIL_PATH, "transport retry counter exceeded");
        return r;
    }
    r.windows = 1;
    r.out_gbps[0] = one_way(f, i, j, alone);
    us *= exp(f->noise * fabs(random_normal())) / (alone ? f->later : f->crowd);
    r.latency = (struct measure_latency){us * 0.9, us, us * 1.5, us * 2, 1000};
    r.ack = r.latency;
    return r;
}

static void meet(const struct fabric *f, struct tally *t, size_t a, size_t b, bool alone)
{
    struct measure_result of_a = side(f, a, b, alone), of_b = side(f, b, a, alone);

    of_b.latency.samples = of_b.ack.samples = 0;
    assert_int_equal(tally_add(t, a, b, alone, &of_a, &of_b, NULL), 0);
}

static void meet_all(const struct fabric *f, struct tally *t)
{
    for (size_t a = 0; a < f->n; a++)
        for (size_t b = a + 1; b < f->n; b++)
            if (islands_can_meet(&f->members[a], &f->members[b]) && !f->gap[a][b])
                meet(f, t, a, b, false);
}

/* As a campaign does it: all pairs, then whoever is suspected alone. */
static struct verdict *validate(struct fabric *f, struct tally *t)
{
    struct verdict *v = NULL;

    islands_number(f->members, f->n);
    meet_all(f, t);
    for (int pass = 0; pass <= PASSES; pass++) {
        verdict_free(v);
        assert_int_equal(verdict_judge(f->members, f->n, t, &v, NULL), 0);
        for (size_t i = 0; i < v->suspect_count; i++)
            meet(f, t, v->suspects[i].a, v->suspects[i].b, true);
        if (!v->suspect_count)
            return v;
    }
    fail_msg("suspicions do not end");
    return v;
}

/* "node failed ib3; pair slow sending ib1 ib2": grave findings, shortly. */
static void summarize(const struct fabric *f, const struct verdict *v, char *text,
                      size_t room)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < v->findings.count; i++) {
        const struct finding *g = &v->findings.list[i];

        if (g->kind == FINDING_PASSING)
            continue;
        len +=
            (size_t)snprintf(text + len, room - len, "%s%s %s %s", len ? "; " : "",
                             finding_kind_name(g->kind), finding_symptom_name(g->symptom),
                             finding_side_name(g->side));
        for (size_t w = 0; w < g->who_count; w++)
            len += (size_t)snprintf(text + len, room - len, " %s", f->names[g->who[w]]);
        if (!g->proved)
            len += (size_t)snprintf(text + len, room - len, " ?");
    }
}

static void expect(struct fabric *f, const char *findings)
{
    struct tally *t = tally_new(f->n);
    struct verdict *v = validate(f, t);
    char text[2000];

    summarize(f, v, text, sizeof text);
    assert_string_equal(text, findings);
    verdict_free(v);
    tally_free(t);
}

static const char *word(const struct tally *t, size_t a, size_t b)
{
    return tally_word_name(tally_pair(t, a, b)->word);
}

/* ---- what is wrong is named ---------------------------------------------------- */

static void one_slow_node_is_named_and_not_its_partners(void **state)
{
    static const size_t sizes[] = {3, 4, 5, 8, 33};
    struct fabric f;

    (void)state;
    for (int soft = 0; soft < 2; soft++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            make_fabric(&f, sizes[i], soft);
            f.send[2] = f.receive[2] = soft ? 0.09 : 0.9;
            expect(&f, "node slow both ib3");
        }
}

static void one_slow_direction_of_a_node_is_told_apart(void **state)
{
    struct fabric f;

    (void)state;
    for (int soft = 0; soft < 2; soft++) {
        make_fabric(&f, 4, soft);
        f.receive[1] = soft ? 0.09 : 0.9;
        expect(&f, "node slow receiving ib2");
        make_fabric(&f, 4, soft);
        f.send[1] = soft ? 0.09 : 0.9;
        expect(&f, "node slow sending ib2");
    }
}

static void a_cut_pair_is_the_path_not_a_node(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 4, true);
    f.path[0][1] = 0;
    expect(&f, "pair failed both ib1 ib2");
    make_fabric(&f, 3, false);
    f.path[0][1] = 0;
    expect(&f, "pair failed both ib1 ib2");
}

static void a_slow_path_is_named_with_its_direction(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 6, false);
    f.path[4][1] = 0.8;
    expect(&f, "pair slow receiving ib2 ib5");
    make_fabric(&f, 6, true);
    f.path[1][4] = 0.1;
    expect(&f, "pair slow sending ib2 ib5");
}

static void a_node_dead_on_the_fabric_is_named(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 4, true);
    f.dead[3] = true;
    expect(&f, "node failed both ib4");
    make_fabric(&f, 3, true);
    f.dead[0] = true;
    expect(&f, "node failed both ib1");
}

static void two_bad_nodes_of_four_are_both_named(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 4, true);
    f.send[2] = f.receive[2] = 0.05; /* the worse one is named first */
    f.send[3] = f.receive[3] = 0.09;
    expect(&f, "node slow both ib3; node slow both ib4");
    make_fabric(&f, 4, true);
    f.dead[3] = true;
    f.receive[0] = 0.09;
    expect(&f, "node failed both ib4; node slow receiving ib1");
}

static void a_late_node_and_a_late_path_are_named(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 4, true);
    f.late_us[1] = 2700;
    expect(&f, "node high-latency both ib2");
    make_fabric(&f, 5, false);
    f.late_us[4] = 3;
    expect(&f, "node high-latency both ib5");
}

static void with_two_nodes_either_or_the_path_is_to_blame(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(2);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 2, true);
    f.send[0] = 0.09;
    v = validate(&f, t);
    assert_int_equal(v->findings.count, 1);
    assert_int_equal(v->findings.list[0].kind, FINDING_PAIR);
    assert_int_equal(v->findings.list[0].side, SIDE_SENDING);
    assert_non_null(strstr(v->findings.list[0].text, "it is ib1, ib2 or the path"));
    assert_string_equal(word(t, 0, 1), "slow-a-to-b");
    verdict_free(v);
    tally_free(t);
}

static void all_below_the_ceiling_accuses_nobody_alone(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 8, false);
    f.gbps = 150;
    expect(&f, "fleet slow both");
    make_fabric(&f, 8, true); /* emulation has no ceiling */
    f.gbps = 0.02;
    expect(&f, "");
}

/* All that was measured is as slow; nothing tells the node from its partners. */
static void a_star_of_slow_pairs_is_a_suspicion_of_its_middle(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(3);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 3, false);
    f.send[1] = f.receive[1] = 0.5;
    f.gap[0][2] = true;
    v = validate(&f, t);
    assert_int_equal(v->findings.count, 1);
    assert_int_equal(v->findings.list[0].kind, FINDING_NODE);
    assert_int_equal(v->findings.list[0].who[0], 1);
    assert_false(v->findings.list[0].proved);
    assert_non_null(strstr(v->findings.list[0].text, "it is ib2 or all of them"));
    assert_string_equal(word(t, 0, 1), "slow");
    verdict_free(v);
    tally_free(t);
    f.gap[1][2] = true;
    expect(&f, "pair slow both ib1 ib2 ?");
}

static void what_is_said_of_all_is_what_they_show(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(8);
    struct verdict *v;
    const struct finding *g;

    (void)state;
    make_fabric(&f, 8, false);
    f.gbps = 160;
    v = validate(&f, t);
    g = &v->findings.list[0];
    assert_true(fabs(g->measured - 160) < 1);
    assert_true(fabs(g->expected - 0.97 * 198.7) < 0.5); /* 4096 of 4122 bytes */
    assert_non_null(strstr(g->text, "all are alike"));
    assert_non_null(strstr(g->text, "80 % of the payload ceiling, at least 97 %"));
    assert_int_equal(v->bad, 28);
    assert_true(v->usual_us > 1);
    verdict_free(v);
    tally_free(t);
}

/* What the verdict is when nothing was suspected before it was measured alone. */
static void expect_all_alone(struct fabric *f, const char *findings)
{
    struct tally *t = tally_new(f->n);
    struct verdict *v;
    char text[2000];

    islands_number(f->members, f->n);
    for (int i = 0; i < VERDICT_SLOW_RETESTS; i++)
        for (size_t a = 0; a < f->n; a++)
            for (size_t b = a + 1; b < f->n; b++)
                meet(f, t, a, b, true);
    assert_int_equal(verdict_judge(f->members, f->n, t, &v, NULL), 0);
    summarize(f, v, text, sizeof text);
    assert_string_equal(text, findings);
    verdict_free(v);
    tally_free(t);
}

/* A slow pair that was measured alone must not acquit those that are as slow. */
static void who_is_bad_itself_bears_no_witness(void **state)
{
    struct fabric f;

    (void)state;
    for (int soft = 0; soft < 2; soft++) {
        make_fabric(&f, 4, soft);
        f.send[1] = f.receive[1] = 0.09;
        f.path[2][3] = 0;
        expect_all_alone(&f, "node slow both ib2; pair failed both ib3 ib4");
        make_fabric(&f, 4, soft);
        f.late_us[1] = soft ? 2700 : 9;
        expect_all_alone(&f, "node high-latency both ib2");
    }
}

/* ---- small fleets in which pairs are missing -------------------------------------- */

static size_t random_below(size_t n)
{
    return (size_t)(random_share() * (double)n);
}

/* Cut, or not measured. */
static void lose_a_pair(struct fabric *f)
{
    size_t a = random_below(f->n - 1), b = a + 1 + random_below(f->n - 1 - a);

    if (random_share() < 0.5)
        f->gap[a][b] = true;
    else
        f->path[a][b] = f->path[b][a] = 0;
}

static size_t partners_left(const struct fabric *f, size_t i)
{
    size_t count = 0;

    for (size_t j = 0; j < f->n; j++)
        count += j != i && f->path[i][j] > 0 && !f->gap[i < j ? i : j][i < j ? j : i];
    return count;
}

/* In this direction; a pair's is that of its first node. */
static bool is_about(const struct finding *g, size_t node, enum side side)
{
    enum side of_second = side == SIDE_BOTH      ? SIDE_BOTH
                          : side == SIDE_SENDING ? SIDE_RECEIVING
                                                 : SIDE_SENDING;

    return (g->who_count > 0 && g->who[0] == node && g->side == side) ||
           (g->who_count > 1 && g->who[1] == node && g->side == of_second);
}

/* Named when two partners saw it, one of two when one did, and nobody else ever. */
static void expect_slow(struct fabric *f, size_t node, enum side side)
{
    struct tally *t = tally_new(f->n);
    struct verdict *v = validate(f, t);
    size_t named = 0, suspected = 0, partners = partners_left(f, node);
    char text[2000];

    for (size_t i = 0; i < v->findings.count; i++) {
        const struct finding *g = &v->findings.list[i];

        if (g->symptom != SYMPTOM_SLOW)
            continue;
        if (!is_about(g, node, side))
            named = MOST;
        named += g->kind == FINDING_NODE;
        suspected += g->kind == FINDING_PAIR;
    }
    summarize(f, v, text, sizeof text);
    if (named != (partners > 1) || suspected != (partners == 1))
        fail_msg("%zu nodes, ib%zu is slow with %zu: \"%s\"", f->n, node + 1, partners,
                 text);
    verdict_free(v);
    tally_free(t);
}

static void a_slow_node_is_found_whatever_pairs_are_missing(void **state)
{
    struct fabric f;

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        size_t node;
        double share;
        enum side side = (enum side)(i % 3);

        seed = i + 1;
        make_fabric(&f, 3 + random_below(6), false);
        f.noise = 0.0067; /* three sigma are 2 % */
        node = random_below(f.n);
        share = 0.1 + 0.6 * random_share();
        if (side != SIDE_RECEIVING)
            f.send[node] = share;
        if (side != SIDE_SENDING)
            f.receive[node] = share;
        for (unsigned lost = i / 3 % 3; lost; lost--)
            lose_a_pair(&f);
        expect_slow(&f, node, side);
    }
}

static void below_the_ceiling_alone_is_enough(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 8, false);
    f.send[5] = 0.973; /* less than 3 % below the others, but they are at 99 % */
    f.noise = 0.0005;
    expect(&f, "node slow sending ib6");
}

/* ---- who is innocent is not accused -------------------------------------------- */

static void noise_accuses_nobody_over_1000_seeds(void **state)
{
    static const size_t sizes[] = {2, 3, 4, 8, 16};
    struct fabric f;

    (void)state;
    for (seed = 1; seed <= 1000;) {
        unsigned long long mine = seed;

        make_fabric(&f, sizes[mine % 5], mine % 2);
        if (mine % 2 == 0)
            f.noise = mine % 3 ? 0.003 : 0.012;
        expect(&f, "");
        seed = mine + 1;
    }
}

/* A pair that was slow once is not slow. */
static void what_recovers_alone_is_told_and_held_against_nobody(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(4);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 4, true);
    islands_number(f.members, f.n);
    f.send[2] = f.receive[2] = 0.05;
    f.path[0][1] = 0;
    meet_all(&f, t);
    f.send[2] = f.receive[2] = f.path[0][1] = 1;
    for (int pass = 0; pass < 3; pass++) {
        assert_int_equal(verdict_judge(f.members, f.n, t, &v, NULL), 0);
        for (size_t i = 0; i < v->suspect_count; i++)
            meet(&f, t, v->suspects[i].a, v->suspects[i].b, true);
        if (pass < 2)
            verdict_free(v);
    }
    assert_int_equal(v->suspect_count, 0);
    assert_int_equal(findings_grave(&v->findings), 0);
    assert_int_equal(v->findings.count, 1);
    assert_int_equal(v->findings.list[0].kind, FINDING_PASSING);
    assert_int_equal(v->bad, 0);
    verdict_free(v);
    tally_free(t);
}

/* Retests come later, when the machines below may be busy with something else. */
static void a_host_that_slows_down_accuses_nobody(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(4);
    struct verdict *v = NULL;

    (void)state;
    make_fabric(&f, 4, true);
    islands_number(f.members, f.n);
    f.path[0][1] = 0.1;
    meet_all(&f, t);
    f.path[0][1] = 1;
    f.later = 0.08;
    for (int pass = 0; pass < 3; pass++) {
        verdict_free(v);
        assert_int_equal(verdict_judge(f.members, f.n, t, &v, NULL), 0);
        for (size_t i = 0; i < v->suspect_count; i++)
            meet(&f, t, v->suspects[i].a, v->suspects[i].b, true);
    }
    assert_int_equal(findings_grave(&v->findings), 0);
    verdict_free(v);
    tally_free(t);
}

static void a_suspicion_is_not_proved_before_it_is_measured_alone(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(4);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 4, true);
    islands_number(f.members, f.n);
    f.send[2] = f.receive[2] = 0.05;
    meet_all(&f, t);
    assert_int_equal(verdict_judge(f.members, f.n, t, &v, NULL), 0);
    assert_int_equal(v->suspect_count - v->control_count, VERDICT_SLOW_PROBES);
    assert_false(v->findings.list[0].proved);
    assert_non_null(strstr(v->findings.list[0].text, "not measured again"));
    verdict_free(v);
    tally_free(t);
}

/* One dead node of many must not cost a retest with everybody. */
static void one_bad_node_costs_a_few_probes_only(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(40);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 40, false);
    f.dead[7] = true;
    v = validate(&f, t);
    for (size_t i = 0, alone = 0; i < f.n; i++) {
        alone += i != 7 && tally_pair(t, 7, i)->alone;
        assert_true(alone <= VERDICT_FAILED_PROBES);
    }
    assert_string_equal(word(t, 7, 39), "failed");
    verdict_free(v);
    tally_free(t);
}

/* ---- words and gaps ------------------------------------------------------------ */

static void each_pair_gets_its_word(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(6);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 6, false);
    f.path[0][1] = 0.5;
    f.path[1][2] = f.path[2][1] = 0.5;
    f.path[3][2] = 0.5;
    f.path[4][5] = 0;
    f.members[5].why.code = FAIL_NONE;
    v = validate(&f, t);
    assert_string_equal(word(t, 0, 1), "slow-a-to-b");
    assert_string_equal(word(t, 1, 2), "slow");
    assert_string_equal(word(t, 2, 3), "slow-b-to-a");
    assert_string_equal(word(t, 4, 5), "failed");
    assert_string_equal(word(t, 0, 5), "ok");
    assert_int_equal(v->pairs, 15);
    assert_int_equal(v->measured, 15);
    assert_int_equal(v->bad, 4);
    verdict_free(v);
    tally_free(t);
}

static void who_was_not_there_is_said_with_the_pairs_it_costs(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(5);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 5, false);
    f.members[3].joined = f.members[4].joined = false;
    fail_set(&f.members[3].why, FAIL_NO_HCA, "no RDMA device");
    f.members[4].why = f.members[3].why;
    v = validate(&f, t);
    assert_int_equal(v->findings.count, 1);
    assert_int_equal(v->findings.list[0].kind, FINDING_UNREACHABLE);
    assert_string_equal(v->findings.list[0].text,
                        "ib[4-5] did not take part: no RDMA device");
    assert_non_null(strstr(v->findings.list[0].advice, "ibfleet rollout"));
    assert_string_equal(word(t, 0, 4), "not-measured");
    assert_int_equal(v->not_tested_count, 1);
    assert_string_equal(v->not_tested[0], "7 pairs: one of the two did not take part");
    verdict_free(v);
    tally_free(t);
}

static void islands_are_named_and_never_paired(void **state)
{
    struct fabric f;
    struct tally *t = tally_new(6);
    struct verdict *v;

    (void)state;
    make_fabric(&f, 6, false);
    f.members[0].endpoint.pkey = 0x8002;
    f.members[4].endpoint.pkey = 0x0001; /* limited member of the same partition */
    v = validate(&f, t);
    assert_int_equal(v->findings.count, 1);
    assert_string_equal(
        v->findings.list[0].text,
        "ib1 cannot talk to the others: partition 0x0002, theirs is 0x0001");
    assert_string_equal(word(t, 0, 1), "not-measured");
    assert_string_equal(word(t, 3, 4), "ok");
    assert_string_equal(v->not_tested[0], "5 pairs: cannot talk by their configuration");
    verdict_free(v);
    tally_free(t);
}

static void what_differs_without_parting_is_named_too(void **state)
{
    struct fabric f;

    (void)state;
    make_fabric(&f, 4, false);
    f.members[1].endpoint.mtu_bytes = 2048;
    expect(&f, "config none both ib2");
    make_fabric(&f, 4, false);
    f.members[2].endpoint.rate_gbps = 100; /* trained down: as good as that can be */
    f.send[2] = f.receive[2] = 0.5;
    expect(&f, "config none both ib3");
    make_fabric(&f, 4, false);
    f.members[1].endpoint.pkey = f.members[3].endpoint.pkey = 0x0001;
    expect(&f, "config none both ib2 ib4");
    make_fabric(&f, 4, false);
    f.members[2].endpoint.gid[7] = 1;
    expect(&f, "config none both ib3");
}

/* perftest reaches these on a good link (400G RoCE: 392.1 was measured). */
static void the_ceiling_is_what_the_headers_leave(void **state)
{
    struct fabric f;
    double lid, grh, roce;

    (void)state;
    make_fabric(&f, 2, false);
    f.members[0].endpoint.rate_gbps = f.members[1].endpoint.rate_gbps = 400;
    lid = capacity_ceiling_gbps(&f.members[0], &f.members[1]);
    f.members[1].endpoint.lid = 0;
    grh = capacity_ceiling_gbps(&f.members[0], &f.members[1]);
    f.members[0].endpoint.ethernet = f.members[1].endpoint.ethernet = true;
    roce = capacity_ceiling_gbps(&f.members[0], &f.members[1]);
    assert_true(fabs(lid - 397.5) < 0.05);
    assert_true(fabs(grh - 393.7) < 0.05);
    assert_true(fabs(roce - 392.1) < 0.06);
    f.members[1].endpoint.soft = true;
    assert_true(capacity_ceiling_gbps(&f.members[0], &f.members[1]) <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slow_node_is_named_and_not_its_partners),
        cmocka_unit_test(one_slow_direction_of_a_node_is_told_apart),
        cmocka_unit_test(a_cut_pair_is_the_path_not_a_node),
        cmocka_unit_test(a_slow_path_is_named_with_its_direction),
        cmocka_unit_test(a_node_dead_on_the_fabric_is_named),
        cmocka_unit_test(two_bad_nodes_of_four_are_both_named),
        cmocka_unit_test(a_late_node_and_a_late_path_are_named),
        cmocka_unit_test(with_two_nodes_either_or_the_path_is_to_blame),
        cmocka_unit_test(all_below_the_ceiling_accuses_nobody_alone),
        cmocka_unit_test(a_star_of_slow_pairs_is_a_suspicion_of_its_middle),
        cmocka_unit_test(what_is_said_of_all_is_what_they_show),
        cmocka_unit_test(who_is_bad_itself_bears_no_witness),
        cmocka_unit_test(a_slow_node_is_found_whatever_pairs_are_missing),
        cmocka_unit_test(below_the_ceiling_alone_is_enough),
        cmocka_unit_test(noise_accuses_nobody_over_1000_seeds),
        cmocka_unit_test(what_recovers_alone_is_told_and_held_against_nobody),
        cmocka_unit_test(a_host_that_slows_down_accuses_nobody),
        cmocka_unit_test(a_suspicion_is_not_proved_before_it_is_measured_alone),
        cmocka_unit_test(one_bad_node_costs_a_few_probes_only),
        cmocka_unit_test(each_pair_gets_its_word),
        cmocka_unit_test(who_was_not_there_is_said_with_the_pairs_it_costs),
        cmocka_unit_test(islands_are_named_and_never_paired),
        cmocka_unit_test(what_differs_without_parting_is_named_too),
        cmocka_unit_test(the_ceiling_is_what_the_headers_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
