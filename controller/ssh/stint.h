/* stint - when a session works: at once, soon, or when it is its turn
 *
 * What has happened to a session is given here; its owner is called to work, at once
 * when the session moves little, else when the queue of the heavy (turns.h) lets it.
 * All work is measured (meter.h).
 *
 *     stint = stint_new(loop, client, on_work, arg);
 *     stint_ready(stint)          its socket is ready
 *     stint_soon(stint)           there is work that no socket shows
 *     stint_moved(stint, bytes)   while at work
 *     stint_close(stint, on_closed);
 */
#ifndef CONTROLLER_STINT_H
#define CONTROLLER_STINT_H

#include <stdbool.h>
#include <stddef.h>

struct ssh_client;
struct stint;
struct uv_loop_s;

/* What a session may move before the others have their turn, unless it is heavy. */
#define STINT_LIGHT_BYTES ((size_t)256 << 10)

/* client is borrowed until it is closed.  NULL: no memory. */
struct stint *stint_new(struct uv_loop_s *loop, struct ssh_client *client,
                        void (*on_work)(void *arg), void *arg);

/* on_work at once; or, false, when its turn comes: until then the socket need not be
 * watched.
 */
bool stint_ready(struct stint *s);

/* on_work in the next round of the loop, or when its turn comes; never before this has
 * returned.
 */
void stint_soon(struct stint *s);

/* How much may be moved this time, and how much was. */
size_t stint_most_bytes(const struct stint *s);
void stint_moved(struct stint *s, size_t bytes);

/* What it has moved does not count any more, since little is left to be done; it waits
 * for no turn now.
 */
void stint_forgive(struct stint *s);

/* No on_work until the next stint_ready() or stint_soon(). */
void stint_rest(struct stint *s);

/* Frees it; on_closed once it is gone.  s: not NULL. */
void stint_close(struct stint *s, void (*on_closed)(void *arg));

#endif
