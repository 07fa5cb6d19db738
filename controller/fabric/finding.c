#include "controller/fabric/finding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/member.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"

static void clear(struct finding *f)
{
    free(f->who);
    free(f->text);
    free(f->advice);
}

int findings_add(struct findings *all, struct finding *f, struct fail *why)
{
    struct finding *grown;

    if (!f->text || !f->advice || (f->who_count && !f->who)) {
        clear(f);
        return fail_memory(why);
    }
    if (all->count == FINDINGS_MAX) {
        all->unsaid++;
        clear(f);
        return 0;
    }
    grown = reallocarray(all->list, all->count + 1, sizeof *grown);
    if (!grown) {
        clear(f);
        return fail_memory(why);
    }
    all->list = grown;
    all->list[all->count++] = *f;
    return 0;
}

void findings_clear(struct findings *all)
{
    for (size_t i = 0; i < all->count; i++)
        clear(&all->list[i]);
    free(all->list);
    *all = (struct findings){0};
}

/* How far from what was expected, as a factor of at least 1. */
static double severity(const struct finding *f)
{
    double factor = f->measured / f->expected;

    if (f->symptom == SYMPTOM_FAILED)
        return INFINITY;
    if (isnan(factor) || factor <= 0)
        return 1;
    return factor < 1 ? 1 / factor : factor;
}

static int by_conviction(const void *a, const void *b)
{
    const struct finding *f = a, *g = b;
    double d = severity(g) - severity(f);

    if (f->kind != g->kind)
        return (int)f->kind - (int)g->kind;
    if (f->proved != g->proved)
        return f->proved ? -1 : 1;
    if (d > 0 || d < 0)
        return d > 0 ? 1 : -1;
    return f->who_count && g->who_count
               ? (f->who[0] > g->who[0]) - (f->who[0] < g->who[0])
               : 0;
}

void findings_sort(struct findings *all)
{
    if (all->count)
        qsort(all->list, all->count, sizeof *all->list, by_conviction);
}

size_t findings_grave(const struct findings *all)
{
    size_t grave = all->unsaid;

    for (size_t i = 0; i < all->count; i++)
        grave += all->list[i].kind != FINDING_PASSING;
    return grave;
}

char *finding_names(const struct member *members, const size_t *who, size_t count)
{
    struct hostset *set = hostset_new();
    char *text = NULL;
    bool whole = set != NULL;

    for (size_t i = 0; whole && i < count; i++)
        whole = hostset_add(set, members[who[i]].name, NULL) == 0;
    if (whole)
        text = hostset_fold(set);
    hostset_free(set);
    return text;
}

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {
        [FINDING_CONFIG] = "config", [FINDING_UNREACHABLE] = "unreachable",
        [FINDING_NODE] = "node",     [FINDING_PAIR] = "pair",
        [FINDING_FLEET] = "fleet",   [FINDING_PASSING] = "passing",
    };

    return names[kind];
}

const char *finding_symptom_name(enum symptom symptom)
{
    static const char *const names[] = {
        [SYMPTOM_NONE] = "none",
        [SYMPTOM_FAILED] = "failed",
        [SYMPTOM_SLOW] = "slow",
        [SYMPTOM_LATE] = "high-latency",
    };

    return names[symptom];
}

const char *finding_side_name(enum side side)
{
    static const char *const names[] = {
        [SIDE_BOTH] = "both",
        [SIDE_SENDING] = "sending",
        [SIDE_RECEIVING] = "receiving",
    };

    return names[side];
}
