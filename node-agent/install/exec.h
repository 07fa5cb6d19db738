/* exec - run a program and read what it says, line by line
 *
 * By argv, never through a shell.  The program is looked up in PATH, reads
 * /dev/null, and writes stdout and stderr into one pipe.  It runs in a process
 * group of its own, which is killed when the deadline passes.
 *
 *     struct exec e = {.argv = argv, .deadline_ms = 60000, .on_line = note, .arg = x};
 *     if (exec_run(&e, &status, why) < 0)
 *         it did not run, was killed, or took too long
 *
 * It waits: only for processes that may.
 */
#ifndef NODE_AGENT_INSTALL_EXEC_H
#define NODE_AGENT_INSTALL_EXEC_H

struct fail;

/* A longer line comes in pieces. */
#define EXEC_LINE_MAX_BYTES 1000

struct exec {
    const char *const *argv; /* ends with NULL */
    unsigned deadline_ms;    /* not 0          */
    /* For each line without its newline, borrowed; may be NULL. */
    void (*on_line)(void *arg, const char *line);
    void *arg;
};

/* *status is what the program exited with.  FAIL_STEP: it could not be started, or
 * was killed by a signal; FAIL_TIMEOUT.  why may be NULL.
 */
int exec_run(const struct exec *e, int *status, struct fail *why);

#endif
