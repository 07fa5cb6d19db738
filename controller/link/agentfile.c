#include "controller/link/agentfile.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/whole_file.h"
#include "protocol/fail.h"

#define PATH_BYTES 4096

/* As uname -m calls them. */
static const struct {
    const char *name;
    Elf64_Half elf;
} machines[AGENTFILE_MACHINES] = {{"x86_64", EM_X86_64}, {"aarch64", EM_AARCH64}};

const char *agentfile_machine(size_t i)
{
    assert(i < AGENTFILE_MACHINES);
    return machines[i].name;
}

static const char *machine_of(const char *bytes, size_t len_bytes)
{
    Elf64_Ehdr header;

    if (len_bytes < sizeof header || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return "-";
    memcpy(&header, bytes, sizeof header);
    for (size_t i = 0; i < AGENTFILE_MACHINES; i++)
        if (machines[i].elf == header.e_machine)
            return machines[i].name;
    return "-";
}

static int load(const char *path, struct agentfile *file, struct fail *why)
{
    if (whole_file_read(path, AGENTFILE_MAX_BYTES, &file->bytes, &file->len_bytes) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    if (file->len_bytes == 0)
        return fail_set(why, FAIL_STATE, "%s: it is empty", path);
    file->machine = machine_of(file->bytes, file->len_bytes);
    digest_of(file->bytes, file->len_bytes, file->sha256);
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

/* The one for this machine, when it is there. */
static int add(struct agentfiles *agents, const char *ours, const char *machine,
               struct fail *why)
{
    struct agentfile *file = &agents->files[agents->count];
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s.%s", ours, machine);

    if (agentfiles_find(agents, machine) || n >= (int)sizeof path ||
        access(path, F_OK) < 0)
        return 0;
    agents->count++;
    if (load(path, file, why) < 0)
        return -1;
    if (strcmp(file->machine, machine) != 0)
        return fail_set(why, FAIL_STATE, "%s: it is no program for %s", path, machine);
    return 0;
}

/* One of which nobody knows what it runs on is for all. */
static int read_all(const char *ours, struct agentfiles *agents, struct fail *why)
{
    agents->count = 1;
    if (load(ours, &agents->files[0], why) < 0)
        return -1;
    if (strcmp(agents->files[0].machine, "-") == 0)
        return 0;
    for (size_t i = 0; i < AGENTFILE_MACHINES; i++)
        if (add(agents, ours, machines[i].name, why) < 0)
            return -1;
    return 0;
}

int agentfiles_read(const char *path, struct agentfiles *agents, struct fail *why)
{
    char standard[PATH_BYTES];

    *agents = (struct agentfiles){0};
    if (!path && find_ours(standard, why) < 0)
        return -1;
    if (read_all(path ? path : standard, agents, why) < 0) {
        agentfiles_clear(agents);
        return fail_prefix(why, "the agent to push");
    }
    return 0;
}

void agentfiles_clear(struct agentfiles *agents)
{
    for (size_t i = 0; i < agents->count; i++)
        free(agents->files[i].bytes);
    *agents = (struct agentfiles){0};
}

const struct agentfile *agentfiles_find(const struct agentfiles *agents,
                                        const char *machine)
{
    for (size_t i = 0; i < agents->count; i++)
        if (strcmp(agents->files[i].machine, machine) == 0)
            return &agents->files[i];
    return NULL;
}
