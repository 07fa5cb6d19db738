#include "controller/ssh/descriptors.h"

#include <dirent.h>
#include <sys/resource.h>

/* Where /proc does not say: standard streams, the loop's own. */
#define OPEN_USUALLY 16

/* Beside those of the nodes: the journal, the terminal, the loop's own. */
#define SPARE_FILES 64

/* The streams of an OpenSSH client. */
#define FILES_PER_CHILD 3

void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

size_t descriptors_allowed(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > DESCRIPTORS_MOST)
        return DESCRIPTORS_MOST;
    return limit.rlim_cur;
}

static size_t count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    size_t count = 0;

    if (!folder)
        return OPEN_USUALLY;
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; /* the folder's own */
}

size_t descriptors_left(void)
{
    size_t allowed = descriptors_allowed(), open = count_open();

    return allowed > open ? allowed - open : 0;
}

size_t descriptors_room(size_t files, bool has_children)
{
    return files > SPARE_FILES
               ? (files - SPARE_FILES) / (has_children ? FILES_PER_CHILD : 1)
               : 0;
}
