/* disk_log - all that this process does to the files below one folder, in order
 *
 * Takes the place of the C library's open(), write(), fsync(), rename() and so on, for our
 * own code and for libraries (SQLite).  What they do is done, and noted; syncs are noted
 * only, and in no folder of this process done.  disk_after.h makes the folder as a power cut would
 * have left it at any moment of the log.
 *
 *     disk_log_begin(folder, hook);      the folder is there, and empty
 *     ... work ...
 *     disk_log_end();
 *
 * Of other processes nothing is seen, nor of stdio, mmap() and sendfile(): what is
 * written so in the folder is not on the disk after a cut.
 */
#ifndef TESTS_DISK_LOG_H
#define TESTS_DISK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DISK_PATH_MAX_BYTES 160 /* below the folder */

enum disk_deed {
    DISK_FILE,   /* inode has come, as path       */
    DISK_FOLDER, /* the same, a folder            */
    DISK_LINK,   /* a symbolic link to bytes      */
    DISK_GONE,   /* path has gone                 */
    DISK_RENAME, /* inode, now path, was old_path */
    DISK_WRITE,
    DISK_SIZE, /* cut or grown to size */
    DISK_SYNC, /* inode 0, of the folder itself, has path ""; -1: of everything */
    DISK_DEEDS
};

#define DISK_ALL      (-1)
#define DISK_TOP      0
#define DISK_NO_INODE (-2)

struct disk_op {
    enum disk_deed deed;
    int inode;  /* that it is about                                           */
    int folder; /* whose entries it changes; DISK_NO_INODE: nobody's          */
    char path[DISK_PATH_MAX_BYTES], old_path[DISK_PATH_MAX_BYTES];
    off_t offset, size; /* of a write, of the file after DISK_SIZE */
    size_t len;
    char *bytes;
    size_t certain; /* the number of the sync since which it is on the disk; SIZE_MAX */
};

/* before_op(n) is called before operation n is done, in the thread that does it; NULL is
 * allowed.
 */
void disk_log_begin(const char *folder, void (*before_op)(size_t n));
void disk_log_end(void);

/* Of the latest log, until the next begins. */
size_t disk_log_count(void);
const struct disk_op *disk_log_op(size_t n);

/* "write journal.db-wal 4096+24": for whoever looks for what went wrong. */
void disk_log_tell(size_t n, char *text, size_t size);

#endif
