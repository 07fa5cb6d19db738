#include <stdlib.h>
#include <string.h>

#include "controller/report/html.h"
#include "controller/report/report_parts.h"
#include "controller/screen/fold.h"
#include "controller/screen/text.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/url.h"

static void begin_item(const char *term, struct text *page)
{
    text_add(page, "<dt>%s</dt><dd>", term);
}

/* ---- words that may hold a secret --------------------------------------------------------- */

static bool is_of_scheme(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("+-.", c));
}

/* A word as it was typed, but for passwords and queries of a URL in it; malloc'ed.  NULL:
 * out of memory.
 */
static char *shown(const char *word)
{
    const char *at = strstr(word, "://");
    char url[URL_MAX_BYTES], *made;
    size_t before;

    if (!at)
        return strdup(word);
    while (at > word && is_of_scheme(at[-1]))
        at--;
    before = (size_t)(at - word);
    url_show(at, url, sizeof url);
    made = malloc(before + strlen(url) + 1);
    if (made) {
        memcpy(made, word, before);
        strcpy(made + before, url);
    }
    return made;
}

static void add_shown_word(const char *word, struct text *page)
{
    CLEANUP(text_done) char *safe = shown(word);

    html_add_word(page, safe ? safe : "?");
}

/* ---- the command line --------------------------------------------------------------------- */

/* The first word as "ibfleet", wherever it was installed. */
static void add_command_line(const struct report *r, struct text *page)
{
    CLEANUP(json_done) struct json *words = NULL;
    const char *word;

    if (json_parse(r->argv, strlen(r->argv), &words, NULL) < 0 || !json_first(words))
        return;
    begin_item("Command", page);
    text_add(page, "<pre><code>ibfleet");
    for (const struct json *w = json_next(json_first(words)); w; w = json_next(w)) {
        word = json_text_of(w);
        text_add(page, " ");
        add_shown_word(word ? word : "?", page);
    }
    text_add(page, "</code></pre></dd>\n");
}

/* ---- the settings ------------------------------------------------------------------------- */

/* What was not set is null, false or -1. */
static bool is_unset(const char *value)
{
    return strcmp(value, "null") == 0 || strcmp(value, "false") == 0 ||
           strcmp(value, "-1") == 0;
}

static void add_setting(const struct json *member, struct text *page)
{
    const char *text = json_text_of(member);
    CLEANUP(text_done) char *value = text ? shown(text) : json_print(member);

    if (!value || (!text && is_unset(value)))
        return;
    text_add(page, "<li>");
    html_add(page, json_key(member));
    text_add(page, " <b>");
    html_add(page, value);
    text_add(page, "</b></li>");
}

static void add_settings(const struct report *r, struct text *page)
{
    CLEANUP(json_done) struct json *plan = NULL;

    if (json_parse(r->plan, strlen(r->plan), &plan, NULL) < 0)
        return;
    begin_item("Settings", page);
    text_add(page, "<ul class=\"settings\">");
    for (const struct json *m = json_first(plan); m; m = json_next(m))
        if (json_key(m))
            add_setting(m, page);
    text_add(page, "</ul></dd>\n");
}

/* ---- the steps ---------------------------------------------------------------------------- */

static void add_plans(const struct report *r, struct text *page)
{
    if (!fold_count(r->plans))
        return;
    begin_item("Steps", page);
    text_add(page, "<ul>");
    for (size_t i = 0; i < fold_count(r->plans); i++) {
        const char *hosts = fold_hosts(r->plans, i);

        text_add(page, "<li><b>");
        report_add_count(page, fold_size(r->plans, i), "node");
        text_add(page, "</b> <span class=\"hosts\">");
        html_add_hosts(page, hosts ? hosts : "?");
        text_add(page, "</span><br/>");
        html_add(page, fold_text(r->plans, i, NULL));
        text_add(page, "</li>\n");
    }
    text_add(page, "</ul></dd>\n");
}

/* ---- the section -------------------------------------------------------------------------- */

static void add_texts(const struct report *r, struct text *page)
{
    begin_item("In the folder", page);
    html_add(page, r->folder);
    text_add(page, "</dd>\n");
    begin_item("By", page);
    html_add(page, r->run.user);
    text_add(page, "</dd>\n");
    begin_item("Controller", page);
    html_add(page, r->run.controller);
    text_add(page, "</dd>\n");
}

static void add_times(const struct report *r, struct text *page)
{
    begin_item("Begun", page);
    report_add_time(page, r->run.created_ms);
    text_add(page, " UTC, after the nodes were looked at</dd>\n");
    if (!r->run.ended_ms)
        return;
    begin_item("Ended", page);
    report_add_time(page, r->run.ended_ms);
    text_add(page, " UTC, as <b>");
    html_add(page, r->run.state);
    text_add(page, "</b></dd>\n");
}

void report_add_asked(const struct report *r, struct text *page)
{
    text_add(page,
             "<section aria-labelledby=\"asked\"><h2 id=\"asked\">What was asked</h2>\n"
             "<dl>\n");
    add_command_line(r, page);
    add_texts(r, page);
    add_times(r, page);
    add_settings(r, page);
    add_plans(r, page);
    text_add(page, "</dl></section>\n");
}
