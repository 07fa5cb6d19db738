/* escape - make what a node says harmless before it reaches a terminal (pure)
 *
 * Valid UTF-8 is kept.  What can move a cursor, set a title, answer back, turn the
 * direction of writing or hide is spelled out:
 *
 *                        for a terminal     inside JSON text
 *   C0, DEL              ^[  ^G  ^?         (cJSON has done C0)  \u007f
 *   C1 (U+0080..9F)      \u009b             \u009b
 *   bidi, separators,    \u202e             \u202e
 *     invisible ones     \U000e0041         a surrogate pair
 *   not UTF-8            \x9b               \ufffd
 *
 * A terminal may be set to take raw bytes 0x80..0x9f for controls; being invalid
 * UTF-8 they are escaped too.
 */
#ifndef CONTROLLER_ESCAPE_H
#define CONTROLLER_ESCAPE_H

#include <stddef.h>

struct text;

enum escape_style {
    ESCAPE_LINE, /* one line: tab and newline are escaped as well    */
    ESCAPE_TABS, /* one line of output, tabs stay                    */
    ESCAPE_JSON, /* a whole printed JSON document: newlines stay     */
};

void escape_put(struct text *t, const char *bytes, size_t len_bytes,
                enum escape_style style);

/* A NUL-terminated string as ESCAPE_LINE. */
void escape_add(struct text *t, const char *string);

#endif
