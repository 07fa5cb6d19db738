#include "node-agent/removal.h"

#include <errno.h>
#include <fts.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "protocol/scope.h"

/* 0 or an errno.  FTS_D is a folder before its contents: its turn comes again. */
static int remove_one(const FTSENT *e)
{
    switch (e->fts_info) {
    case FTS_D:
        return 0;
    case FTS_NS:
    case FTS_DNR:
    case FTS_ERR:
        return e->fts_errno;
    default:
        return remove(e->fts_accpath) < 0 ? errno : 0;
    }
}

/* FTS_XDEV compares folders alone: below an overlay a file may be of another device than
 * the folder that it is in.
 */
int removal_of_folder(const char *path)
{
    CLEANUP(text_done) char *top = strdup(path);
    char *const paths[] = {top, NULL};
    FTS *walk = top ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
    int first = 0, failed;
    FTSENT *e;

    if (!walk)
        return -1;
    while ((e = fts_read(walk))) {
        failed = remove_one(e);
        first = first ? first : failed;
    }
    fts_close(walk);
    errno = first;
    return first ? -1 : 0;
}
