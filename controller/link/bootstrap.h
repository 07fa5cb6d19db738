/* bootstrap - the one command that finds, takes in and starts the agent (pure)
 *
 * One constant sh script, its parameters two words of ours, and a machine, a digest and
 * a size for each agent that we have, so that nothing a user or a node says is ever part
 * of a command line.  It stands in
 * single quotes and uses none, nor '!' nor a newline: bash, dash, zsh, tcsh and fish
 * read it alike.
 *
 * The node knows what machine it is, and takes the agent for that.  It lies in its
 * folder under its SHA-256.  When it is not there, or not itself, the script says
 * BOOTSTRAP_NEED, the machine of the agent that it wants, and a newline, and takes its
 * bytes from stdin; nothing may be sent before, since a login shell's profile could read
 * it.
 */
#ifndef CONTROLLER_BOOTSTRAP_H
#define CONTROLLER_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

struct agentfiles;
struct fail;
struct fleet_node;

#define BOOTSTRAP_NEED "\001ibfleet-need\002"

/* The longest name of a machine, and its end. */
#define BOOTSTRAP_MACHINE_BYTES 16

/* The agent's folder: root's, or the user's own below the home. */
enum bootstrap_folder { BOOTSTRAP_SYSTEM, BOOTSTRAP_OWN };

struct bootstrap_order {
    const struct agentfiles *agents; /* borrowed                        */
    const char *work;                /* the agent's command; NULL: serve */
};

/* The command for the login shell; the caller frees it.  FAIL_MEMORY. */
int bootstrap_command(const struct bootstrap_order *order, enum bootstrap_folder folder,
                      bool sudo, char **command, struct fail *why);

/* The same for an agent that is part of the node's image.  FAIL_FLEET_FILE when the
 * path is not absolute or holds more than letters, digits and "/._+-".
 */
int bootstrap_installed(const char *path, const struct bootstrap_order *order, bool sudo,
                        char **command, struct fail *why);

/* Which of the two it is for this node, when user (NULL: unknown) logs in: as root, by
 * sudo where the fleet allows it, or, unprivileged, as the user and from the user's own
 * folder.
 */
int bootstrap_for(const struct fleet_node *node, const char *user, bool unprivileged,
                  const struct bootstrap_order *order, char **command, struct fail *why);

/* Looks for BOOTSTRAP_NEED in what comes from stdout, in pieces of any size.  Starts
 * as all zero.
 */
struct bootstrap_scan {
    size_t matched;
    char machine[BOOTSTRAP_MACHINE_BYTES]; /* what the node says that it wants */
    size_t machine_len;
    bool done;
};

/* True once, when these bytes complete it: then scan->machine is whole. */
bool bootstrap_is_needed(struct bootstrap_scan *scan, const char *bytes,
                         size_t len_bytes);

/* What a failure quotes, at most. */
#define BOOTSTRAP_LINE_BYTES 120

/* The last line that is not empty, or "", in printable ASCII. */
void bootstrap_last_line(const char *text, char line[BOOTSTRAP_LINE_BYTES]);

/* Why it ended with this status before the agent said anything.  printed: the last
 * line of the login on stdout; err: the end of stderr.  Either may be "".
 */
void bootstrap_explain(int status, const char *printed, const char *err,
                       struct fail *why);

#endif
