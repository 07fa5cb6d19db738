/* utf8 - code points and the columns they take (pure, knows no locale) */
#ifndef CONTROLLER_UTF8_H
#define CONTROLLER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The code point at the start of len_bytes (not 0) bytes into *point; returns its
 * length, or 0 when the bytes are not valid UTF-8 (overlong, surrogate, cut).
 */
size_t utf8_decode(const char *bytes, size_t len_bytes, uint32_t *point);

/* Columns a text takes; invalid bytes count one each. */
size_t utf8_columns(const char *bytes, size_t len_bytes);

/* How many bytes of the text fit into so many columns. */
size_t utf8_fit(const char *bytes, size_t len_bytes, size_t columns);

#endif
