/* shell_line - the shell line that one node is given (pure)
 *
 *     shell_line_join(words, count, &line, why);       as ssh joins them
 *     shell_line_for(&order, node, rank, &line, why);  for one node
 *
 * With subst, %h is the node's name, %n its number among the chosen ones, from 0, %u
 * the login name and %% a percent sign.
 */
#ifndef CONTROLLER_SHELL_LINE_H
#define CONTROLLER_SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct fleet_node;

/* What fits into one SSH packet with room to spare. */
#define SHELL_LINE_MAX_BYTES ((size_t)16 << 10)

struct shell_line {
    const char *words;
    bool subst; /* put in what stands for the node */
    bool sudo;  /* run all of it as root, by sudo -n */
};

/* The words parted by spaces, for the node's shell to read; the caller frees them.
 * FAIL_USAGE when they are too many, FAIL_MEMORY.
 */
int shell_line_join(char *const *words, size_t count, char **line, struct fail *why);

/* Does a percent sign stand before something that it has no meaning for?  FAIL_USAGE. */
int shell_line_check(const struct shell_line *order, struct fail *why);

/* The line for one node; the caller frees it.  login is the name that is logged in
 * with; NULL: not known.  FAIL_USAGE, FAIL_MEMORY.
 *
 * What is more than plain words and goes through sudo is wrapped into a sh of root's,
 * so that pipes and redirections are root's, too; its special characters travel as
 * octal numbers, since no quoting means the same to all login shells.
 */
int shell_line_for(const struct shell_line *order, const struct fleet_node *node,
                   size_t rank, const char *login, char **line, struct fail *why);

/* Did sudo refuse, by the end of what stderr said?  Then *why is FAIL_SUDO_PASSWORD. */
bool shell_line_is_refused(const char *err, struct fail *why);

#endif
