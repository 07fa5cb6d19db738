/* folder - names in folders, so that a power cut does not take them back
 *
 * fsync() of a file puts there what is in it; that it has a name, had another one or has
 * gone is its folder's affair.  And a new folder is such a name itself: with it goes all
 * that was synced below it.
 *
 * A file system that can not sync a folder, and a folder that may be written but not read,
 * are no failure: nothing more can be done there.
 */
#ifndef PROTOCOL_FOLDER_H
#define PROTOCOL_FOLDER_H

#include <sys/types.h>

/* What has come to this folder, and gone from it, is on the disk.  0, or -1 and errno. */
int folder_sync(const char *path);

/* The same for the folder in which path stands.  ENAMETOOLONG beyond PATH_MAX. */
int folder_sync_above(const char *path);

/* Make it, and have its name on the disk.  One that is there is fine.  0, or -1 and errno. */
int folder_make(const char *path, mode_t mode);

#endif
