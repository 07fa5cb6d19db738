/* agent_options - what the agent was told on its command line
 *
 * Commands and options are rows of protocol/agent_usage.h; here they are only walked.
 *
 *     struct agent_options o;
 *
 *     if (agent_options_parse(argv + 1, &o, why) < 0)
 *         say why, end with 1
 *     if (o.value[AGENT_OPTION_PLAN]) ...
 */
#ifndef NODE_AGENT_AGENT_OPTIONS_H
#define NODE_AGENT_AGENT_OPTIONS_H

#include "protocol/agent_usage.h"

struct fail;

#define AGENT_WORDS_MAX 3

struct agent_options {
    const struct agent_command_row *command; /* NULL: none was given */
    const char *value[AGENT_OPTIONS];       /* argv's; of a flag "yes"; NULL: not given */
    const char *words[AGENT_WORDS_MAX + 1]; /* argv's, then NULL */
};

/* args ends with NULL and is without the program's name.  --option VALUE is the same as
 * --option=VALUE, -h as --help.  -1: FAIL_USAGE says what is wrong, with the nearest name.
 */
int agent_options_parse(const char *const *args, struct agent_options *o,
                        struct fail *why);

#endif
