/* examine - looks at this controller, and says what it found
 *
 * Nothing is changed, and no node is asked.
 */
#ifndef CONTROLLER_EXAMINE_H
#define CONTROLLER_EXAMINE_H

struct checkup;
struct command;

/* Program and libraries, the agent beside it, clock, locale, terminal. */
void examine_program(struct checkup *c);

/* The fleet file, and whether as many files may be open as it has nodes.  Loads the fleet
 * into the command when there is one.
 */
void examine_fleet(struct checkup *c, struct command *command);

/* Keys, the ssh-agent, known hosts, the ssh client: as the fleet's nodes need them, or as
 * they are without a fleet.
 */
void examine_login(struct checkup *c, const struct command *command);

/* The state folder, its file system, the journal in it. */
void examine_state(struct checkup *c, const struct command *command);

#endif
