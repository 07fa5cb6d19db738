/* cmd - the commands of ibfleet-agent
 *
 * Each is given the node's home and what was said on the command line, prints, and returns
 * the exit status: 0 well, 1 wrong usage, else as inventory/extension_exit.h has it.
 */
#ifndef NODE_AGENT_CMD_H
#define NODE_AGENT_CMD_H

struct agent_options;
struct fail;
struct home;

int cmd_detect(const struct home *h, const struct agent_options *o);
int cmd_install(const struct home *h, const struct agent_options *o);
int cmd_status(const struct home *h, const struct agent_options *o);
int cmd_uninstall(const struct home *h, const struct agent_options *o);
int cmd_help(const struct home *h, const struct agent_options *o);
int cmd_version(const struct home *h, const struct agent_options *o);

/* For a controller and for units, not for people. */
int cmd_serve(const struct home *h, const struct agent_options *o);
int cmd_relay(const struct home *h, const struct agent_options *o);
int cmd_receive(const struct home *h, const struct agent_options *o);
int cmd_send(const struct home *h, const struct agent_options *o);
int cmd_step(const struct home *h, const struct agent_options *o);

/* Say it on stderr, "ibfleet-agent: TEXT (CODE)"; returns the exit status for it. */
int cmd_failed(const struct fail *why);

/* Print a text that was made, and free it; NULL: why it was not. */
int cmd_print(char *text, const struct fail *why);

#endif
