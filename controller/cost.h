/* cost - what this run has cost our own machine so far
 *
 * {cpu_seconds, peak_kib, longest_callback_ms}: user and system time, with that of the
 * child processes that have ended; the most memory that was resident; and for how long
 * at most one session kept all others waiting.
 */
#ifndef CONTROLLER_COST_H
#define CONTROLLER_COST_H

struct json;
struct ssh_client;

/* The caller's; NULL: no memory. */
struct json *cost_encode(const struct ssh_client *client);

#endif
