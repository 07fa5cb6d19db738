/* ssh - log in to a node, start one command, and be its stdin, stdout and stderr
 *
 * The one interface to SSH.  What carries a session stands behind it (way.h): libssh2,
 * non-blocking, in the loop's thread; or the OpenSSH client as a child process, with
 * which a command that a signal ended has status 255.
 *
 *     client = ssh_client_new();
 *     s = ssh_open(client, loop, &order, &hooks, arg);
 *         ... hooks->up, then data as it comes; ssh_write(s, bytes, n, why)
 *         ... hooks->ended, exactly once
 *     ssh_close(s, on_closed);              any time; then silence
 *
 * No callback comes before the call that caused it has returned.  It asks no
 * questions and knows no passwords: private key files without a passphrase, an ssh-agent
 * for the others, known_hosts files, and that is all.
 */
#ifndef CONTROLLER_SSH_H
#define CONTROLLER_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct fleet_node;
struct ssh;
struct ssh_client;
struct uv_loop_s;

/* What ssh_write() has taken and the node has not: more is refused. */
#define SSH_QUEUE_MAX_BYTES ((size_t)4 << 20)

/* ---- what all sessions share -------------------------------------------------- */

/* Key files and known_hosts files, each read once, when a session first needs it.
 * NULL only when memory is exhausted.
 */
struct ssh_client *ssh_client_new(void);

struct ssh_order;

/* Read what a session of this order would need of our own machine: the key, the known
 * hosts, a login name.  So it can be told once, and before any node is reached.
 * FAIL_KEY_FILE, FAIL_USAGE (no login name), FAIL_STATE (known hosts), FAIL_MEMORY.
 */
int ssh_client_check(struct ssh_client *client, const struct ssh_order *order,
                     struct fail *why);

struct passage;

/* What carries sessions that have a jump host; borrowed, set before the first of them is
 * opened.
 */
void ssh_client_pass(struct ssh_client *client, struct passage *passage);

/* Who logs in: as the order says, else as ssh_config, else ourselves; NULL when nobody says.
 * Borrowed.
 */
const char *ssh_client_user(struct ssh_client *client, const struct ssh_order *order);

/* Tell of each node that goes through OpenSSH although nobody asked for it, once, and of
 * those that were told before no more.
 */
void ssh_client_detours(struct ssh_client *client,
                        void (*tell)(void *arg, const char *node, const char *reason),
                        void *arg);

/* How this order is, or would have been, carried out: "libssh2" or "openssh". */
const char *ssh_client_way(const struct ssh_client *client,
                           const struct ssh_order *order);

/* All sessions must be closed.  Host keys learned are on disk when it returns.
 * NULL is allowed.
 */
void ssh_client_free(struct ssh_client *client);

/* Our own login name, or NULL when the system does not say.  Borrowed. */
const char *ssh_client_login(const struct ssh_client *client);

/* CPU time of the longest callback into a session so far: for so long the others waited. */
double ssh_client_longest_ms(const struct ssh_client *client);

/* ---- one session -------------------------------------------------------------- */

/* As enum fleet_ssh.  AUTO is libssh2 unless it is known, or found out, that it cannot
 * reach the node.  Both do as ssh_config says where the order leaves something open.
 */
enum ssh_through { SSH_THROUGH_AUTO, SSH_THROUGH_LIBSSH2, SSH_THROUGH_OPENSSH };

/* All strings are borrowed until the session is closed. */
struct ssh_order {
    const char *name;    /* the node, for messages and known_hosts            */
    const char *address; /* name or address to connect to; NULL: name         */
    uint16_t port;       /* 0: 22                                             */
    const char *user;    /* login name; NULL: our own                         */
    const char *key;     /* key files, one a line, no others then; NULL: see keyring.h */
    const char
        *known_hosts; /* files, spaces between; NULL: OpenSSH's, ~/.ssh and /etc/ssh */
    const char *jump; /* hosts to go through (inventory/jump.h); NULL: none  */
    bool accept_new;  /* learn an unknown host key (never a changed one)   */
    const char *machine, *former; /* as struct hostkeys_host has them                */
    const char *command;          /* given to the login shell                          */
    bool no_input;                /* nothing will be written: its stdin ends at once   */
    const char *mark; /* where ssh_instead() is not to be had: as $LC_IBFLEET in the
                                environment of the command, if the server takes it (as
                                the distributions' do: AcceptEnv LC_*); NULL: none        */
    enum ssh_through through;
    const char
        *config; /* ssh_config for OpenSSH, "none"; NULL: ~/.ssh/config and /etc/ssh */
    uint64_t phase_ms; /* deadline for each phase until the command runs; 0: 15000 */
};

/* What the fleet says of a node, all borrowed from it; the command is the caller's to
 * add.
 */
struct ssh_order ssh_order_to(const struct fleet_node *node);

enum ssh_stream { SSH_STDOUT, SSH_STDERR };

/* The command did not end with a status that was told us. */
#define SSH_STATUS_UNKNOWN (-1)

/* A signal ended it. */
#define SSH_STATUS_SIGNAL 128

struct ssh_hooks {
    /* Logged in, and the command was started. */
    void (*up)(void *arg);

    void (*data)(void *arg, enum ssh_stream stream, const char *bytes, size_t len_bytes);

    /* All that was written has been handed to the network.  May be NULL. */
    void (*drained)(void *arg);

    /* The session is over.  why is NULL when the command ended by itself: status is
     * its exit status, SSH_STATUS_SIGNAL or SSH_STATUS_UNKNOWN.  Otherwise status means
     * nothing and why names the phase.  FAIL_LINK_LOST also before hooks->up: the command
     * had been asked for, and may have begun.
     */
    void (*ended)(void *arg, int status, const struct fail *why);
};

/* hooks are borrowed until the session is closed.  NULL only when memory is
 * exhausted; all other failures come through hooks->ended.
 */
struct ssh *ssh_open(struct ssh_client *client, struct uv_loop_s *loop,
                     const struct ssh_order *order, const struct ssh_hooks *hooks,
                     void *arg);

/* Queue bytes for the command's stdin; they are copied.  FAIL_FLOOD when the queue
 * is full, FAIL_LINK_LOST when the command does not run, FAIL_MEMORY.
 */
int ssh_write(struct ssh *s, const void *bytes, size_t len_bytes, struct fail *why);

/* Nothing more will be written: the command's stdin ends after what is queued.  May be
 * called again.  FAIL_LINK_LOST when the command does not run, FAIL_UNSUPPORTED.
 */
int ssh_end_input(struct ssh *s, struct fail *why);

/* The node has been told to start the command, and may have done so, though it has not
 * said it yet: hooks->up or hooks->ended will come.
 */
bool ssh_may_run(const struct ssh *s);

/* For so long its turn has not come, or had not: no more ssh processes log in at once than
 * our own machine can run.  No deadline of the caller's should count it.
 */
uint64_t ssh_waited_ms(const struct ssh *s);

/* Leave the running command alone, whatever it does, and run this one over the same
 * connection, without input: hooks->up, data and ended are the second one's from now on.
 * The node sees both in one login, so that what the first has left can be told from all
 * else there.  command is borrowed until the session is closed.  FAIL_LINK_LOST when no
 * command runs, FAIL_UNSUPPORTED where sessions are carried one command at a time; the
 * session is as it was then.
 */
int ssh_instead(struct ssh *s, const char *command, struct fail *why);

/* Give up whatever is under way and free s.  What is queued is dropped, the node is
 * not waited for.  on_closed (may be NULL) is the last thing that is heard.
 */
void ssh_close(struct ssh *s, void (*on_closed)(void *arg));

#endif
