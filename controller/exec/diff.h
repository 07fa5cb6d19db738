/* diff - where one text differs from another, as unified hunks (pure)
 *
 *     @@ -1,3 +1,3 @@
 *      same
 *     -only in the first
 *     +only in the second
 *      same
 *
 * The shortest edit script, by Myers' greedy algorithm; its cost is bounded by the
 * ceilings below, not by what nodes print.
 */
#ifndef CONTROLLER_DIFF_H
#define CONTROLLER_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Texts with more lines, or with more lines to take out and put in, are not compared. */
#define DIFF_MAX_LINES ((size_t)100000)
#define DIFF_MAX_EDITS ((size_t)1000)

/* Lines shown around a change. */
#define DIFF_CONTEXT ((size_t)3)

struct diff_side {
    const char *bytes;
    size_t len_bytes;
};

/* Hunks are added to text, escaped unless raw.  0: compared, and nothing is added when
 * both are the same; -1: past a ceiling, or no memory, and nothing was added.
 */
int diff_render(const struct diff_side *from, const struct diff_side *to, bool raw,
                bool color, struct text *text);

#endif
