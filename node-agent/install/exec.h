/* exec - run a program and read what it says, line by line
 *
 * By argv, never through a shell.  The program is looked up in PATH, reads
 * /dev/null or a text, and writes stdout and stderr into one pipe.  It runs in a
 * process group of its own, which is killed when the deadline passes.
 *
 *     struct exec e = {.argv = argv, .deadline_ms = 60000, .on_line = note, .arg = x};
 *     if (exec_run(&e, &status, why) < 0)
 *         it did not run, was killed, or took too long
 *
 * It waits: only for processes that may.
 */
#ifndef NODE_AGENT_INSTALL_EXEC_H
#define NODE_AGENT_INSTALL_EXEC_H

#include <stdbool.h>

struct fail;

/* A longer line comes in pieces. */
#define EXEC_LINE_MAX_BYTES 1000

/* What every pipe takes at once (PIPE_BUF), so that nobody waits for the reader. */
#define EXEC_INPUT_MAX_BYTES 4096

struct exec {
    const char *const *argv; /* ends with NULL */
    unsigned deadline_ms;    /* not 0          */
    const char *input; /* all that it reads: what must not be in argv; NULL: nothing */
    bool ends_with_us; /* it is killed when we die, and not left at work             */
    /* For each line without its newline, borrowed; may be NULL. */
    void (*on_line)(void *arg, const char *line);
    /* Asked several times a second while it runs; false ends it.  May be NULL. */
    bool (*go_on)(void *arg);
    void *arg;
};

/* *status is what the program exited with.  FAIL_STEP: it could not be started, was
 * killed by a signal, or go_on ended it; FAIL_TIMEOUT; FAIL_BUG: too much input.  why
 * may be NULL.
 */
int exec_run(const struct exec *e, int *status, struct fail *why);

#endif
