/* complete - what a shell asks when TAB is pressed
 *
 * Prints how the shell is to go on ("words", "files", "folders", "programs"), then the
 * candidates, one a line: commands, options and their words from the tables; nodes and
 * groups from the fleet file; runs from the journal.  What cannot be read offers nothing,
 * and nothing is made or asked of a node.
 */
#ifndef CONTROLLER_COMPLETE_H
#define CONTROLLER_COMPLETE_H

/* The line up to the cursor, and the end of it that the shell replaces.  Returns the exit
 * status.
 */
int complete(const char *line, const char *word);

#endif
