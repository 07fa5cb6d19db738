#include "controller/fabric/alike.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/capacity.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/grid.h"
#include "controller/fabric/member.h"
#include "protocol/fail.h"

#define NUMBERS_ROOM 120

/* The low pairs that are no worse than usual, and who is in all of them. */
struct low {
    unsigned pairs;
    size_t common[2], common_count;
    bool whole; /* nobody is better or worse */
    double best_gbps;
};

static bool is_low(const struct grid *g, size_t from, size_t to)
{
    return grid_is(g, from, to, CELL_LOW) && !grid_is(g, from, to, CELL_BAD);
}

static void meet_common(struct low *low, size_t a, size_t b)
{
    size_t kept = 0;

    if (low->pairs++ == 0) {
        low->common[0] = a;
        low->common[1] = b;
        low->common_count = 2;
        return;
    }
    for (size_t i = 0; i < low->common_count; i++)
        if (low->common[i] == a || low->common[i] == b)
            low->common[kept++] = low->common[i];
    low->common_count = kept;
}

static struct low find_low(const struct member *members, const struct grid *g)
{
    struct low low = {.whole = true};

    for (size_t a = 0; a < g->n; a++)
        for (size_t b = a + 1; b < g->n; b++) {
            double scale = capacity_scale_gbps(&members[a], &members[b]);

            if (!grid_is(g, a, b, CELL_TESTED) && !grid_is(g, b, a, CELL_TESTED))
                continue;
            low.whole &= is_low(g, a, b) && is_low(g, b, a);
            if (!is_low(g, a, b) && !is_low(g, b, a))
                continue;
            meet_common(&low, a, b);
            low.best_gbps = fmax(low.best_gbps, g->center * scale);
        }
    return low;
}

static int write_text(const struct member *members, const struct low *low,
                      const char *numbers, struct finding *f)
{
    const char *a = low->common_count ? members[low->common[0]].name : "";
    const char *b = low->common_count > 1 ? members[low->common[1]].name : "";

    if (low->common_count > 1)
        return asprintf(&f->text,
                        "%s and %s stay below what the link carries: %s; it is %s, %s or "
                        "the path, and no other pair tells which",
                        a, b, numbers, a, b);
    if (low->common_count == 1)
        return asprintf(&f->text,
                        "%s and its %u partners stay below what the link carries: %s; it "
                        "is %s or all of them, and no other pair tells which",
                        a, low->pairs, numbers, a);
    return asprintf(&f->text, "%s are alike and below what the link carries: %s",
                    low->whole ? "all" : "most", numbers);
}

static void name_common(const struct low *low, struct finding *f)
{
    f->kind = low->common_count > 1    ? FINDING_PAIR
              : low->common_count == 1 ? FINDING_NODE
                                       : FINDING_FLEET;
    f->proved = low->common_count == 0;
    f->who_count = low->common_count;
    if (f->who_count)
        f->who = malloc(f->who_count * sizeof *f->who);
    if (f->who)
        memcpy(f->who, low->common, f->who_count * sizeof *f->who);
}

int alike_tell(const struct member *members, const struct grid *g, double share,
               struct findings *findings, struct fail *why)
{
    struct low low = find_low(members, g);
    struct finding f = {.symptom = SYMPTOM_SLOW,
                        .measured = low.best_gbps,
                        .expected = low.best_gbps * share / g->reach,
                        .bad = low.pairs,
                        .tested = low.pairs};
    char numbers[NUMBERS_ROOM];

    if (!g->all_low || !low.pairs)
        return 0;
    name_common(&low, &f);
    /* rounded down: 96.9 % is not "97 %, at least 97 % is usual" */
    snprintf(numbers, sizeof numbers,
             "%.1f Gb/s, %.0f %% of the payload ceiling, at least %.0f %% is usual",
             f.measured, floor(100 * g->reach), 100 * share);
    f.advice = strdup(low.common_count
                          ? "measure them with more nodes: that tells the node from all"
                          : "no single node is to blame: look at PCIe width, power "
                            "profile, relaxed ordering, IOMMU and MTU of all");
    if (write_text(members, &low, numbers, &f) < 0)
        f.text = NULL;
    return findings_add(findings, &f, why);
}
