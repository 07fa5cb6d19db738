/* way - how a session is carried: what stands behind ssh.h
 *
 * ssh.c owns a struct ssh and gives its node to one way, or to another one when the
 * first finds out that it cannot; each way keeps the promises of ssh.h for its own
 * sessions.
 */
#ifndef CONTROLLER_WAY_H
#define CONTROLLER_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct ssh_client;
struct ssh_hooks;
struct ssh_order;
struct uv_loop_s;

struct way {
    /* As ssh_open(): NULL only when memory is exhausted.  order and hooks are borrowed
     * until the session is closed.
     */
    void *(*open)(struct ssh_client *client, struct uv_loop_s *loop,
                  const struct ssh_order *order, const struct ssh_hooks *hooks,
                  void *arg);

    /* As ssh_write(), ssh_end_input(), ssh_instead() and ssh_close(); those in the middle
     * may be NULL, which is FAIL_UNSUPPORTED.
     */
    int (*write)(void *session, const void *bytes, size_t len_bytes, struct fail *why);
    int (*end_input)(void *session, struct fail *why);
    int (*instead)(void *session, const char *command, struct fail *why);

    /* As ssh_may_run(); NULL: not before hooks->up. */
    bool (*may_run)(const void *session);

    /* As ssh_waited_ms(); NULL: it begins at once. */
    uint64_t (*waited_ms)(const void *session);

    void (*close)(void *session, void (*on_closed)(void *arg));
};

/* libssh2 in our own thread: a login costs less than a millisecond of CPU. */
extern const struct way way_libssh2;

/* The OpenSSH client as a child process, which knows all that ~/.ssh/config can say. */
extern const struct way way_openssh;

#endif
