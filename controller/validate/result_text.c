#include <math.h>
#include <stdlib.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/screen/color.h"
#include "controller/screen/matrix.h"
#include "controller/screen/text.h"
#include "controller/validate/headline.h"
#include "controller/validate/result.h"
#include "controller/validate/saying.h"

bool result_is_good(const struct result *r)
{
    return r->verdict->measured > 0 && r->verdict->bad == 0 && !r->why &&
           findings_grave(&r->verdict->findings) == 0;
}

/* ---- findings ---------------------------------------------------------------------- */

static void put_findings(const struct result *r, size_t width, bool color,
                         struct text *text)
{
    const struct findings *all = &r->verdict->findings;

    if (all->count)
        text_add(text, "\n");
    for (size_t i = 0; i < all->count; i++) {
        const struct finding *f = &all->list[i];

        saying_finding(f->kind != FINDING_PASSING, f->text, f->advice, width, color,
                       text);
    }
    saying_unsaid(all->unsaid, text);
}

static void put_gaps(const struct result *r, size_t width, struct text *text)
{
    const struct verdict *v = r->verdict;

    if (v->not_tested_count)
        saying_gap_heading(text);
    for (size_t i = 0; i < v->not_tested_count; i++)
        saying_gap(v->not_tested[i], width, text);
}

/* ---- squares ----------------------------------------------------------------------- */

struct square {
    struct matrix m;
    const char **names;
    double *values;
    bool *marked;
};

static void clear_square(struct square *s)
{
    free(s->names);
    free(s->values);
    free(s->marked);
}

static double value_of(const struct tally_pair *p, double measured)
{
    if (p->word == WORD_FAILED)
        return MATRIX_FAILED;
    return isnan(measured) ? MATRIX_NOT_MEASURED : measured;
}

static bool is_slow(const struct tally_pair *p, bool there)
{
    return p->word == WORD_SLOW || p->word == WORD_FAILED ||
           p->word == (there ? WORD_SLOW_A_TO_B : WORD_SLOW_B_TO_A);
}

static void fill_cell(const struct result *r, struct square *s, size_t i, size_t j)
{
    const struct tally_pair *p = tally_pair(r->tally, i, j);
    size_t cell = i * r->n + j;

    if (s->m.high_is_bad) {
        s->values[cell] = value_of(p, p->latency.samples ? p->latency.p50_us : NAN);
        s->marked[cell] = p->word == WORD_HIGH_LATENCY || p->word == WORD_FAILED;
    } else {
        s->values[cell] = value_of(p, tally_gbps(r->tally, i, j));
        s->marked[cell] = is_slow(p, i < j);
    }
}

static bool fill_square(const struct result *r, struct square *s)
{
    s->names = calloc(r->n + 1, sizeof *s->names);
    s->values = calloc(r->n * r->n + 1, sizeof *s->values);
    s->marked = calloc(r->n * r->n + 1, sizeof *s->marked);
    if (!s->names || !s->values || !s->marked)
        return false;
    for (size_t i = 0; i < r->n; i++)
        s->names[i] = r->members[i].name;
    for (size_t i = 0; i < r->n; i++)
        for (size_t j = 0; j < r->n; j++)
            if (i != j)
                fill_cell(r, s, i, j);
    s->m.names = s->names;
    s->m.count = r->n;
    s->m.values = s->values;
    s->m.marked = s->marked;
    return true;
}

static void put_square(const struct result *r, const char *title, bool high_is_bad,
                       int decimals, size_t width, bool color, struct text *text)
{
    struct square s = {
        .m = {.title = title, .high_is_bad = high_is_bad, .decimals = decimals}};

    text_add(text, "\n");
    if (fill_square(r, &s))
        matrix_render(&s.m, width, color, text);
    else
        text->cut = true;
    clear_square(&s);
}

void result_render(const struct result *r, size_t width, bool color, struct text *text)
{
    const struct verdict *v = r->verdict;
    struct headline head = headline_of(r);

    if (width && width < SAYING_NARROWEST)
        width = SAYING_NARROWEST;
    headline_render(&head, width, color, text);
    put_findings(r, width, color, text);
    if (v->measured) {
        put_square(r, "Bandwidth, Gb/s of payload, from row to column", false,
                   headline_decimals(v->usual_gbps), width, color, text);
        put_square(r, "Latency, us, half a write ping-pong, median", true,
                   headline_decimals(v->usual_us), width, color, text);
    }
    put_gaps(r, width, text);
}
