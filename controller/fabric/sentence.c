#include "controller/fabric/sentence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/capacity.h"
#include "controller/fabric/explain.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/grid.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "protocol/fail.h"

#define ROOM 600 /* bytes of a sentence: two names, a failure's text and the frame */

/* Three digits that count, never an exponent. */
static void put_number(char *text, size_t room, double value)
{
    snprintf(text, room, "%.*f",
             value >= 100  ? 0
             : value >= 10 ? 1
             : value >= 1  ? 2
                           : 3,
             value);
}

/* What the sentences are made of. */
struct phrase {
    const struct finding *f;
    const char *a, *b; /* names; the same twice for a node */
    const char *said;  /* by who failed                    */
    char numbers[120]; /* measured, and what is usual      */
};

/* Soft-RoCE's latency is judged by the fastest ping-pong (grid.h). */
static void put_numbers(struct phrase *p, bool soft)
{
    char measured[40], expected[40];

    put_number(measured, sizeof measured, p->f->measured);
    put_number(expected, sizeof expected, p->f->expected);
    if (p->f->symptom == SYMPTOM_SLOW)
        snprintf(p->numbers, sizeof p->numbers, "%s Gb/s, usual is %s", measured,
                 expected);
    else
        snprintf(p->numbers, sizeof p->numbers, "%s%s us, usual is %s",
                 soft ? "at best " : "", measured, expected);
}

static const char *seen_once(const struct finding *f)
{
    return f->proved ? "" : " (seen once, not measured again)";
}

/* ---- one node ---------------------------------------------------------------------- */

static const char *node_does(const struct finding *f)
{
    if (f->symptom == SYMPTOM_LATE)
        return "answers late to";
    if (f->side == SIDE_SENDING)
        return "sends slowly to";
    return f->side == SIDE_RECEIVING ? "receives slowly from" : "is slow with";
}

static void describe_node(const struct phrase *p, char *text, size_t room)
{
    const struct finding *f = p->f;

    if (f->symptom == SYMPTOM_FAILED)
        snprintf(text, room,
                 "%s reaches %s over the fabric: %u of %u partners failed (%s)%s", p->a,
                 f->bad == f->tested ? "nobody" : "few", f->bad, f->tested, p->said,
                 seen_once(f));
    else
        snprintf(text, room, "%s %s %u of %u partners: %s%s", p->a, node_does(f), f->bad,
                 f->tested, p->numbers, seen_once(f));
}

static const char *node_advice(const struct finding *f)
{
    switch (f->symptom) {
    case SYMPTOM_FAILED:
        return "keep jobs off it; look at its port, cable and HCA (ibstat, dmesg), then "
               "reset or replace it";
    case SYMPTOM_LATE:
        return "look for load, power saving or a wrong NUMA binding on it, then at its "
               "cable";
    default:
        return "keep jobs off it; compare its link width and rate, PCIe slot and error "
               "counters with a good node";
    }
}

/* ---- two nodes --------------------------------------------------------------------- */

static void describe_blame(const struct culprit *who, const char *a, const char *b,
                           char *text, size_t room)
{
    if (who->a_acquitted && who->b_acquitted)
        snprintf(text, room, "both are good with others, so it is the path between them");
    else if (who->a_acquitted)
        snprintf(text, room, "%s is good with others, so it is %s or the path", a, b);
    else if (who->b_acquitted)
        snprintf(text, room, "%s is good with others, so it is %s or the path", b, a);
    else
        snprintf(text, room, "it is %s, %s or the path: neither was good with anybody", a,
                 b);
}

static void describe_pair(const struct phrase *p, const struct culprit *who, char *text,
                          size_t room)
{
    const struct finding *f = p->f;
    const char *from = f->side == SIDE_RECEIVING ? p->b : p->a;
    const char *to = f->side == SIDE_RECEIVING ? p->a : p->b;
    char blame[200];

    describe_blame(who, p->a, p->b, blame, sizeof blame);
    if (f->symptom == SYMPTOM_FAILED)
        snprintf(text, room, "%s and %s do not reach each other (%s)%s; %s", p->a, p->b,
                 p->said, seen_once(f), blame);
    else if (f->symptom == SYMPTOM_LATE)
        snprintf(text, room, "%s and %s answer each other late: %s%s; %s", p->a, p->b,
                 p->numbers, seen_once(f), blame);
    else if (f->side == SIDE_BOTH)
        snprintf(text, room, "%s and %s are slow with each other: %s%s; %s", p->a, p->b,
                 p->numbers, seen_once(f), blame);
    else
        snprintf(text, room, "%s to %s is slow, the other way is not: %s%s; %s", from, to,
                 p->numbers, seen_once(f), blame);
}

static const char *pair_advice(const struct culprit *who)
{
    if (who->a_acquitted && who->b_acquitted)
        return "look at the switches and cables between them; jobs without this pair are "
               "not concerned";
    return "measure them with more nodes: that tells the node from the path";
}

/* ---- both -------------------------------------------------------------------------- */

/* What one of the failed pairs of the culprit said. */
static const char *words_of(const struct tally *t, const struct culprit *who)
{
    const struct tally_pair *p;

    if (who->b != CULPRIT_NOBODY) {
        p = tally_pair(t, who->a, who->b);
        return p->text ? p->text : "";
    }
    for (size_t j = 0; j < tally_size(t); j++) {
        p = j == who->a ? NULL : tally_pair(t, who->a, j);
        if (p && p->text && p->code != FAIL_PARTNER)
            return p->text;
    }
    return "no answer from it";
}

static void name_who(struct finding *f, const struct culprit *who)
{
    f->who_count = who->b == CULPRIT_NOBODY ? 1 : 2;
    f->who = calloc(f->who_count, sizeof *f->who);
    if (!f->who)
        return;
    f->who[0] = who->a;
    if (f->who_count == 2)
        f->who[1] = who->b;
}

int sentence_add(struct findings *all, const struct member *members,
                 const struct tally *t, const struct grid *g, const struct culprit *who,
                 double usual, struct fail *why)
{
    bool is_node = who->b == CULPRIT_NOBODY;
    const struct member *a = &members[who->a], *b = &members[is_node ? who->a : who->b];
    double scale = g->symptom == SYMPTOM_SLOW ? capacity_scale_gbps(a, b) : 1;
    struct finding f = {
        .kind = is_node ? FINDING_NODE : FINDING_PAIR,
        .symptom = g->symptom,
        .side = who->side,
        .proved = who->alone > 0,
        .measured = who->value * scale,
        .expected = usual * scale,
        .bad = who->bad,
        .tested = who->tested,
    };
    struct phrase p = {.f = &f, .a = a->name, .b = b->name, .said = words_of(t, who)};
    char text[ROOM];

    name_who(&f, who);
    put_numbers(&p, a->endpoint.soft || b->endpoint.soft);
    if (is_node)
        describe_node(&p, text, sizeof text);
    else
        describe_pair(&p, who, text, sizeof text);
    f.text = strdup(text);
    f.advice = strdup(is_node ? node_advice(&f) : pair_advice(who));
    return findings_add(all, &f, why);
}
