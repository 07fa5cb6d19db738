/* blob - the strings of SSH's binary formats (RFC 4251, section 5), bounded
 *
 * A string is a 4-byte big-endian length and that many bytes.  Reading past the end
 * fails; nothing is copied.
 */
#ifndef CONTROLLER_BLOB_H
#define CONTROLLER_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
    const unsigned char *bytes;
    size_t len_bytes;
};

/* Take a number or a string off the front of *b.  -1 when it is too short; *b is
 * then spent.
 */
int blob_next_u32(struct blob *b, uint32_t *value);
int blob_next_string(struct blob *b, struct blob *string);

/* Pass over so many bytes.  -1 as above. */
int blob_skip(struct blob *b, size_t len_bytes);

bool blob_equals(const struct blob *a, const struct blob *b);
bool blob_is(const struct blob *b, const char *text);

/* Write a number or a string at *at and move on; the caller has made room (4, and
 * 4 + len_bytes).
 */
void blob_put_u32(unsigned char **at, uint32_t value);
void blob_put_string(unsigned char **at, const void *bytes, size_t len_bytes);

#endif
