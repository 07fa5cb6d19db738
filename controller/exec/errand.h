/* errand - one shell line on one node: its turn at the door, a login, and another one
 * where the server has turned the first away
 *
 *     errand = errand_start(&site, &order, &hooks, arg);
 *         ... hooks->begun when its first turn has come, hooks->running, hooks->data,
 *         and hooks->ended exactly once, which is the last thing heard
 *     errand_stop(errand, &why);        any time before
 *
 * Only logins are tried again.  Once the command has been asked for, whatever happens is
 * its end: it may not be one that can be run twice.
 */
#ifndef CONTROLLER_ERRAND_H
#define CONTROLLER_ERRAND_H

#include "controller/exec/shot.h"

struct door;
struct errand;

/* Logins tried at a node whose handshake fails; more often when it is turned away. */
#define ERRAND_TRIES    2
#define ERRAND_PAUSE_MS 1000

/* What all errands share, borrowed. */
struct errand_site {
    struct uv_loop_s *loop;
    struct ssh_client *client;
    struct door *door;
};

struct errand_hooks {
    void (*begun)(void *arg);    /* its first turn; deadline_ms counts from here  */
    void (*retrying)(void *arg); /* the login has failed, and is tried once more  */
    void (*running)(void *arg);
    void (*data)(void *arg, enum ssh_stream stream, const char *bytes, size_t len_bytes);

    /* As of a shot; why says how many logins were tried, when the command never ran. */
    void (*ended)(void *arg, int status, const struct fail *why);
};

/* hooks and what order points to are borrowed until ended.  The deadline is for all
 * tries and the command together.  NULL only when memory is exhausted.
 */
struct errand *errand_start(const struct errand_site *site,
                            const struct shot_order *order,
                            const struct errand_hooks *hooks, void *arg);

/* As shot_stop(). */
void errand_stop(struct errand *errand, const struct fail *why);

#endif
