/* Bars are drawn 1000 wide and 100 high and stretched to where they stand, so that all words
 * are HTML and keep their size in a narrow window.
 */
#include <string.h>
#include <time.h>

#include "controller/report/chronicle.h"
#include "controller/report/html.h"
#include "controller/report/report_parts.h"
#include "controller/report/shade.h"
#include "controller/report/spans.h"
#include "controller/report/tide.h"
#include "controller/rollout/node_state.h"
#include "controller/screen/text.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* A chart of how many are where says nothing of fewer. */
#define TIDE_LEAST_NODES 8

/* So narrow that it is still seen. */
#define LEAST_X 1.5

/* The mark at the end of a road. */
#define CAP_X 6.0

#define SVG_OPEN "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\""

static const char *state_name(int state)
{
    return state == CHRONICLE_ALONE ? "without a controller"
                                    : node_state_name((enum node_state)state);
}

/* ---- time ------------------------------------------------------------------------------- */

/* "16:26", with seconds where they differ, with the day where that does. */
static void add_clock(struct text *page, int64_t at_ms, int64_t step_ms, bool with_day)
{
    time_t t = (time_t)(at_ms / 1000);
    char at[40];
    struct tm utc;

    if (!gmtime_r(&t, &utc))
        return;
    strftime(at, sizeof at, with_day ? "%d %b %H:%M" : "%H:%M", &utc);
    text_add(page, "%s", at);
    if (step_ms < 60000)
        text_add(page, ":%02d", utc.tm_sec);
}

static bool is_another_day(int64_t a_ms, int64_t b_ms)
{
    return a_ms / 86400000 != b_ms / 86400000;
}

static void add_ticks(const struct report *r, struct text *page)
{
    int64_t ticks_ms[AXIS_MAX_TICKS], step_ms, before_ms = axis_from_ms(&r->axis);
    size_t count = axis_ticks(&r->axis, ticks_ms, &step_ms);

    text_add(page, "<div class=\"ticks\">");
    for (size_t i = 0; i < count; i++) {
        text_add(page, "<span style=\"left:%.2f%%\">",
                 axis_x(&r->axis, ticks_ms[i]) / 10);
        add_clock(page, ticks_ms[i], step_ms, is_another_day(before_ms, ticks_ms[i]));
        text_add(page, "</span>");
        before_ms = ticks_ms[i];
    }
    text_add(page, "</div>");
}

/* What lies behind all bars: a line for each tick, and the breaks. */
static void add_grid(const struct report *r, struct text *page)
{
    int64_t ticks_ms[AXIS_MAX_TICKS], step_ms;
    size_t count = axis_ticks(&r->axis, ticks_ms, &step_ms);

    text_add(page, "<svg class=\"none\" aria-hidden=\"true\"><defs><g id=\"grid\">");
    for (size_t i = 0; i < r->axis.count; i++) {
        const struct axis_piece *p = &r->axis.pieces[i];

        if (p->is_break)
            text_add(page,
                     "<rect class=\"gap\" x=\"%.1f\" width=\"%.1f\" height=\"100\"/>",
                     p->from_x, p->to_x - p->from_x);
    }
    text_add(page, "<path class=\"grid\" d=\"");
    for (size_t i = 0; i < count; i++)
        text_add(page, "M%.1f 0V100", axis_x(&r->axis, ticks_ms[i]));
    text_add(page, "\"/></g></defs></svg>\n");
}

/* ---- the legend --------------------------------------------------------------------------- */

static void find_states(const struct report *r, bool seen[NODE_STATES])
{
    for (size_t i = 0; i < r->nodes; i++) {
        const struct chronicle_node *n = chronicle_node(r->chronicle, i);

        if (!n->stay_count)
            seen[n->state] = true;
        for (size_t k = 0; k < n->stay_count; k++)
            seen[n->stays[k].state] = true;
    }
}

static void add_legend(const struct report *r, struct text *page)
{
    bool seen[NODE_STATES] = {false};

    find_states(r, seen);
    text_add(page, "<ul class=\"legend\" aria-label=\"Colours\">");
    for (int s = 1; s <= NODE_STATES; s++) {
        int state = s % NODE_STATES; /* alone comes last */

        if (seen[state])
            text_add(page, "<li><span class=\"swatch s-%s\"></span>%s</li>",
                     shade_name(shade_of(state)), state_name(state));
    }
    if (r->axis.count > 1)
        text_add(page, "<li><span class=\"swatch gap\"></span>a pause, shortened</li>");
    text_add(page, "</ul>\n");
}

/* ---- how many are where -------------------------------------------------------------------- */

static void add_area(const struct tide *t, int shade, struct text *page)
{
    text_add(page, "<path class=\"s-%s\" d=\"M", shade_name((enum shade)shade));
    for (int pass = 0; pass < 2;
         pass++) /* along its upper edge, and back along the lower */
        for (size_t i = 0; i < TIDE_PARTS; i++) {
            size_t part = pass ? TIDE_PARTS - 1 - i : i;
            double below = 0, left = 1000.0 * (double)part / TIDE_PARTS, y;

            for (int s = 0; s < shade + !pass; s++)
                below += t->counts[part][s];
            y = 100 - 100 * below / t->nodes;
            text_add(page, "%s%g %.4gH%g", i || pass ? "L" : "",
                     pass ? left + 1000.0 / TIDE_PARTS : left, y,
                     pass ? left : left + 1000.0 / TIDE_PARTS);
        }
    text_add(page, "Z\"/>");
}

static bool has_shade(const struct tide *t, int shade)
{
    for (size_t part = 0; part < TIDE_PARTS; part++)
        if (t->counts[part][shade])
            return true;
    return false;
}

static void add_tide(const struct report *r, const size_t *nodes, size_t count,
                     const char *class, struct text *page)
{
    struct tide *t = calloc(1, sizeof *t);

    if (!t) {
        page->cut = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        tide_add(t, &r->axis, chronicle_node(r->chronicle, nodes[i]));
    text_add(page, SVG_OPEN " class=\"%s\" aria-hidden=\"true\">", class);
    for (int shade = 0; shade < SHADES; shade++)
        if (has_shade(t, shade))
            add_area(t, shade, page);
    text_add(page, "<use href=\"#grid\"/></svg>");
    free(t);
}

static void add_chart(const struct report *r, struct text *page)
{
    if (r->nodes < TIDE_LEAST_NODES)
        return;
    text_add(page,
             "<figure><figcaption>How many nodes were in which state</figcaption>"
             "<div class=\"chart\"><div class=\"levels\" aria-hidden=\"true\"><span>");
    report_add_number(page, r->nodes);
    text_add(page, "</span><span>");
    report_add_number(page, r->nodes / 2);
    text_add(page, "</span><span>0</span></div><div>");
    add_tide(r, r->order, r->nodes, "tide", page);
    add_ticks(r, page);
    text_add(page, "</div></div></figure>\n");
}

/* ---- one node ------------------------------------------------------------------------------ */

static int64_t stay_to_ms(const struct report *r, const struct chronicle_node *n,
                          size_t i)
{
    return i + 1 < n->stay_count ? n->stays[i + 1].from_ms : r->until_ms;
}

static double stay_s(const struct report *r, const struct chronicle_node *n, size_t i)
{
    int64_t ms = stay_to_ms(r, n, i) - n->stays[i].from_ms;

    return ms > 0 ? (double)ms / 1000 : 0;
}

static bool is_end(int state)
{
    return state != CHRONICLE_ALONE && state != NODE_PAUSED &&
           node_state_is_end((enum node_state)state);
}

/* What is waited through is a line, what is done a bar, an end a mark. */
static void add_stay(const struct report *r, const struct chronicle_node *n, size_t i,
                     struct text *page)
{
    int state = n->stays[i].state;
    enum shade shade = shade_of(state);
    double x = axis_x(&r->axis, n->stays[i].from_ms);
    double width = axis_x(&r->axis, stay_to_ms(r, n, i)) - x;
    bool is_bar = shade_is_busy(shade) || shade == SHADE_BAD || is_end(state);

    if (is_end(state))
        width = CAP_X;
    if (x + width > AXIS_WIDTH)
        x = AXIS_WIDTH - width;
    text_add(page,
             "<rect class=\"s-%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">",
             shade_name(shade), x, is_bar ? 10 : 44, width > LEAST_X ? width : LEAST_X,
             is_bar ? 80 : 12);
    text_add(page, "<title>%s", state_name(state));
    if (!is_end(state)) {
        text_add(page, " ");
        report_add_span(page, stay_s(r, n, i));
    }
    text_add(page, ", from ");
    add_clock(page, n->stays[i].from_ms, 0, false);
    text_add(page, "</title></rect>");
}

/* For who does not see it: "probing 4.2 s, installing 2 min 31 s, failed". */
static void add_road(const struct report *r, const struct chronicle_node *n,
                     struct text *page)
{
    for (size_t i = 0; i < n->stay_count; i++) {
        text_add(page, "%s%s", i ? ", " : "", state_name(n->stays[i].state));
        if (is_end(n->stays[i].state))
            continue;
        text_add(page, " ");
        report_add_span(page, stay_s(r, n, i));
    }
}

static void add_node_row(const struct report *r, size_t node, struct text *page)
{
    const struct chronicle_node *n = chronicle_node(r->chronicle, node);

    text_add(page, "<tr><th scope=\"row\">");
    html_add(page, n->name);
    text_add(page, "</th><td>" SVG_OPEN " class=\"bar\" role=\"img\" aria-label=\"");
    add_road(r, n, page);
    text_add(page, "\"><use href=\"#grid\"/>");
    for (size_t i = 0; i < n->stay_count; i++)
        add_stay(r, n, i, page);
    text_add(page, "</svg></td><td class=\"t-%s\">%s", shade_name(shade_of(n->state)),
             state_name(n->state));
    if (r->seconds[node] > 0) {
        text_add(page, " <span class=\"dim\">");
        report_add_span(page, r->seconds[node]);
        text_add(page, "</span>");
    }
    text_add(page, "</td></tr>\n");
}

/* ---- many nodes ---------------------------------------------------------------------------- */

static void add_hosts(const struct report *r, const struct timeline_row *row,
                      struct text *page)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *folded = NULL;

    for (size_t i = 0; set && i < row->count; i++)
        page->cut |=
            hostset_add(set, chronicle_node(r->chronicle, row->nodes[i])->name, NULL) < 0;
    folded = set ? hostset_fold(set) : NULL;
    html_add_hosts(page, folded ? folded : "?");
}

/* "probing, planned, installing, done" of all that went that way. */
static void add_course(const struct report *r, const struct timeline_row *row,
                       struct text *page)
{
    const struct chronicle_node *n = chronicle_node(r->chronicle, row->nodes[0]);

    if (row->why == TIMELINE_REST) {
        text_add(page, "on many other ways");
        return;
    }
    for (size_t i = 0; i < n->stay_count; i++)
        text_add(page, "%s%s", i ? " \342\206\222 " : "", state_name(n->stays[i].state));
    if (!n->stay_count)
        text_add(page, "not begun");
}

static void add_shared_row(const struct report *r, const struct timeline_row *row,
                           struct text *page)
{
    const struct chronicle_node *n = chronicle_node(r->chronicle, row->nodes[0]);

    text_add(page, "<tr class=\"many\"><th scope=\"row\"><details><summary>");
    report_add_count(page, row->count, "node");
    text_add(page, "</summary><p class=\"hosts\">");
    add_hosts(r, row, page);
    text_add(page, "</p></details></th><td>");
    add_tide(r, row->nodes, row->count, "bar", page);
    text_add(page, "<p class=\"dim\">");
    add_course(r, row, page);
    text_add(page, "</p></td><td class=\"t-%s\">%s</td></tr>\n",
             row->why == TIMELINE_REST ? "wait" : shade_name(shade_of(n->state)),
             row->why == TIMELINE_REST ? "" : state_name(n->state));
}

/* ---- all rows ------------------------------------------------------------------------------ */

static const char *const titles[] = {
    [TIMELINE_ALL] = NULL,
    [TIMELINE_FAILED] = "Failed",
    [TIMELINE_SLOW] = "The slowest of the others",
    [TIMELINE_SHARED] = "All others; who went the same way has one row",
    [TIMELINE_REST] = NULL,
};

static void add_rows(const struct report *r, struct text *page)
{
    const struct timeline *t = &r->timeline;

    for (size_t i = 0; i < t->count; i++) {
        const struct timeline_row *row = &t->rows[i];

        if (!i || row->why != t->rows[i - 1].why) {
            text_add(page, "%s<tbody>\n", i ? "</tbody>" : "");
            if (titles[row->why])
                text_add(page,
                         "<tr class=\"group\"><th colspan=\"3\" scope=\"rowgroup\">%s"
                         "</th></tr>\n",
                         titles[row->why]);
        }
        if (row->why >= TIMELINE_SHARED)
            add_shared_row(r, row, page);
        else
            add_node_row(r, row->nodes[0], page);
    }
    text_add(page, "%s", t->count ? "</tbody>" : "");
}

void report_add_timeline(const struct report *r, struct text *page)
{
    if (!r->nodes)
        return;
    text_add(page,
             "<section aria-labelledby=\"timeline\"><h2 id=\"timeline\">What happened "
             "when</h2>\n");
    add_grid(r, page);
    add_legend(r, page);
    add_chart(r, page);
    text_add(page, "<table class=\"timeline\"><thead><tr><th scope=\"col\">Node</th>"
                   "<th scope=\"col\"><span class=\"unseen\">Time</span>");
    add_ticks(r, page);
    text_add(page,
             "</th><th scope=\"col\">State, <span class=\"dim\">time on the road</span>"
             "</th></tr></thead>\n");
    add_rows(r, page);
    text_add(page, "</table></section>\n");
}
