#include "node-agent/install/process.h"

#include <stdio.h>
#include <string.h>

#include "node-agent/home.h"
#include "protocol/scope.h"

void process_tell(const struct home *h, long pid, const char *otherwise,
                  char who[PROCESS_MAX_BYTES])
{
    CLEANUP(text_done) char *name = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, NULL, "/proc/%ld/comm", pid) == 0)
        name = home_read(path, 4096);
    snprintf(who, PROCESS_MAX_BYTES, "%.*s (process %ld)",
             (int)strcspn(name ? name : otherwise, "\n"), name ? name : otherwise, pid);
}
