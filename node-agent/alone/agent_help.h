/* agent_help - what `ibfleet-agent help` prints, made of the tables of agent_usage.h */
#ifndef NODE_AGENT_AGENT_HELP_H
#define NODE_AGENT_AGENT_HELP_H

#include <stdio.h>

struct agent_command_row;

/* All commands, and how the exit statuses are meant. */
void agent_help_all(FILE *out);

/* One: examples, then every option. */
void agent_help_command(FILE *out, const struct agent_command_row *row);

#endif
