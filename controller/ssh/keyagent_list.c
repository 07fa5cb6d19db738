#include "controller/ssh/keyagent_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "controller/ssh/keyagent_wire.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/scope.h"

#define PIECE_BYTES 4096

static void socket_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void reader_done(struct frame_reader **r)
{
    frame_reader_free(*r);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The words of errno, but for the one that says nothing of time. */
static int give_up(const char *path, struct fail *why)
{
    return fail_set(why, FAIL_KEY_FILE, "the ssh-agent at %s: %s", path,
                    errno == EAGAIN ? "it does not answer" : strerror(errno));
}

static int open_socket(const char *path, unsigned wait_ms, struct fail *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = wait_ms / 1000,
                                     .tv_usec = wait_ms % 1000 * 1000};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return give_up(path, why);
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        give_up(path, why);
        socket_done(&fd);
        return -1;
    }
    return fd;
}

static int ask(int fd, const char *path, struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;
    ssize_t n;

    if (keyagent_encode_list(&frame, &frame_bytes, why) < 0)
        return -1;
    n = send(fd, frame, frame_bytes, MSG_NOSIGNAL); /* five bytes: all or none */
    free(frame);
    return n == (ssize_t)frame_bytes ? 0 : give_up(path, why);
}

/* One frame, copied into *answer. */
static int hear(int fd, const char *path, int64_t until_ms, char **answer,
                size_t *len_bytes, struct fail *why)
{
    CLEANUP(reader_done) struct frame_reader *r = frame_reader_new(false);
    const char *message = NULL;
    char bytes[PIECE_BYTES];
    ssize_t n;

    if (!r)
        return fail_memory(why);
    while (!message) {
        errno = EAGAIN;
        n = now_ms() < until_ms ? recv(fd, bytes, sizeof bytes, 0) : -1;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            return give_up(path, why);
        if (frame_push(r, bytes, (size_t)n, NULL) < 0)
            return fail_set(why, FAIL_KEY_FILE,
                            "the ssh-agent at %s does not speak its protocol", path);
        message = frame_next(r, len_bytes);
    }
    *answer = malloc(*len_bytes);
    if (!*answer)
        return fail_memory(why);
    memcpy(*answer, message, *len_bytes);
    return 0;
}

int keyagent_list(const char *path, unsigned wait_ms, struct keyagent_list *list,
                  struct fail *why)
{
    CLEANUP(socket_done) int fd = open_socket(path, wait_ms, why);
    struct keyagent_list made = {0};
    struct blob answer;

    if (fd < 0)
        return -1;
    if (ask(fd, path, why) < 0 ||
        hear(fd, path, now_ms() + wait_ms, &made.answer, &answer.len_bytes, why) < 0)
        return -1;
    answer.bytes = (const unsigned char *)made.answer;
    if (keyagent_decode_list(&answer, &made.count, &made.keys, why) < 0) {
        free(made.answer);
        return -1;
    }
    *list = made;
    return 0;
}

void keyagent_list_clear(struct keyagent_list *list)
{
    free(list->answer);
    *list = (struct keyagent_list){0};
}
