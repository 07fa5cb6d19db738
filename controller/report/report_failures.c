#include "controller/report/html.h"
#include "controller/report/mishaps.h"
#include "controller/report/report_parts.h"
#include "controller/screen/advice.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"

static void add_command(const struct report *r, const char *command, const char *node,
                        struct text *page)
{
    text_add(page, "ibfleet %s ", command);
    html_add_word(page, node);
    text_add(page, " --run ");
    html_add(page, r->run.id);
    text_add(page, "\n");
}

static void add_reason(const struct mishap *m, struct text *page)
{
    if (!*m->reason)
        return;
    text_add(page, "<p class=\"reason\">");
    html_add(page, m->reason);
    text_add(page, "</p>");
    if (!m->alike)
        text_add(page,
                 "<p class=\"dim\">The words of the first; the others differ in names "
                 "and numbers.</p>");
}

static void add_row(const struct report *r, size_t i, struct text *page)
{
    const struct mishap *m = mishaps_at(r->failed, i);
    const char *hosts = mishaps_hosts(r->failed, i), *first = mishaps_first(r->failed, i);

    text_add(page, "<tr><th scope=\"row\">");
    report_add_count(page, m->nodes, "node");
    text_add(page, "<p class=\"hosts\">");
    html_add_hosts(page, hosts ? hosts : "?");
    text_add(page, "</p></th><td><b>");
    html_add(page, advice_title(m->code));
    text_add(page, "</b> <code>%s</code>", fail_code_name(m->code));
    add_reason(m, page);
    text_add(page, "</td><td>");
    if (advice_of(m->code)) {
        text_add(page, "<p>");
        html_add(page, advice_of(m->code));
        text_add(page, "</p>");
    }
    text_add(page, "<pre><code>");
    add_command(r, "logs", first, page);
    add_command(r, "show", first, page);
    text_add(page, "</code></pre></td></tr>\n");
}

void report_add_failures(const struct report *r, struct text *page)
{
    size_t kinds = mishaps_count(r->failed);

    if (!kinds)
        return;
    text_add(page, "<section aria-labelledby=\"failures\"><h2 id=\"failures\">What failed"
                   "</h2>\n<p class=\"dim\">");
    report_add_count(page, mishaps_nodes(r->failed), "node");
    text_add(page, ", in ");
    report_add_count(page, kinds, "way");
    text_add(page,
             ": equal is what has the same words but for names, numbers and ids.</p>\n"
             "<table class=\"failures\"><thead><tr><th scope=\"col\">Nodes</th>"
             "<th scope=\"col\">Why</th><th scope=\"col\">What to do</th></tr></thead>"
             "<tbody>\n");
    for (size_t i = 0; i < kinds; i++)
        add_row(r, i, page);
    text_add(page, "</tbody></table></section>\n");
}
