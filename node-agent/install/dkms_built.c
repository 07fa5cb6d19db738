#include "node-agent/install/dkms_built.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/part.h"
#include "node-agent/home.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAKE_LOG_MAX_BYTES ((size_t)16 << 20)

/* That of a step may not run yet. */
static int set_kernel(struct facts *f, const char *kernel)
{
    if (kernel) {
        free(f->os.kernel);
        f->os.kernel = strdup(kernel);
    }
    return f->os.kernel ? 0 : -1;
}

int dkms_built_look(const struct home *h, const char *kernel, struct facts **f,
                    struct fail *why)
{
    struct facts *made = facts_new();

    if (!made)
        return fail_memory(why);
    part_os(h->root, made);
    if (set_kernel(made, kernel) < 0) {
        facts_free(made);
        return fail_memory(why);
    }
    part_dkms(h->root, made);
    *f = made;
    return 0;
}

static bool is_error(const char *line, size_t len)
{
    static const char *const signs[] = {"error:", "fatal error", "Error ", "ERROR:"};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(line, len, signs[i], strlen(signs[i])))
            return true;
    return false;
}

static void find_telling(const char *text, char telling[DKMS_BUILT_TELLING_BYTES])
{
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        size_t len = strcspn(p, "\n");
        bool error = is_error(p, len);

        if (len)
            snprintf(telling, DKMS_BUILT_TELLING_BYTES, "%.*s",
                     (int)(len < 1000 ? len : 1000), p);
        if (error)
            return;
    }
}

bool dkms_built_tell(const struct home *h, const char *module, const char *version,
                     char telling[DKMS_BUILT_TELLING_BYTES])
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, NULL, "/var/lib/dkms/%s/%s/build/make.log", module,
                     version) == 0)
        text = home_read(path, MAKE_LOG_MAX_BYTES);
    if (text)
        find_telling(text, telling);
    return text != NULL;
}
