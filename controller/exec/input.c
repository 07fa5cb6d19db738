#include "controller/exec/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"

struct input {
    int fd;
    bool owned;     /* in memory, made by us                                 */
    uint64_t begin; /* a file may have been read in part before it was ours */
    uint64_t size;
};

static int complain(enum fail_code code, struct fail *why)
{
    return fail_set(why, code, "standard input: %s", strerror(errno));
}

static int write_all(int fd, const char *bytes, size_t len_bytes)
{
    while (len_bytes > 0) {
        ssize_t n = write(fd, bytes, len_bytes);

        if (n < 0 && errno != EINTR)
            return -1;
        bytes += n > 0 ? n : 0;
        len_bytes -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int take_in(struct input *in, int from, struct fail *why)
{
    char bytes[64 << 10];
    ssize_t n;

    in->fd = memfd_create("ibfleet-input", MFD_CLOEXEC);
    if (in->fd < 0)
        return complain(FAIL_STATE, why);
    in->owned = true;
    while ((n = read(from, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return complain(FAIL_USAGE, why);
        if (write_all(in->fd, bytes, (size_t)n) < 0)
            return complain(FAIL_STATE, why);
        in->size += (size_t)n;
        if (in->size > INPUT_MAX_PIPED_BYTES)
            return fail_set(why, FAIL_USAGE,
                            "standard input: more than %llu MiB through a pipe; put it "
                            "into a file: --stdin < FILE",
                            (unsigned long long)(INPUT_MAX_PIPED_BYTES >> 20));
    }
    return 0;
}

static int attach(struct input *in, int fd, struct fail *why)
{
    struct stat st;
    off_t at;

    if (fstat(fd, &st) < 0)
        return complain(FAIL_USAGE, why);
    if (!S_ISREG(st.st_mode))
        return take_in(in, fd, why);
    at = lseek(fd, 0, SEEK_CUR);
    if (at < 0)
        return complain(FAIL_USAGE, why);
    in->fd = fd;
    in->begin = (uint64_t)at;
    in->size = st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
    return 0;
}

int input_open(int fd, struct input **input, struct fail *why)
{
    struct input *in = calloc(1, sizeof *in);

    if (!in)
        return fail_memory(why);
    if (attach(in, fd, why) < 0) {
        input_close(in);
        return -1;
    }
    *input = in;
    return 0;
}

ssize_t input_read(const struct input *in, uint64_t at, char *bytes, size_t size_bytes,
                   struct fail *why)
{
    uint64_t left = at < in->size ? in->size - at : 0;
    ssize_t n;

    if (left == 0)
        return 0;
    do {
        n = pread(in->fd, bytes, left < size_bytes ? (size_t)left : size_bytes,
                  (off_t)(in->begin + at));
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return complain(FAIL_STATE, why);
    if (n == 0) /* another end than was promised to the nodes before */
        return fail_set(why, FAIL_STATE, "standard input: it has become shorter");
    return n;
}

void input_close(struct input *in)
{
    if (!in)
        return;
    if (in->owned)
        close(in->fd);
    free(in);
}
