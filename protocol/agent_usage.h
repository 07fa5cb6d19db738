/* agent_usage - what ibfleet-agent can be told by hand, as data
 *
 * The agent parses and helps by these tables, and the controller, which carries the
 * manual, makes the page ibfleet-agent(8) of them.
 */
#ifndef PROTOCOL_AGENT_USAGE_H
#define PROTOCOL_AGENT_USAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Bits, so that an option can say which commands take it. */
enum agent_command {
    AGENT_DETECT = 1 << 0,
    AGENT_INSTALL = 1 << 1,
    AGENT_STATUS = 1 << 2,
    AGENT_UNINSTALL = 1 << 3,
    AGENT_HELP = 1 << 4,
    AGENT_VERSION = 1 << 5,
    /* what a controller starts, and what a step's unit runs */
    AGENT_SERVE = 1 << 6,
    AGENT_RELAY = 1 << 7,
    AGENT_RECEIVE = 1 << 8,
    AGENT_SEND = 1 << 9,
    AGENT_STEP = 1 << 10,
};

/* A row of options each, in the order of the table. */
enum agent_option {
    AGENT_OPTION_DRIVER,
    AGENT_OPTION_CATALOG,
    AGENT_OPTION_BUNDLE,
    AGENT_OPTION_MIRROR,
    AGENT_OPTION_PROXY,
    AGENT_OPTION_HOLD,
    AGENT_OPTION_NO_IPOIB,
    AGENT_OPTION_NAMES,
    AGENT_OPTION_RXE,
    AGENT_OPTION_REBOOT,
    AGENT_OPTION_REMOVE,
    AGENT_OPTION_ROLLBACK,
    AGENT_OPTION_PLAN,
    AGENT_OPTION_DROP, /* uninstall --driver */
    AGENT_OPTION_ROOT,
    AGENT_OPTION_JSON,
    AGENT_OPTION_HELP,
    AGENT_OPTIONS
};

struct agent_command_row {
    enum agent_command command;
    const char *name;
    size_t words_min, words_max; /* beside options */
    bool by_hand;                /* somebody types it */
    const char *synopsis;        /* what follows the name */
    const char *summary;
    const char *examples; /* lines of "COMMAND LINE|what it does" */
};

struct agent_option_row {
    const char *name;     /* without the two dashes */
    const char *argument; /* NULL for a flag */
    unsigned commands;    /* enum agent_command, or'ed */
    const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct agent_command_row agent_command_table[];
extern const struct agent_option_row agent_option_table[AGENT_OPTIONS];

/* NULL when there is none of that name. */
const struct agent_command_row *agent_command_named(const char *name);

#endif
