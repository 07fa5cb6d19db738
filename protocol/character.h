/* character - UTF-8, one character at a time, and text cut only between two of them
 *
 *     fail_set(why, FAIL_GARBAGE, "it says: %.*s", character_cut(text, 100), text);
 */
#ifndef PROTOCOL_CHARACTER_H
#define PROTOCOL_CHARACTER_H

#include <stddef.h>
#include <stdint.h>

/* The code point at the start of len_bytes (not 0) bytes into *point; returns its
 * length, or 0 when the bytes are not valid UTF-8 (overlong, surrogate, cut).
 */
size_t character_decode(const char *bytes, size_t len_bytes, uint32_t *point);

/* How many bytes of text are at most max_bytes, and no part of a character; as int, for
 * "%.*s".
 */
int character_cut(const char *text, size_t max_bytes);

#endif
