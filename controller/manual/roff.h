/* roff - what a manual page is written in (pure)
 *
 * Only macros of man(7), so that groff, mandoc and Solaris' nroff render the same.
 * Words are plain text in which `this` comes out bold; all that roff would take for a
 * request or an escape is spelled out.
 *
 *     roff_title(&text, "ibfleet-exec", 1);
 *     roff_section(&text, "EXAMPLES");
 *     roff_item(&text, "`ibfleet exec -a -- uname -r`", "lines as they come");
 */
#ifndef CONTROLLER_ROFF_H
#define CONTROLLER_ROFF_H

#include <stddef.h>

struct text;

void roff_title(struct text *roff, const char *page, int section);
void roff_section(struct text *roff, const char *title);
void roff_subsection(struct text *roff, const char *title);

/* A paragraph; its words follow with roff_words() or roff_line(). */
void roff_paragraph(struct text *roff);

/* A tag, and beside or below it what it is. */
void roff_item(struct text *roff, const char *tag, const char *words);

/* Another paragraph of the item. */
void roff_item_goes_on(struct text *roff, const char *words);

/* One line of words, marked up; len_bytes of it. */
void roff_words(struct text *roff, const char *words, size_t len_bytes);

/* Lines that keep their form: between begin and end, each with roff_line(). */
void roff_literal_begin(struct text *roff);
void roff_line(struct text *roff, const char *line, size_t len_bytes);
void roff_literal_end(struct text *roff);

#endif
