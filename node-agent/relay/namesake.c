#include "node-agent/relay/namesake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/relay/addresses.h"
#include "protocol/fail.h"

extern char **environ;

struct namesake {
    pid_t pid;
    int fd;
    size_t bytes;
    char said[NAMESAKE_MAX_BYTES + 1];
};

/* posix_spawn's arguments are not const, though nobody writes to them. */
static int spawn(struct namesake *n, const char *name, int out)
{
    char *copy = strdup(name);
    char program[] = "getent", database[] = "ahosts";
    char *argv[] = {program, database, copy, NULL};
    posix_spawn_file_actions_t files;
    int rc = copy ? posix_spawn_file_actions_init(&files) : ENOMEM;

    if (rc == 0) {
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
        rc = posix_spawnp(&n->pid, program, &files, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&files);
    }
    free(copy);
    return rc;
}

int namesake_open(struct namesake **n, const char *name, struct fail *why)
{
    struct namesake *made = calloc(1, sizeof *made);
    int ends[2], rc;

    if (!made)
        return fail_memory(why);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        free(made);
        return fail_set(why, FAIL_RESOLVE, "%s: no pipe: %s", name, strerror(errno));
    }
    rc = spawn(made, name, ends[1]);
    close(ends[1]);
    made->fd = ends[0];
    if (rc == 0) {
        *n = made;
        return 0;
    }
    made->pid = 0;
    namesake_close(made);
    return fail_set(why, FAIL_RESOLVE,
                    "%s: the jump host cannot look up names (getent: %s); write an "
                    "address",
                    name, strerror(rc));
}

int namesake_fd(const struct namesake *n)
{
    return n->fd;
}

/* Lines of "10.0.0.4        STREAM ib004", each address once for each type of socket. */
static void take_lines(char *said, uint16_t port, struct addresses *found)
{
    char *rest = NULL;

    for (char *line = strtok_r(said, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        line[strcspn(line, " \t")] = '\0';
        addresses_add(found, line, port);
    }
}

int namesake_read(struct namesake *n, uint16_t port, struct addresses *found)
{
    size_t room = NAMESAKE_MAX_BYTES - n->bytes;
    ssize_t got = room ? read(n->fd, n->said + n->bytes, room) : 0;

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got > 0) {
        n->bytes += (size_t)got;
        return 0;
    }
    if (room)
        n->pid = 0; /* it has gone, and its number may be another's soon */
    take_lines(n->said, port, found);
    return 1;
}

void namesake_close(struct namesake *n)
{
    if (!n)
        return;
    if (n->pid > 0)
        kill(n->pid, SIGKILL);
    if (n->fd >= 0)
        close(n->fd);
    free(n);
}
