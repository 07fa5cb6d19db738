#include "controller/validate/retelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/screen/color.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/validate/headline.h"
#include "controller/validate/saying.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct retelling {
    const char *node;     /* NULL: all of them */
    struct json *summary; /* NULL: the run has not come to its end */
    struct headline head; /* of the summary                        */
    struct json *findings, *pairs;
    size_t most_pairs, listed, unlisted;
};

/* ---- reading ----------------------------------------------------------------------- */

/* What the journal holds is ours: when it makes no sense, no node is to blame. */
static int parse(const char *text, struct json **doc, struct fail *why)
{
    struct fail garbled;

    if (json_parse(text, strlen(text), doc, &garbled) == 0)
        return 0;
    return fail_set(why, FAIL_STATE, "the journal makes no sense: %s", garbled.text);
}

static int keep_summary(void *arg, const struct history_run *run, struct fail *why)
{
    struct retelling *r = arg;
    struct fail garbled;

    if (!run->summary)
        return 0;
    if (parse(run->summary, &r->summary, why) < 0)
        return -1;
    if (headline_decode(r->summary, &r->head, &garbled) == 0)
        return 0;
    return fail_set(why, FAIL_STATE, "the journal makes no sense: %s", garbled.text);
}

static int keep_finding(void *arg, const char *whole, struct fail *why)
{
    struct retelling *r = arg;
    struct json *finding;

    if (parse(whole, &finding, why) < 0)
        return -1;
    return json_push(r->findings, finding) < 0 ? fail_memory(why) : 0;
}

static int keep_pair(void *arg, const struct history_pair *p, struct fail *why)
{
    struct retelling *r = arg;
    struct json *pair;

    if (r->listed == r->most_pairs) {
        r->unlisted++;
        return 0;
    }
    r->listed++;
    if (parse(p->numbers, &pair, why) < 0)
        return -1;
    if (json_put_text(pair, "a", p->a) == 0 && json_put_text(pair, "b", p->b) == 0 &&
        json_put_text(pair, "rail", p->rail) == 0 &&
        json_put_text(pair, "verdict", p->verdict) == 0 &&
        json_put_text(pair, "reason", *p->reason ? p->reason : NULL) == 0)
        return json_push(r->pairs, pair) < 0 ? fail_memory(why) : 0;
    json_free(pair);
    return fail_memory(why);
}

static int read_all(struct retelling *r, struct history *h, const char *run,
                    struct fail *why)
{
    if (!r->findings || !r->pairs)
        return fail_memory(why);
    return history_run(h, run, keep_summary, r, why) < 0 ||
                   history_findings(h, run, r->node, keep_finding, r, why) < 0 ||
                   history_pairs(h, run, r->node, keep_pair, r, why) < 0
               ? -1
               : 0;
}

int retelling_read(struct history *h, const char *run, const char *node,
                   size_t most_pairs, struct retelling **r, struct fail *why)
{
    struct retelling *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->node = node;
    made->most_pairs = most_pairs;
    made->findings = json_array();
    made->pairs = json_array();
    if (read_all(made, h, run, why) < 0) {
        retelling_free(made);
        return -1;
    }
    *r = made;
    return 0;
}

void retelling_free(struct retelling *r)
{
    if (!r)
        return;
    json_free(r->summary);
    json_free(r->findings);
    json_free(r->pairs);
    free(r);
}

/* ---- findings and gaps ------------------------------------------------------------- */

static const char *text_in(const struct json *doc, const char *key)
{
    const char *text = json_text_of(json_find(doc, key));

    return text ? text : "";
}

static void put_findings(const struct retelling *r, size_t width, bool color,
                         struct text *text)
{
    if (json_count(r->findings))
        text_add(text, "\n");
    for (const struct json *f = json_first(r->findings); f; f = json_next(f))
        saying_finding(strcmp(text_in(f, "kind"), "passing") != 0, text_in(f, "text"),
                       text_in(f, "advice"), width, color, text);
    if (!r->node)
        saying_unsaid(r->head.unsaid, text);
}

static void put_gaps(const struct retelling *r, size_t width, struct text *text)
{
    const struct json *gaps = json_find(r->summary, "not_tested");

    if (json_count(gaps))
        saying_gap_heading(text);
    for (const struct json *gap = json_first(gaps); gap; gap = json_next(gap))
        saying_gap(json_text_of(gap) ? json_text_of(gap) : "", width, text);
}

/* ---- pairs ------------------------------------------------------------------------- */

static void put_number(struct table *t, const struct json *numbers, const char *key,
                       double usual)
{
    double value;

    if (!numbers || json_get_real(numbers, key, &value, NULL) < 0)
        table_cell(t, "-");
    else
        table_cell(t, "%.*f", headline_decimals(isnan(usual) ? value : usual), value);
}

/* "slow-a-to-b", where the table has no a and b. */
static const char *seen_by(const char *verdict, bool is_a)
{
    bool there = strcmp(verdict, "slow-a-to-b") == 0;

    if (!there && strcmp(verdict, "slow-b-to-a") != 0)
        return verdict;
    return there == is_a ? "slow-to" : "slow-from";
}

static void put_pair(const struct retelling *r, const struct json *p, struct table *t)
{
    const struct json *gbps = json_find(p, "bandwidth_gbps");
    const char *a = text_in(p, "a"), *b = text_in(p, "b");
    const char *verdict = text_in(p, "verdict");
    bool is_a = !r->node || strcmp(a, r->node) == 0;

    table_row(t, strcmp(verdict, "ok") == 0 ? COLOR_PLAIN : COLOR_BAD);
    if (!r->node)
        table_cell(t, "%s", a);
    table_cell(t, "%s", is_a ? b : a);
    put_number(t, json_find(p, "latency_us"), "p50", r->head.usual_us);
    put_number(t, gbps, is_a ? "a_to_b" : "b_to_a", r->head.usual_gbps);
    put_number(t, gbps, is_a ? "b_to_a" : "a_to_b", r->head.usual_gbps);
    table_cell(t, "%s", r->node ? seen_by(verdict, is_a) : verdict);
    table_cell(t, "%s", text_in(p, "reason"));
}

static void put_rest(const struct retelling *r, struct text *text)
{
    const char *listed = text_in(r->summary, "pairs_listed");

    if (r->unlisted)
        text_add(text, "%zu more, see --json\n", r->unlisted);
    if (strcmp(listed, "some-not-ok") == 0)
        text_add(text, "too many pairs are not ok to record them all\n");
    else if (r->node && strcmp(listed, "not-ok") == 0)
        text_add(text, "of so many pairs only those that are not ok are recorded\n");
}

static void put_pairs(const struct retelling *r, size_t width, bool color,
                      struct text *text)
{
    CLEANUP(table_done)
    struct table *t =
        table_new(r->node ? "PARTNER|>US|>GB/S TO|>GB/S FROM|VERDICT|~REASON"
                          : "A|B|>US|>GB/S A-B|>GB/S B-A|VERDICT|~REASON");

    if (!t) {
        text->cut = true;
        return;
    }
    for (const struct json *p = json_first(r->pairs); p; p = json_next(p))
        put_pair(r, p, t);
    if (table_rows(t)) {
        text_add(text, "\n%s; US is half a write ping-pong, median\n",
                 r->node ? "Its pairs" : "Pairs that are not ok");
        table_render(t, width, color, text);
    }
    put_rest(r, text);
}

void retelling_render(const struct retelling *r, size_t width, bool color,
                      struct text *text)
{
    if (!r->summary) {
        text_add(text, "nothing is recorded before it ends\n");
        return;
    }
    headline_render(&r->head, width, color, text);
    put_findings(r, width, color, text);
    put_pairs(r, width, color, text);
    if (!r->node)
        put_gaps(r, width, text);
}

/* ---- for scripts ------------------------------------------------------------------- */

/* json_put() takes what it is given also when it fails. */
int retelling_put(struct retelling *r, struct json *doc, struct fail *why)
{
    int bad = r->summary ? json_put(doc, "summary", r->summary)
                         : json_put_text(doc, "summary", NULL);

    bad |= json_put(doc, "findings", r->findings);
    bad |= json_put(doc, "pairs", r->pairs);
    bad |= json_put_int(doc, "pairs_unlisted", (int64_t)r->unlisted);
    r->summary = r->findings = r->pairs = NULL;
    return bad ? fail_memory(why) : 0;
}
