#include "controller/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/scope.h"

/* What goes wrong before is told, not how closing went. */
static void fd_done(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

int whole_file_read(const char *path, size_t max_bytes, char **bytes, size_t *len_bytes)
{
    CLEANUP(fd_done)
    int fd =
        path ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    CLEANUP(text_done) char *text = fd < 0 ? NULL : malloc(max_bytes + 1);
    size_t used = 0;
    ssize_t n = 1;

    if (!text)
        return -1;
    while (n != 0 && used <= max_bytes) {
        n = read(fd, text + used, max_bytes + 1 - used);
        if (n < 0 && errno != EINTR)
            return -1;
        used += n > 0 ? (size_t)n : 0;
    }
    if (used > max_bytes) {
        errno = EFBIG;
        return -1;
    }
    text[used] = '\0';
    *bytes = realloc(text, used + 1); /* the ceiling may be far above */
    *bytes = *bytes ? *bytes : text;
    *len_bytes = used;
    text = NULL;
    return 0;
}
