/* option_table - every command and every option, as data
 *
 * The parser (options.c) and the help (usage.c) walk these tables and know no
 * option by name.
 */
#ifndef CONTROLLER_OPTION_TABLE_H
#define CONTROLLER_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/options.h"

/* What the words after a command's name are. */
enum words_kind {
    WORDS_NONE,
    WORDS_HOSTS,         /* the same as -w                          */
    WORDS_HOSTS_COMMAND, /* HOSTS, then `--`, then somebody's words */
    WORDS_FILES,         /* SRC... HOSTS:DEST, or SRC... DEST with -w or -a */
    WORDS_RUN,           /* at most one                             */
    WORDS_NODE,          /* exactly one                             */
    WORDS_ACTION,        /* of `azure`, then HOSTS                  */
};

struct command_row {
    enum command_kind kind;
    const char *name;
    enum words_kind words;
    const char *synopsis; /* what follows the name */
    const char *summary;
    const char *examples; /* lines of "COMMAND LINE|what it does" */
};

enum option_type {
    OPTION_FLAG,   /* bool                                       */
    OPTION_TEXT,   /* const char *                               */
    OPTION_HOSTS,  /* char *, joined with ',' when it comes again */
    OPTION_NUMBER, /* int in min..max                            */
    OPTION_WORD,   /* const char *: one of the words in argument  */
};

struct option_row {
    const char *name; /* without the two dashes */
    char letter;      /* 0: none */
    enum option_type type;
    const char *argument; /* NULL for a flag; of a word "one|two|three" */
    size_t at;            /* offset in struct options */
    int min, max;
    unsigned commands; /* enum command_kind, or'ed */
    const char *help;
};

/* Room for the names of either table and a NULL. */
#define OPTION_ROWS_MAX 144

/* Both end with a row whose name is NULL. */
extern const struct command_row command_table[];
extern const struct option_row option_table[];

/* One of command_row.examples, and what it does; borrowed, not NUL-terminated. */
struct option_example {
    const char *line, *words;
    int line_len, words_len;
};

/* The example at *at, which moves on to the next one; for as long as **at is not 0. */
struct option_example option_example_next(const char **at);

/* The heading in help and manual under which an option of the table stands. */
const char *option_group(const struct option_row *row);

/* NULL when there is none of that name. */
const struct command_row *command_row_named(const char *name);
const struct command_row *command_row_of(enum command_kind kind);

bool command_takes_hosts(enum command_kind kind);

#endif
