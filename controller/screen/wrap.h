/* wrap - words over several lines (pure) */
#ifndef CONTROLLER_WRAP_H
#define CONTROLLER_WRAP_H

#include <stddef.h>

struct text;

/* Add the words, parted by single spaces, from column `indent` on, where the text
 * stands already; each further line is indented as far, and ends before column
 * `width` where one word does.  Ends in a newline.  width 0: one line.
 */
void wrap_add(struct text *text, const char *words, size_t indent, size_t width);

/* The same of words that are not all our own: escaped first. */
void wrap_add_escaped(struct text *text, const char *words, size_t indent, size_t width);

#endif
