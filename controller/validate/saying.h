/* saying - sentences about a fabric, wrapped for a terminal (pure)
 *
 * One wording for what is printed when a validation ends and for what the journal
 * tells of it later.  All words are escaped: some are a node's.
 */
#ifndef CONTROLLER_SAYING_H
#define CONTROLLER_SAYING_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Nothing is wrapped before this column, whatever the terminal says. */
#define SAYING_NARROWEST ((size_t)40)

/* The words of a line, `lead` before the first and as many spaces before the lines
 * after it.  width 0: one line; this goes for all below.
 */
void saying_add(const char *lead, const char *words, size_t width, struct text *text);

/* A finding and what to do about it; one that is not grave accuses nobody. */
void saying_finding(bool grave, const char *words, const char *advice, size_t width,
                    bool color, struct text *text);

/* Findings that there was no room for; nothing when there are none. */
void saying_unsaid(size_t count, struct text *text);

/* What was not measured; the heading goes before the first. */
void saying_gap_heading(struct text *text);
void saying_gap(const char *words, size_t width, struct text *text);

#endif
