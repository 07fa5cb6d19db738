#include "node-agent/path.h"

#include <stdio.h>
#include <string.h>

bool path_below(char *path, size_t bytes, const char *above, const char *fmt, va_list ap)
{
    size_t used = strlen(above);
    int n;

    if (used >= bytes)
        return false;
    memcpy(path, above, used);
    n = vsnprintf(path + used, bytes - used, fmt, ap);
    return n >= 0 && (size_t)n < bytes - used;
}
