/* baggage - what is to be copied: read, listed and digested once, for all nodes
 *
 *     baggage_pack(sources, count, &baggage, why);
 *     for (i = 0; i < baggage_count(b); i++)
 *         baggage_parcel(b, i)
 *     n = baggage_read(b, i, at, bytes, size, why);
 *     baggage_free(b);
 *
 * Folders come before what is in them, and names in order, so that two lists of the same
 * tree are the same.  A link that was named is followed, one inside a tree is a link.
 * Packing reads every file; the bytes are read again for each node.
 */
#ifndef PROTOCOL_BAGGAGE_H
#define PROTOCOL_BAGGAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/digest.h"

struct baggage;
struct fail;
struct json;
struct parcel;

/* Called now and then while much is read; -1 ends it. */
typedef int (*baggage_busy)(void *arg, struct fail *why);

/* A file that grows is packed as long as it was.  busy may be NULL.  FAIL_USAGE: something
 * is not there, cannot be read, is neither file, folder nor link, becomes shorter, has
 * more than it says (/proc), or is too much; two sources have the same name.
 * FAIL_MEMORY.
 */
int baggage_pack(const char *const *sources, size_t count, baggage_busy busy, void *arg,
                 struct baggage **baggage, struct fail *why);
void baggage_free(struct baggage *b); /* NULL is allowed */

size_t baggage_count(const struct baggage *b);
uint64_t baggage_bytes(const struct baggage *b); /* of all files */

/* Borrowed. */
const struct parcel *baggage_parcel(const struct baggage *b, size_t i);

/* The order that announces all of it; the caller's.  NULL: out of memory. */
struct json *baggage_order(const struct baggage *b, const char *into);

/* Does the file begin with so many bytes of this digest?  Only asked for multiples of
 * PARCEL_BLOCK_BYTES; anything else, and more than it has, is no.
 */
bool baggage_begins(const struct baggage *b, size_t i, uint64_t len_bytes,
                    const char *sha256);

/* At most size_bytes bytes of the file from there on.  FAIL_STATE when there are none:
 * the file has become shorter.
 */
ssize_t baggage_read(const struct baggage *b, size_t i, uint64_t at, char *bytes,
                     size_t size_bytes, struct fail *why);

#endif
