#include "controller/report/report.h"

#include <stdio.h>
#include <string.h>

#include "controller/report/chronicle.h"
#include "controller/report/html.h"
#include "controller/report/mishaps.h"
#include "controller/report/report_parts.h"
#include "controller/report/shade.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/past.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* report.css, as it is; the Makefile rebuilds us when it changes. */
extern const char report_css[];
__asm__(".pushsection .rodata\n"
        "report_css: .incbin \"controller/report/report.css\"\n"
        ".byte 0\n"
        ".popsection\n");

/* ---- words ------------------------------------------------------------------------------ */

void report_add_span(struct text *page, double seconds)
{
    long long s = (long long)(seconds + 0.5);

    if (seconds < 9.95)
        text_add(page, "%.1f\302\240s", seconds);
    else if (s < 60)
        text_add(page, "%lld\302\240s", s);
    else if (s < 3600)
        text_add(page, "%lld\302\240min\302\240%02lld\302\240s", s / 60, s % 60);
    else
        text_add(page, "%lld\302\240h\302\240%02lld\302\240min", s / 3600, s / 60 % 60);
}

void report_add_time(struct text *page, int64_t at_ms)
{
    char at[PAST_TIME_BYTES];

    past_format_time(at_ms, at);
    text_add(page, "%s", at);
}

void report_add_number(struct text *page, size_t number)
{
    if (number >= 1000) {
        report_add_number(page, number / 1000);
        text_add(page, ",%03zu", number % 1000);
    } else {
        text_add(page, "%zu", number);
    }
}

void report_add_count(struct text *page, size_t count, const char *noun)
{
    report_add_number(page, count);
    text_add(page, " %s%s", noun, count == 1 ? "" : "s");
}

/* ---- the verdict ------------------------------------------------------------------------ */

static bool is_state(const struct report *r, const char *word)
{
    return strcmp(r->run.state, word) == 0;
}

/* "51 of 60 nodes are as wanted" */
static void add_well(const struct report *r, struct text *page)
{
    if (r->well == r->nodes) {
        text_add(page, r->nodes == 1 ? "the only node is as wanted" : "all ");
        if (r->nodes != 1)
            report_add_count(page, r->nodes, "node");
        text_add(page, r->nodes == 1 ? "" : " are as wanted");
        return;
    }
    report_add_number(page, r->well);
    text_add(page, " of ");
    report_add_count(page, r->nodes, "node");
    text_add(page, " %s as wanted", r->well == 1 ? "is" : "are");
}

static void add_verdict(const struct report *r, struct text *page)
{
    size_t failed = mishaps_nodes(r->failed);

    text_add(page, "%s",
             r->run.is_live           ? "Under way: "
             : r->run.is_open         ? "Cut off: "
             : is_state(r, "stopped") ? "Stopped: "
             : is_state(r, "paused")  ? "Paused: "
             : failed                 ? "Ended with failures: "
                                      : "Done: ");
    if (!r->nodes) {
        text_add(page, "no node has been written down yet");
        return;
    }
    add_well(r, page);
    if (failed) {
        text_add(page, ", ");
        report_add_number(page, failed);
        text_add(page, " failed");
    }
    if (r->unfinished) {
        text_add(page, ", ");
        report_add_number(page, r->unfinished);
        text_add(page, r->run.is_live ? " to go" : " not finished");
    }
}

/* What the word before the verdict means. */
static void add_why(const struct report *r, struct text *page)
{
    const char *words = NULL;

    if (r->run.is_live)
        words =
            "A controller works on it; this page is how it stood when it was written.";
    else if (r->run.is_open)
        words = "Its controller is gone without a last word. What the nodes had begun "
                "goes on "
                "there; nothing new is begun until the run is taken up.";
    else if (is_state(r, "stopped") && mishaps_nodes(r->failed))
        words = "More nodes failed than its limits allow, so nothing new was begun.";
    else if (is_state(r, "stopped"))
        words = "It was ended before any node was changed.";
    else if (is_state(r, "paused"))
        words = "The operator has paused it. What the nodes had begun goes on there.";
    if (words)
        text_add(page, "<p class=\"lead\">%s</p>\n", words);
}

static const char *mood_of(const struct report *r)
{
    if (mishaps_nodes(r->failed) && !r->run.is_live)
        return "bad";
    return r->unfinished || r->run.is_open || !r->nodes ? "open" : "good";
}

/* ---- what to do next -------------------------------------------------------------------- */

static void add_step(struct text *page, const char *words, const char *command,
                     const char *run, const char *rest)
{
    text_add(page, "<li>%s<pre><code>ibfleet %s", words, command);
    html_add(page, run);
    text_add(page, "%s</code></pre></li>\n", rest);
}

static void add_next(const struct report *r, struct text *page)
{
    size_t failed = mishaps_nodes(r->failed);
    const char *run = r->run.id;

    text_add(page,
             "<section aria-labelledby=\"next\"><h2 id=\"next\">What to do next</h2>\n"
             "<ol class=\"next\">\n");
    if (r->run.is_live)
        add_step(page, "Look at it as it goes:", "status ", run, " --follow");
    else if (r->unfinished || r->run.is_open)
        add_step(page, "Go on with what is left:", "resume ", run, "");
    if (failed && !r->run.is_live)
        add_step(
            page,
            "When what failed is mended (below), try it again; what is done is not done "
            "twice:",
            "resume ", run, " --failed");
    if (failed)
        add_step(page, "See what those that failed have:", "probe @", run, ":failed");
    if (!r->run.is_live && r->well > 1)
        add_step(page, "Prove the fabric of those that are well:", "validate @", run,
                 ":well");
    text_add(page, "</ol></section>\n");
}

/* ---- how many --------------------------------------------------------------------------- */

struct tally {
    size_t counts[NODE_STATES];
};

static struct tally tally_of(const struct report *r)
{
    struct tally t = {0};

    for (size_t i = 0; i < r->nodes; i++)
        t.counts[chronicle_node(r->chronicle, i)->state]++;
    return t;
}

/* From well to not begun. */
static void add_bar(const struct report *r, const struct tally *t, struct text *page)
{
    double x = 0;

    text_add(page,
             "<svg class=\"share\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
             "aria-hidden=\"true\">");
    for (int shade = 0; shade < SHADES; shade++)
        for (int s = NODE_STATES - 1; s > 0; s--) {
            double width = 1000.0 * (double)t->counts[s] / (double)r->nodes;

            if (!t->counts[s] || (int)shade_of(s) != shade)
                continue;
            text_add(page,
                     "<rect class=\"s-%s\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>",
                     shade_name((enum shade)shade), x, width);
            x += width;
        }
    text_add(page, "</svg>\n");
}

static void add_tally(const struct report *r, struct text *page)
{
    struct tally t = tally_of(r);

    if (!r->nodes)
        return;
    add_bar(r, &t, page);
    text_add(page, "<ul class=\"tally\">");
    for (int s = NODE_STATES - 1; s > 0; s--) {
        if (!t.counts[s])
            continue;
        text_add(page, "<li title=\"%s\"><span class=\"swatch s-%s\"></span><b>",
                 node_state_meaning((enum node_state)s), shade_name(shade_of(s)));
        report_add_number(page, t.counts[s]);
        text_add(page, "</b> %s</li>", node_state_name((enum node_state)s));
    }
    text_add(page, "</ul>\n");
}

/* ---- the page --------------------------------------------------------------------------- */

static void add_took(const struct report *r, struct text *page)
{
    int64_t to_ms = r->run.ended_ms ? r->run.ended_ms : r->until_ms;
    int64_t from_ms = axis_from_ms(&r->axis);

    report_add_span(page, to_ms > from_ms ? (double)(to_ms - from_ms) / 1000 : 0);
}

static void add_head(const struct report *r, struct text *page)
{
    text_add(page,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
             "'none'; style-src 'unsafe-inline'\"/>\n<title>Rollout ");
    html_add(page, r->run.id);
    text_add(page, ": ");
    add_verdict(r, page);
    text_add(page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", report_css);
}

static void add_header(const struct report *r, struct text *page)
{
    text_add(page, "<header>\n<p class=\"over\">ibfleet rollout <b>");
    html_add(page, r->run.id);
    text_add(page, "</b></p>\n<h1 class=\"%s\">", mood_of(r));
    add_verdict(r, page);
    text_add(page, "</h1>\n");
    add_why(r, page);
    text_add(page, "<p class=\"dim\">Begun ");
    report_add_time(page, axis_from_ms(&r->axis));
    text_add(page, " by ");
    html_add(page, r->run.user);
    text_add(page, r->run.ended_ms ? ", took " : ", known for ");
    add_took(r, page);
    text_add(page,
             r->run.epoch > 1 ? ", taken up %u time%s; all times are UTC.</p>\n"
                              : "; all times are UTC.</p>\n",
             r->run.epoch - 1, r->run.epoch == 2 ? "" : "s");
    add_tally(r, page);
    text_add(page, "</header>\n<main>\n");
}

static void add_footer(const struct report *r, struct text *page)
{
    text_add(page, "</main>\n<footer>Written by ibfleet %s on ", IBFLEET_VERSION);
    report_add_time(page, r->now_ms);
    text_add(page,
             " UTC, from the journal of this rollout.</footer>\n</body>\n</html>\n");
}

int report_render(const struct report *r, struct text *page, struct fail *why)
{
    page->max_bytes = REPORT_MAX_BYTES;
    add_head(r, page);
    add_header(r, page);
    add_next(r, page);
    report_add_failures(r, page);
    report_add_timeline(r, page);
    report_add_spans(r, page);
    report_add_asked(r, page);
    report_add_nodes(r, page);
    add_footer(r, page);
    return text_is_cut(page) ? fail_memory(why) : 0;
}
