/* digest - SHA-256, of what lies in memory or comes in pieces
 *
 *     struct digest *d = digest_new();
 *     digest_push(d, bytes, n);
 *     digest_take(d, hex);          ends and frees it
 */
#ifndef PROTOCOL_DIGEST_H
#define PROTOCOL_DIGEST_H

#include <stddef.h>

struct digest;

/* 64 lower-case hex digits and a NUL. */
#define DIGEST_HEX_BYTES 65

/* NULL only when memory is exhausted. */
struct digest *digest_new(void);
void digest_push(struct digest *d, const void *bytes, size_t len_bytes);

/* The digest of what was pushed so far; more may follow.  -1: out of memory. */
int digest_peek(const struct digest *d, char hex[DIGEST_HEX_BYTES]);

/* Write the digest of all that was pushed and free d.  hex may be NULL. */
void digest_take(struct digest *d, char hex[DIGEST_HEX_BYTES]);

/* All at once. */
void digest_of(const void *bytes, size_t len_bytes, char hex[DIGEST_HEX_BYTES]);

#endif
