/* completion - what may follow on a command line that is being typed (pure)
 *
 * A line is read as bash and then options.c would read it, up to the cursor.
 *
 *     CLEANUP(completion_clear) struct completion c;
 *
 *     completion_read(line, word, &c);
 *     completion_add_words(&c, &out);            commands, options, their words
 *     if (c.what == COMPLETE_RUN)                the rest somebody must know:
 *         completion_add(&c, run_id, &out);      only what fits is added
 */
#ifndef CONTROLLER_COMPLETION_H
#define CONTROLLER_COMPLETION_H

#include <stddef.h>

struct command_row;
struct option_row;
struct text;

/* A longer line is completed with nothing. */
#define COMPLETION_MAX_BYTES 4096
#define COMPLETION_MAX_WORDS 256

enum completion_what {
    COMPLETE_NOTHING,
    COMPLETE_COMMAND, /* of ibfleet                                 */
    COMPLETE_PAGE,    /* of its manual                              */
    COMPLETE_OPTION,  /* of the command                             */
    COMPLETE_VALUE,   /* one of the words of an option              */
    COMPLETE_HOSTS,   /* the last part of a hostlist: node or @group */
    COMPLETE_NODE,
    COMPLETE_RUN,
    COMPLETE_FILE,
    COMPLETE_FOLDER,
    COMPLETE_PROGRAM, /* what exec is to run */
};

struct completion {
    enum completion_what what;
    const struct command_row *command;
    const struct option_row *option; /* whose value is being typed */
    const char *fleet, *state;       /* --fleet and --state, when typed before; or NULL */

    char *words;         /* all of the line, NUL after each word              */
    const char *current; /* the word at the cursor, without quotes            */
    size_t begun;        /* bytes of it before the part that is completed     */
    size_t held;         /* bytes of it that the shell does not replace       */
};

/* line: up to the cursor.  word: its end that the shell is going to replace, as bash
 * gives it in $2.  *c is always to be cleared; what is COMPLETE_NOTHING when the line
 * makes no sense, or memory is short.
 */
void completion_read(const char *line, const char *word, struct completion *c);
void completion_clear(struct completion *c);

/* The part of the word that is completed, as far as it is typed. */
const char *completion_typed(const struct completion *c);

/* Add a candidate, as a line, if what was typed can become it. */
void completion_add(const struct completion *c, const char *candidate, struct text *out);

/* All candidates that stand in the program's own tables. */
void completion_add_words(const struct completion *c, struct text *out);

/* How the shell goes on: "words", "files", "folders" or "programs". */
const char *completion_manner(const struct completion *c);

#endif
