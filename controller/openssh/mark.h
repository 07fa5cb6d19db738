/* mark - where ssh's own words end and the node's begin (pure)
 *
 * ssh runs its LocalCommand once it has logged in, and waits for it before it asks for
 * the command.  Ours prints a line on stdout and on stderr: that says that we are in, and
 * what came before it was not the node; and who never printed it has started nothing there.
 *
 *     used = mark_find(&m, bytes, n);
 *     if (m.found) the node's bytes are bytes + used .. bytes + n
 */
#ifndef CONTROLLER_MARK_H
#define CONTROLLER_MARK_H

#include <stdbool.h>
#include <stddef.h>

/* Without newline.  Its first character is in it only once: mark_find() relies on it. */
#define MARK_TEXT "@ibfleet-logged-in"

/* What prints it: understood alike by whatever shell $SHELL is. */
#define MARK_COMMAND "/bin/sh -c 'echo " MARK_TEXT "; echo " MARK_TEXT " >&2'"

/* One for each stream; starts as all zero. */
struct mark {
    size_t matched;
    bool found;
};

/* How many bytes of a piece of the stream are not the node's: all, or those up to the
 * end of the mark.
 */
size_t mark_find(struct mark *m, const char *bytes, size_t len_bytes);

#endif
