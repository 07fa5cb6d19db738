#include "controller/link/agentfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

#define PATH_BYTES 4096

static void fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static const char *machine_of(const char *bytes, size_t len_bytes)
{
    Elf64_Ehdr header;

    if (len_bytes < sizeof header || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return "-";
    memcpy(&header, bytes, sizeof header);
    return header.e_machine == EM_X86_64    ? "x86_64"
           : header.e_machine == EM_AARCH64 ? "aarch64"
                                            : "-";
}

static int read_all(int fd, struct agentfile *file)
{
    size_t done = 0;
    ssize_t n;

    while (done < file->len_bytes) {
        n = read(fd, file->bytes + done, file->len_bytes - done);
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

static int load(const char *path, struct agentfile *file, struct fail *why)
{
    CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size == 0 ||
        (size_t)st.st_size > AGENTFILE_MAX_BYTES)
        return fail_set(why, FAIL_STATE, "%s: this is not the agent", path);
    file->len_bytes = (size_t)st.st_size;
    file->bytes = malloc(file->len_bytes);
    if (!file->bytes)
        return fail_memory(why);
    if (read_all(fd, file) < 0)
        return fail_set(why, FAIL_STATE, "%s: it cannot be read", path);
    return 0;
}

static int beside_us(char path[PATH_BYTES], struct fail *why)
{
    static const char name[] = "/ibfleet-agent";
    ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES - sizeof name);
    char *slash;

    if (n < 0)
        return fail_set(why, FAIL_STATE, "where is the agent? %s", strerror(errno));
    path[n] = '\0';
    slash = strrchr(path, '/');
    memcpy(slash ? slash : path, name, sizeof name);
    return 0;
}

int agentfile_read(const char *path, struct agentfile *file, struct fail *why)
{
    char standard[PATH_BYTES];

    *file = (struct agentfile){0};
    if (!path && beside_us(standard, why) < 0)
        return -1;
    if (load(path ? path : standard, file, why) < 0) {
        agentfile_clear(file);
        return fail_prefix(why, "the agent to push");
    }
    file->machine = machine_of(file->bytes, file->len_bytes);
    digest_of(file->bytes, file->len_bytes, file->sha256);
    return 0;
}

void agentfile_clear(struct agentfile *file)
{
    free(file->bytes);
    *file = (struct agentfile){0};
}
