#include "controller/catalog_file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "controller/whole_file.h"
#include "inventory/catalog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static int cannot_read(const char *path, struct fail *why)
{
    int error = errno;

    if (error == ENOMEM)
        return fail_memory(why);
    if (error == EFBIG)
        return fail_set(why, FAIL_CATALOG, "%s: more than %zu bytes", path,
                        CATALOG_MAX_BYTES);
    return fail_set(why, FAIL_CATALOG, "%s: %s", path, strerror(error));
}

int catalog_file_load(const char *path, struct catalog **c, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len_bytes;

    if (!path)
        return catalog_builtin(c, why);
    if (whole_file_read(path, CATALOG_MAX_BYTES, &text, &len_bytes) < 0)
        return cannot_read(path, why);
    return catalog_parse(text, len_bytes, path, c, why);
}
