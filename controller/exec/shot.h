/* shot - one shell line on one node, over SSH, within a deadline
 *
 *     shot = shot_start(loop, client, &order, &hooks, arg);
 *         ... hooks->running, hooks->data, and hooks->ended exactly once, which is
 *         the last thing heard; the shot has freed itself then
 *     shot_stop(shot, &why);         any time before
 *
 * Who is stopped while the command runs, by its deadline or by shot_stop(), has its
 * processes ended on the node as well (reaper.h), and is told what became of them; not
 * so a command that ends with its stdin, which ends with the session.
 */
#ifndef CONTROLLER_SHOT_H
#define CONTROLLER_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "controller/ssh/ssh.h"

struct fail;
struct fleet_node;
struct shot;
struct uv_loop_s;

/* What the command reads from its stdin, pulled as fast as the node takes it. */
struct shot_input {
    /* How many bytes were put there; 0: the end; SHOT_LATER: nothing before the node has
     * said more; -1 stops the node, with what stands in *why.  NULL: there is none.
     */
    ssize_t (*read)(void *arg, char *bytes, size_t size_bytes, struct fail *why);
    void *arg;
};
#define SHOT_LATER ((ssize_t)-2)

struct shot_order { /* borrowed until ended */
    const struct fleet_node *node;
    const char *command;
    bool sudo; /* it runs by sudo, so its processes are root's       */
    struct shot_input input;
    bool ends_with_input; /* the command ends when its stdin does: nothing to reap */
    uint64_t login_ms;    /* for each phase of the login; 0: as ssh.h says         */
    uint64_t deadline_ms; /* for login and command together, from the moment when its turn
                             has come (ssh_waited_ms()); 0: none                         */
};

struct shot_hooks {
    void (*running)(void *arg); /* logged in, the command was started */
    void (*data)(void *arg, enum ssh_stream stream, const char *bytes, size_t len_bytes);

    /* why is NULL when the command ended by itself; status as ssh.h says. */
    void (*ended)(void *arg, int status, const struct fail *why);
};

/* hooks are borrowed until ended.  NULL only when memory is exhausted. */
struct shot *shot_start(struct uv_loop_s *loop, struct ssh_client *client,
                        const struct shot_order *order, const struct shot_hooks *hooks,
                        void *arg);

/* As ssh_waited_ms(); also from hooks->ended. */
uint64_t shot_waited_ms(const struct shot *shot);

/* End it for this reason, which hooks->ended will say; not at once, and waiting for the
 * node no longer than REAPER_MS, twice that when it was just about to start the command.
 * Nothing is heard of it before that but, in this case, hooks->running.  May be called
 * from hooks->data, and again: the first reason counts.
 */
void shot_stop(struct shot *shot, const struct fail *why);

#endif
