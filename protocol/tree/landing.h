/* landing - the folder in which parcels are put together
 *
 *     landing_open(dest, how, &landing, why);
 *     landing_folder(), landing_link(), and for each file
 *         landing_has(): it is there and the same
 *         landing_begin(), landing_add() until all is there, landing_place()
 *     landing_close(landing);
 *
 * Below the top no link is followed, whoever has put it there: each folder on the way is
 * opened by its name in the one before.  A file grows under a name made of its digest,
 * and gets its own in one step, when it is whole, on disk, and what it should be.  Where
 * the file system has no locks it grows under a name of this run's own, and a copy that
 * was cut begins anew.
 *
 * Failures: FAIL_DISK_FULL, FAIL_COPY, FAIL_MEMORY; they name the path.
 */
#ifndef PROTOCOL_LANDING_H
#define PROTOCOL_LANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/digest.h"

struct fail;
struct landing;
struct parcel;

/* Is DEST the folder to copy into (made when it is missing), rather than the new name of
 * the one thing that comes?  It is when DEST ends in a slash, when several things come,
 * and when one file comes and DEST is a folder already.
 */
enum landing_what { LANDING_FILE, LANDING_TREE, LANDING_MANY };

int landing_open(const char *dest, enum landing_what what, struct landing **landing,
                 struct fail *why);
void landing_done(struct landing **landing);

/* For who must not wait: files need not be on disk when they get their names, and
 * another copy of the same file is a failure at once.
 */
void landing_be_lazy(struct landing *l);

/* Called now and then while a long file is read; -1 ends it.  May be NULL. */
typedef int (*landing_busy)(void *arg, struct fail *why);

/* One that is there already is left as it is; *made says which.  One that is made has its
 * permissions at once, and its owner may fill it.
 */
int landing_folder(struct landing *l, const struct parcel *p, bool *made,
                   struct fail *why);

/* Of one that was made, once all that is in it is there: its own permissions. */
int landing_finish_folder(struct landing *l, const struct parcel *p, struct fail *why);
int landing_link(struct landing *l, const struct parcel *p, bool *made, struct fail *why);

/* *same: the file is there, with these bytes; its permissions are set. */
int landing_has(struct landing *l, const struct parcel *p, landing_busy busy, void *arg,
                bool *same, struct fail *why);

/* How long another copy of the same file is waited for: nodes that share a file system
 * are told the same thing at the same time.
 */
#define LANDING_WAIT_MS 600000

/* The beginning that an earlier copy has left: *have_bytes of it, a multiple of
 * PARCEL_BLOCK_BYTES, and their digest.  1: another copy was at work meanwhile, so look
 * once more whether the file is there.
 */
int landing_begin(struct landing *l, const struct parcel *p, uint64_t *have_bytes,
                  char sha256[DIGEST_HEX_BYTES], landing_busy busy, void *arg,
                  struct fail *why);

/* Nothing of the beginning is used. */
int landing_restart(struct landing *l, struct fail *why);

int landing_add(struct landing *l, const char *bytes, size_t len_bytes, struct fail *why);

/* FAIL_COPY when the digest is not what was announced: the file goes, and what stood
 * under its name stays.
 */
int landing_place(struct landing *l, const struct parcel *p, struct fail *why);

#endif
