#include "controller/openssh/openssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/openssh/hostconfig.h"
#include "protocol/fail.h"

/* A login waits for its node most of the time, so there are more than cores. */
#define STARTING_PER_CORE 8
#define STARTING_MAX      128

struct openssh *openssh_new(const char *home)
{
    struct openssh *o = calloc(1, sizeof *o);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long width = STARTING_PER_CORE * (cores > 0 ? cores : 1);

    if (o)
        o->configs = hostconfigs_new(home);
    if (!o || !o->configs) {
        openssh_free(o);
        return NULL;
    }
    o->gate.width = (unsigned)(width < STARTING_MAX ? width : STARTING_MAX);
    return o;
}

int openssh_is_installed(struct fail *why)
{
    const char *path = getenv("PATH");
    char program[4096];

    for (size_t len; path && *path; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        if ((size_t)snprintf(program, sizeof program, "%.*s/ssh", (int)len, path) <
                sizeof program &&
            access(program, X_OK) == 0)
            return 0;
    }
    return fail_set(why, FAIL_USAGE,
                    "the OpenSSH client (ssh) is not installed: install openssh-client");
}

void openssh_free(struct openssh *o)
{
    if (!o)
        return;
    detours_clear(&o->detours);
    hostconfigs_free(o->configs);
    arena_done(&o->text);
    free(o);
}
