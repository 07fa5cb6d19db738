/* text - a string that grows up to a ceiling, for everything that renders
 *
 *     CLEANUP(text_clear) struct text t = {0};
 *
 *     text_add(&t, "%zu nodes\n", n);
 *     if (text_is_cut(&t)) ...          too long, or no memory: once, at the end
 *
 * Once cut it stays as it is, so renderers need not check each call.
 */
#ifndef CONTROLLER_TEXT_H
#define CONTROLLER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A table of 10,000 nodes with long lines fits; a flood does not. */
#define TEXT_MAX_BYTES ((size_t)64 << 20)

/* All zero is the empty text.  bytes is NUL-terminated, NULL before the first
 * byte; text_of() is never NULL.
 */
struct text {
    char *bytes;
    size_t len_bytes, room_bytes;
    size_t max_bytes; /* 0: TEXT_MAX_BYTES */
    bool cut;
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_put(struct text *t, const char *bytes, size_t len_bytes);
void text_fill(struct text *t, char c, size_t count);

const char *text_of(const struct text *t);
bool text_is_cut(const struct text *t);

/* Empty it, keeping memory and ceiling. */
void text_reset(struct text *t);
void text_clear(struct text *t);

#endif
