#include "controller/validate/headline.h"

#include <math.h>
#include <string.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/screen/color.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "controller/validate/result.h"
#include "controller/validate/saying.h"
#include "protocol/scope.h"

static bool is_soft(const struct result *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->members[i].joined && r->members[i].endpoint.soft)
            return true;
    return false;
}

struct headline headline_of(const struct result *r)
{
    const struct verdict *v = r->verdict;

    return (struct headline){
        .good = result_is_good(r),
        .pairs = v->pairs,
        .measured = v->measured,
        .bad = v->bad,
        .usual_gbps = v->usual_gbps,
        .usual_us = v->usual_us,
        .seconds = r->seconds,
        .soft = is_soft(r),
        .ended_early = r->why ? r->why->text : NULL,
        .unsaid = v->findings.unsaid,
    };
}

/* ---- for people ---------------------------------------------------------------- */

int headline_decimals(double usual)
{
    return usual < 1 ? 3 : usual < 10 ? 2 : 0;
}

void headline_render(const struct headline *h, size_t width, bool color,
                     struct text *text)
{
    CLEANUP(text_clear) struct text line = {0};
    const char *word = h->good ? "GOOD" : h->measured ? "BAD " : "NOT MEASURED";

    if (width && width < SAYING_NARROWEST)
        width = SAYING_NARROWEST;
    text_add(&line, "%zu of %zu pairs measured in %.0f s; ", h->measured, h->pairs,
             h->seconds);
    if (h->bad)
        text_add(&line, "%zu of them not ok", h->bad);
    else
        text_add(&line, h->measured ? "all of them ok" : "nothing can be said");
    if (h->measured > h->bad && !isnan(h->usual_gbps) && !isnan(h->usual_us))
        text_add(&line, "; usual is %.*f Gb/s each way and %.*f us",
                 headline_decimals(h->usual_gbps), h->usual_gbps,
                 headline_decimals(h->usual_us), h->usual_us);
    text_add(text, "%s%s%s  ", color_of(h->good ? COLOR_GOOD : COLOR_BAD, color), word,
             color_of(COLOR_PLAIN, color));
    wrap_add(text, text_of(&line), strlen(word) + 2, width);
    if (h->ended_early)
        saying_add("      ended early: ", h->ended_early, width, text);
    if (h->soft)
        saying_add("      ",
                   "Soft-RoCE: the numbers tell who differs, not what a fabric can do",
                   width, text);
}
