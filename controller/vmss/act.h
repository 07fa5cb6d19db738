/* act - the actions of `ibfleet azure`, each in a file of its own (act_NAME.c)
 *
 * cmd_azure() has read the sets and chosen the instances (c->nodes) before it calls one
 * of them, but for those that ask nobody.  Each prints its result and returns the exit
 * status.
 */
#ifndef CONTROLLER_ACT_H
#define CONTROLLER_ACT_H

struct command;

int act_status(struct command *c);
int act_template(struct command *c);
int act_extension_status(struct command *c);
int act_extension(struct command *c); /* add, upgrade, remove */
int act_repairs_status(struct command *c);
int act_repairs_suspend(struct command *c);
int act_repairs_resume(struct command *c);
int act_health(struct command *c);
int act_deed(struct command *c); /* start, restart, redeploy, reimage, ... */
int act_resume(struct command *c);

#endif
