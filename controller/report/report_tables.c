#include "controller/report/chronicle.h"
#include "controller/report/html.h"
#include "controller/report/report_parts.h"
#include "controller/report/shade.h"
#include "controller/report/spans.h"
#include "controller/rollout/node_state.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"

/* ---- how long each state took ------------------------------------------------------------- */

/* The longest of all that is done with a node: who only waits has no bar, or it would leave
 * no room for the others.
 */
static double longest_s(const struct report *r)
{
    double most_s = 0;
    struct span span;

    for (int s = 1; s < NODE_STATES; s++)
        if (shade_is_busy(shade_of(s)) && spans_of(r->spans, s, &span) &&
            span.most_s > most_s)
            most_s = span.most_s;
    return most_s;
}

static void add_whisker(int state, const struct span *span, double most_s,
                        struct text *page)
{
    double scale = most_s > 0 ? 1000 / most_s : 0;

    text_add(page,
             "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" "
             "class=\"whisker\" aria-hidden=\"true\"><rect class=\"s-wait\" y=\"44\" "
             "width=\"%.1f\" height=\"12\"/>",
             span->most_s * scale);
    text_add(page, "<rect class=\"s-%s soft\" y=\"20\" width=\"%.1f\" height=\"60\"/>",
             shade_name(shade_of(state)), span->p90_s * scale);
    text_add(page, "<rect class=\"s-%s\" y=\"20\" width=\"%.1f\" height=\"60\"/></svg>",
             shade_name(shade_of(state)), span->median_s * scale);
}

static void add_span_cell(double seconds, struct text *page)
{
    text_add(page, "<td class=\"num\">");
    report_add_span(page, seconds);
    text_add(page, "</td>");
}

static void add_state(const struct report *r, int state, double most_s, struct text *page)
{
    struct span span;

    if (!spans_of(r->spans, state, &span))
        return;
    text_add(page, "<tr><th scope=\"row\"><span class=\"swatch s-%s\"></span>%s</th>",
             shade_name(shade_of(state)), node_state_name((enum node_state)state));
    text_add(page, "<td class=\"num\">");
    report_add_number(page, span.nodes);
    text_add(page, "</td>");
    add_span_cell(span.median_s, page);
    add_span_cell(span.p90_s, page);
    add_span_cell(span.most_s, page);
    text_add(page, "<td>");
    html_add(page, chronicle_node(r->chronicle, span.slowest)->name);
    text_add(page, "</td><td class=\"wide\">");
    if (shade_is_busy(shade_of(state)))
        add_whisker(state, &span, most_s, page);
    text_add(page, "</td></tr>\n");
}

void report_add_spans(const struct report *r, struct text *page)
{
    double most_s = longest_s(r);

    if (most_s <= 0)
        return;
    text_add(
        page,
        "<section aria-labelledby=\"spans\"><h2 id=\"spans\">How long each state took"
        "</h2>\n<p class=\"dim\">The bar ends at the median, its paler part at the 90th "
        "percentile, the line at the slowest node.</p>\n<div class=\"scroll\">"
        "<table><thead><tr><th scope=\"col\">State</th>"
        "<th scope=\"col\" class=\"num\">Nodes</th><th scope=\"col\" class=\"num\">Median"
        "</th><th scope=\"col\" class=\"num\">90 %%</th><th scope=\"col\" "
        "class=\"num\">Longest</th><th scope=\"col\">Slowest node</th><th scope=\"col\" "
        "class=\"wide\"><span class=\"unseen\">Compared</span></th></tr></thead>"
        "<tbody>\n");
    for (int s = 1; s < NODE_STATES; s++)
        add_state(r, s, most_s, page);
    text_add(page, "</tbody></table></div></section>\n");
}

/* ---- every node --------------------------------------------------------------------------- */

static int longest_state(const struct report *r, const struct chronicle_node *n,
                         double *seconds)
{
    int longest = 0;

    *seconds = 0;
    for (int s = 1; s < NODE_STATES; s++) {
        double s_s = shade_is_busy(shade_of(s)) ? span_of_node(n, s, r->until_ms) : 0;

        if (s_s > *seconds) {
            *seconds = s_s;
            longest = s;
        }
    }
    return longest;
}

static void add_node(const struct report *r, size_t i, struct text *page)
{
    const struct chronicle_node *n = chronicle_node(r->chronicle, i);
    double seconds;
    int longest = longest_state(r, n, &seconds);

    text_add(page, "<tr><th scope=\"row\">");
    html_add(page, n->name);
    text_add(page, "</th><td class=\"t-%s\">%s</td>", shade_name(shade_of(n->state)),
             node_state_name((enum node_state)n->state));
    add_span_cell(r->seconds[i], page);
    text_add(page, "<td>");
    if (longest) {
        text_add(page, "%s ", node_state_name((enum node_state)longest));
        report_add_span(page, seconds);
    }
    text_add(page, "</td><td>%s</td></tr>\n",
             n->code == FAIL_NONE ? "" : fail_code_name(n->code));
}

void report_add_nodes(const struct report *r, struct text *page)
{
    if (!r->nodes)
        return;
    text_add(page,
             "<section aria-labelledby=\"nodes\"><h2 id=\"nodes\">Every node</h2>\n"
             "<details%s><summary>",
             r->nodes <= TIMELINE_SMALL ? " open=\"\"" : "");
    report_add_count(page, r->nodes, "node");
    text_add(page,
             "</summary>\n<div class=\"scroll\"><table><thead><tr>"
             "<th scope=\"col\">Node</th><th scope=\"col\">State</th>"
             "<th scope=\"col\" class=\"num\">On the road</th><th scope=\"col\">Longest "
             "in</th><th scope=\"col\">Code</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->nodes; i++)
        add_node(r, r->order[i], page);
    text_add(page, "</tbody></table></div></details></section>\n");
}
