#include "controller/link/agentfile.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
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

static int own_folder(char folder[PATH_BYTES], struct fail *why)
{
    ssize_t n = readlink("/proc/self/exe", folder, PATH_BYTES - 1);
    char *slash;

    if (n < 0)
        return fail_set(why, FAIL_STATE, "where is the agent? %s", strerror(errno));
    folder[n] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

/* As it was built, and as `make install` lays it down. */
static int find_ours(char path[PATH_BYTES], struct fail *why)
{
    static const char *const places[] = {"ibfleet-agent", "../libexec/ibfleet-agent"};
    char folder[PATH_BYTES];

    if (own_folder(folder, why) < 0)
        return -1;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int n = snprintf(path, PATH_BYTES, "%s/%s", folder, places[i]);

        if (n > 0 && n < PATH_BYTES && access(path, F_OK) == 0)
            return 0;
    }
    return fail_set(why, FAIL_STATE,
                    "there is no ibfleet-agent in %s, nor in ../libexec from there",
                    folder);
}

int agentfile_read(const char *path, struct agentfile *file, struct fail *why)
{
    char standard[PATH_BYTES];

    *file = (struct agentfile){0};
    if (!path && find_ours(standard, why) < 0)
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
