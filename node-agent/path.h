/* path - put a path together below a directory */
#ifndef NODE_AGENT_PATH_H
#define NODE_AGENT_PATH_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* `above` and then what fmt makes, which begins with a slash.  False when it does not
 * fit into `bytes`: what is in path then is of no use.
 */
bool path_below(char *path, size_t bytes, const char *above, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

#endif
