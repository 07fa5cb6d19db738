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
#include "protocol/json.h"
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

void headline_usual(double usual_gbps, double usual_us, struct text *text)
{
    if (!isnan(usual_gbps) && !isnan(usual_us))
        text_add(text, "; usual is %.*f Gb/s each way and %.*f us",
                 headline_decimals(usual_gbps), usual_gbps, headline_decimals(usual_us),
                 usual_us);
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
    if (h->measured > h->bad)
        headline_usual(h->usual_gbps, h->usual_us, &line);
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

/* ---- for the journal ----------------------------------------------------------- */

struct json *headline_encode(const struct headline *h)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "verdict", h->good ? "good" : "bad") == 0 &&
        json_put_int(doc, "pairs", (int64_t)h->pairs) == 0 &&
        json_put_int(doc, "measured", (int64_t)h->measured) == 0 &&
        json_put_int(doc, "not_ok", (int64_t)h->bad) == 0 &&
        json_put_real(doc, "usual_gbps", h->usual_gbps) == 0 &&
        json_put_real(doc, "usual_us", h->usual_us) == 0 &&
        json_put_real(doc, "seconds", h->seconds) == 0 &&
        json_put_flag(doc, "soft", h->soft) == 0 &&
        json_put_text(doc, "ended_early", h->ended_early) == 0 &&
        json_put_int(doc, "findings_unlisted", (int64_t)h->unsaid) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int get_count(const struct json *doc, const char *key, size_t *count,
                     struct fail *why)
{
    int64_t value;

    if (json_get_int(doc, key, 0, INT32_MAX, &value, why) < 0)
        return -1;
    *count = (size_t)value;
    return 0;
}

static int get_usual(const struct json *doc, const char *key, double *usual,
                     struct fail *why)
{
    *usual = NAN;
    return json_find(doc, key) ? json_get_real(doc, key, usual, why) : 0;
}

int headline_decode(const struct json *doc, struct headline *h, struct fail *why)
{
    struct headline made = {0};
    const char *verdict;

    if (json_get_text(doc, "verdict", &verdict, why) < 0 ||
        get_count(doc, "pairs", &made.pairs, why) < 0 ||
        get_count(doc, "measured", &made.measured, why) < 0 ||
        get_count(doc, "not_ok", &made.bad, why) < 0 ||
        get_usual(doc, "usual_gbps", &made.usual_gbps, why) < 0 ||
        get_usual(doc, "usual_us", &made.usual_us, why) < 0 ||
        json_get_real(doc, "seconds", &made.seconds, why) < 0 ||
        json_get_flag(doc, "soft", &made.soft, why) < 0 ||
        get_count(doc, "findings_unlisted", &made.unsaid, why) < 0)
        return -1;
    made.good = strcmp(verdict, "good") == 0;
    made.ended_early = json_text_of(json_find(doc, "ended_early"));
    *h = made;
    return 0;
}
