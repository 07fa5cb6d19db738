/* command - what every subcommand is given, and what it must give back
 *
 * main.c reads the options, opens a command (fleet file, chosen nodes, loop),
 * runs cmd_NAME() and closes.  A cmd_NAME() prints its result to stdout, its
 * failures with screen_fail(), and returns the exit status.  What not every
 * command needs is opened when first asked for, and closed by command_close().
 *
 *     int cmd_probe(struct command *c)
 *     {
 *         if (command_pool(c, &pool, &why) < 0)
 *             return screen_fail(&why);
 *         command_watch(c, on_interrupt, &probe);
 *         ... link_new(pool, c->nodes[i], ...) ...
 *         uv_run(c->loop, UV_RUN_DEFAULT);     ends when our handles are closed
 *         return outcome_status(&probe.outcome);
 *     }
 */
#ifndef CONTROLLER_COMMAND_H
#define CONTROLLER_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "controller/outcome.h"

struct command_insides;
struct door;
struct fail;
struct fleet;
struct fleet_node;
struct link_pool;
struct census;
struct options;
struct progress;
struct progress_state;
struct hostset;
struct sources;
struct ssh_client;
struct uv_loop_s;

/* All borrowed by the command; valid until command_close(). */
struct command {
    struct uv_loop_s *loop;
    const struct options *options;
    struct fleet *fleet;             /* NULL for commands without one */
    const struct fleet_node **nodes; /* chosen by HOSTS, in natural order */
    size_t node_count;
    struct census *census; /* the scale sets that some nodes are of; see census.h */
    struct command_insides *insides;
};

/* Loads the fleet file and chooses the nodes, for commands that take HOSTS.
 * On -1 nothing is to be closed: FAIL_USAGE, FAIL_HOSTLIST (no such node, nobody
 * left), FAIL_FLEET_FILE, FAIL_MEMORY; with scale sets also as census_finder(), and
 * FAIL_PREFLIGHT for what a rollout must not be done to.
 */
int command_open(const struct options *options, struct command *c, struct fail *why);

/* Closes the pool and the signal handles and ends the loop; a handle that a
 * command has left open is a bug and asserted.
 */
void command_close(struct command *c);

/* Load the fleet (unless there is one) and choose other nodes than the options
 * do, for resume.  Same failures; on -1 the old choice stands.
 */
int command_choose(struct command *c, const char *hosts, struct fail *why);

/* Warn of what is in the way of measuring or changing the chosen nodes' scale sets.
 * FAIL_PREFLIGHT: a rollout would do certain harm; FAIL_MEMORY.
 */
int command_forewarn(struct command *c, struct fail *why);

/* The names that a hostlist means, of nodes that the fleet need not have any more: its
 * groups are the fleet file's, if there is one, and the sources'.  *set is the caller's.
 * Fails as fleet_names(), and as the fleet file may.
 */
int command_names(struct command *c, const char *hostlist, struct hostset **set,
                  struct fail *why);

/* The fleet file that is read: --fleet, $IBFLEET_FLEET, ./fleet.ini or that of /etc;
 * NULL when there is none.  Borrowed.
 */
const char *command_fleet_file(const struct command *c);

/* Whom groups outside the fleet file are asked from, made on the first call.
 * FAIL_MEMORY.
 */
int command_sources(struct command *c, struct sources **sources, struct fail *why);

/* What all SSH sessions share, made on the first call, with the keys and known hosts of
 * all chosen nodes read: FAIL_KEY_FILE, FAIL_USAGE or FAIL_STATE before any node is
 * reached.
 */
int command_client(struct command *c, struct ssh_client **client, struct fail *why);

/* What --timeout says of each phase of a login; 0: nothing. */
uint64_t command_login_ms(const struct command *c);

/* Whose turn it is to log in, opened on the first call: as many at once as --width says,
 * or as it turns out; a server that turns everything away is tried at most as long as
 * --timeout says (door.h).  FAIL_MEMORY.
 */
int command_door(struct command *c, struct door **door, struct fail *why);

/* How many nodes may be connected at once by a command that can let the others wait:
 * --width, or all, but no more than we may have files open.  FAIL_USAGE when that is not
 * enough to begin.
 */
int command_at_once(struct command *c, size_t *at_once, struct fail *why);

/* The pool of links, opened on the first call with what the options say (sudo or
 * not); -l, -i, -p and the like stand in the fleet's nodes already.  FAIL_STATE:
 * the agent cannot be read; FAIL_USAGE: more nodes than we may have files open; and as
 * command_client().
 */
int command_pool(struct command *c, struct link_pool **pool, struct fail *why);

/* The folder for journals, made (0700) on the first call: --state, else
 * /var/lib/ibfleet for root, else $XDG_STATE_HOME/ibfleet, else
 * ~/.local/state/ibfleet.  FAIL_STATE: cannot be made or written, or lies on NFS
 * or Lustre, whose locks SQLite cannot trust.  Borrowed.
 */
int command_state(struct command *c, const char **folder, struct fail *why);

/* Where that folder is or would be; nothing is made.  The caller's to free. */
int command_state_path(const struct command *c, char **path, struct fail *why);

/* A progress display with the chosen nodes as items, as --progress says; states
 * are borrowed until progress_close(), which is the command's.  FAIL_MEMORY.
 */
int command_progress(struct command *c, const char *title,
                     const struct progress_state *states, size_t state_count,
                     struct progress **p, struct fail *why);

/* SIGINT, SIGTERM and SIGHUP from now on: hook gets 1 for the first of them (say where
 * things stand, start nothing new) and 2 for the second (pause or end now); the next ends
 * the process as if nobody watched.  Watching does not keep the loop alive.  FAIL_BUG when libuv refuses.
 */
int command_watch(struct command *c, void (*hook)(void *arg, unsigned nth), void *arg,
                  struct fail *why);

/* The commands.  Each returns the exit status. */
int cmd_nodes(struct command *c);
int cmd_probe(struct command *c);
int cmd_exec(struct command *c);
int cmd_copy(struct command *c);
int cmd_rollout(struct command *c);
int cmd_validate(struct command *c);
int cmd_status(struct command *c);
int cmd_show(struct command *c);
int cmd_report(struct command *c);
int cmd_resume(struct command *c);
int cmd_doctor(struct command *c);
int cmd_logs(struct command *c);
int cmd_azure(struct command *c);
int cmd_request(struct command *c); /* promote, pause, abort */

/* abort, of a run whose controller is gone (cmd_resume.c). */
int cmd_abort_dead(struct command *c);

#endif
