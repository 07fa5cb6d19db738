/* parcel - one file, folder or link on its way from one tree into another
 *
 * A copy is a list of parcels in the order in which they are made, folders before what
 * is in them, and the bytes of those files that are wanted.  Both ends speak in frames:
 * one that begins with '{' is JSON, one that begins with PARCEL_DATA carries bytes.
 *
 *   giver  {"take": {"into": DEST, "many": false, "tree": true, "count": N}}
 *          many: several things are copied; tree: one, and it is a folder; then N parcels
 *          {"path": "a/b", "kind": "file", "mode": 420, "size": "12", "sha256": "..."}
 *          {"path": "a", "kind": "folder", "mode": 493}
 *          {"path": "c", "kind": "link", "target": "a/b"}
 *   taker  {"want": i, "have": "1048576", "sha256": "..."}   one file after the other
 *   giver  {"from": "1048576"}, or "0" when its digest of so much is another; the bytes
 *   taker  {"busy": true}      while it reads what is there already; a node that gives,
 *                              before the order, while it reads what is to be copied
 *          {"done": true, "sent": "1", "same": "3", "bytes": "12"}
 *          {"fail": {"code": ..., "text": ...}}   and it ends
 *
 * A file arrives under a name of its own, keeps its beginning there when the connection
 * is cut, and gets its real name when all of it has the right digest.
 */
#ifndef PROTOCOL_PARCEL_H
#define PROTOCOL_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/digest.h"

struct fail;
struct json;

#define PARCEL_DATA 'D'

/* Ceilings of one copy. */
#define PARCEL_MAX_COUNT      ((size_t)100000)
#define PARCEL_MAX_PATH_BYTES ((size_t)4000)

/* A beginning is taken up at a multiple of this; its digest is known to the giver. */
#define PARCEL_BLOCK_BYTES ((uint64_t)1 << 20)

/* Bytes of one data frame, at most. */
#define PARCEL_PIECE_BYTES ((size_t)64 << 10)

enum parcel_kind { PARCEL_FILE, PARCEL_FOLDER, PARCEL_LINK };

struct parcel {
    enum parcel_kind kind;
    const char *path;              /* below the top of the copy; parcel_is_inside() */
    unsigned mode;                 /* permissions, 0 to 0777                        */
    uint64_t size;                 /* of a file */
    char sha256[DIGEST_HEX_BYTES]; /* of a file */
    const char *target;            /* of a link; never followed by us               */
};

/* Names parted by single slashes, none of them "", "." or "..", and not too long: what a
 * peer calls a file stays below the folder it is made in.
 */
bool parcel_is_inside(const char *path);

/* The caller's; NULL: out of memory. */
struct json *parcel_encode(const struct parcel *parcel);

/* The other things that are said; the caller's, NULL: out of memory. */
struct json *parcel_want(size_t i, uint64_t have_bytes, const char *sha256);
struct json *parcel_from(uint64_t from_bytes);
struct json *parcel_done(uint64_t sent_files, uint64_t same_files, uint64_t bytes);
struct json *parcel_failed(const struct fail *why);

/* path and target are borrowed from doc.  FAIL_GARBAGE: something is missing, absurd, or
 * the path leads outside.
 */
int parcel_decode(const struct json *doc, struct parcel *parcel, struct fail *why);

#endif
