#include "controller/link/agentfile.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/whole_file.h"
#include "protocol/fail.h"

#define PATH_BYTES 4096

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

static int load(const char *path, struct agentfile *file, struct fail *why)
{
    if (whole_file_read(path, AGENTFILE_MAX_BYTES, &file->bytes, &file->len_bytes) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    if (file->len_bytes == 0)
        return fail_set(why, FAIL_STATE, "%s: it is empty", path);
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
