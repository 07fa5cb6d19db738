/* hostpattern - lists of host patterns, as known_hosts and ssh_config write them (pure) */
#ifndef CONTROLLER_HOSTPATTERN_H
#define CONTROLLER_HOSTPATTERN_H

#include <stdbool.h>

/* Patterns with '*' and '?', parted by commas.  The list covers a host when one of them
 * does and none with '!' before it does.  Letters are compared as they are.
 */
bool hostpattern_covers(const char *list, const char *host);

#endif
