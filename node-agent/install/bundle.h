/* bundle - the drivers of a vendor that lie on the node: STATE/bundles
 *
 * A bundle is a file there whose SHA-256 is the one that is asked for, under whatever
 * name: so one that was copied to the folder counts as one that was fetched.
 */
#ifndef NODE_AGENT_INSTALL_BUNDLE_H
#define NODE_AGENT_INSTALL_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "node-agent/home.h"
#include "protocol/digest.h"

struct fail;

#define BUNDLE_FOLDER "bundles"

/* The ceiling of one; the vendor's largest has less than 2 GiB.  Each fits in 32 files. */
#define BUNDLE_MAX_BYTES ((int64_t)16 << 30)
#define BUNDLE_MAX_FILES 32

/* Where FILE is, or will be. */
int bundle_path(const struct home *h, const char *file, char path[HOME_PATH_MAX_BYTES],
                struct fail *why);

/* Of a regular file; read in pieces.  FAIL_STEP, FAIL_MEMORY. */
int bundle_hash(const char *path, char hex[DIGEST_HEX_BYTES], struct fail *why);

/* Likewise, of what is left of a file that is open; path is for the failure. */
int bundle_hash_open(int fd, const char *path, char hex[DIGEST_HEX_BYTES],
                     struct fail *why);

/* Bytes of a regular file; -1: there is none. */
int64_t bundle_size(const char *path);

/* Is it there?  *moved: it had another name, and now has this one.  A failure (FAIL_STEP)
 * is only told of the folder; a file that can not be read is none of those we look for.
 */
int bundle_find(const struct home *h, const char *hash, const char *file, bool *found,
                bool *moved, struct fail *why);

/* Give the file at path the name `file`, so that it is there after a power cut, too. */
int bundle_place(const struct home *h, const char *path, const char *file,
                 struct fail *why);

/* Remove all files but `file`, what there is of its download, and the newest other one,
 * which is the way back.
 */
void bundle_tidy(const struct home *h, const char *file);

#endif
