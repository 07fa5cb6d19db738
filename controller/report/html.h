/* html - text into HTML, such that nothing that a node says is more than text (pure)
 *
 *     text_add(page, "<td>");
 *     html_add(page, reason);
 *     text_add(page, "</td>");
 *
 * The escaping of a terminal comes first (escape.h: control characters, what turns the
 * direction of writing, what is no UTF-8), so that nothing is hidden from the reader; then
 * that of HTML.  What comes out is right inside an element and inside quotes.
 */
#ifndef CONTROLLER_HTML_H
#define CONTROLLER_HTML_H

struct text;

void html_add(struct text *page, const char *words);

/* A hostlist, which may be broken after its commas. */
void html_add_hosts(struct text *page, const char *folded);

/* The same as one word of a shell's command line: in quotes where a shell wants them. */
void html_add_word(struct text *page, const char *word);

#endif
