/* namesake - the addresses of a name, as this machine's resolver knows them
 *
 * The agent is static and may not load what the system's resolver is configured to
 * use, so getent is asked, a child of ours for each name.
 *
 *     namesake_open(&n, name, why);
 *     poll: fd namesake_fd(n), POLLIN
 *     namesake_read(n, port, &addresses) > 0: it has said all
 *     namesake_close(n);             at any time; never waits
 *
 * SIGCHLD is to be ignored, so that the children need not be waited for.
 */
#ifndef NODE_AGENT_NAMESAKE_H
#define NODE_AGENT_NAMESAKE_H

#include <stdint.h>

struct addresses;
struct fail;
struct namesake;

/* What one getent may print; the rest is not read. */
#define NAMESAKE_MAX_BYTES 4096

/* name is one that mux_address_is_right() lets through.  FAIL_RESOLVE: getent can not be
 * started; FAIL_MEMORY.
 */
int namesake_open(struct namesake **n, const char *name, struct fail *why);

int namesake_fd(const struct namesake *n);

/* 0: there is more to come.  1: it is over, and all addresses that were found have been
 * added; none means that the name is not known.
 */
int namesake_read(struct namesake *n, uint16_t port, struct addresses *found);

/* Kills it if it still runs.  NULL is allowed. */
void namesake_close(struct namesake *n);

#endif
