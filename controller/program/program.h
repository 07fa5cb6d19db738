/* program - run one program on this machine: argv, a text on stdin, a deadline
 *
 *     const char *const argv[] = {path, "show", "nodes", NULL};
 *     const struct program_order order = {.argv = argv, .deadline_ms = 10000,
 *                                         .keep_bytes = 1 << 20};
 *
 *     if (program_start(loop, &order, on_ended, arg, &p, why) < 0)
 *         return -1;
 *     ... on_ended, once; then
 *     program_close(p, NULL, NULL);
 *
 * There is no shell.  The program has a process group of its own, so that Ctrl-C does not
 * reach it and all that it has started can be ended with it.  What it reads and prints goes
 * through pipes, not socket pairs: a script may open /dev/stdin and /dev/stderr.
 *
 * The process that we are must ignore SIGPIPE, as main() has it.
 *
 * It is over when it has ended and its output is closed, or a second later: what it has left
 * in the background may go on, and nobody listens to it.  One that takes too long or prints
 * too much is told to terminate, with its whole group, and killed after a grace.
 */
#ifndef CONTROLLER_PROGRAM_H
#define CONTROLLER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct program;
struct uv_loop_s;

#define PROGRAM_GRACE_MS 5000 /* as usual, between SIGTERM and SIGKILL */

/* Of output that may be kept; and of all that it may print, on both streams, as usual. */
#define PROGRAM_KEEP_BYTES  ((size_t)16 << 20)
#define PROGRAM_FLOOD_BYTES ((size_t)32 << 20)

struct program_order {
    const char *const *argv;    /* the first is the file, looked for in PATH when it has
                                   no slash; NULL ends it                               */
    const char *const *env;     /* "NAME=VALUE" beside what we have; NULL: nothing      */
    const char *const *without; /* how variables begin that it does not get; NULL: none */
    const char *input;          /* on its stdin; what it does not read is no failure    */
    size_t input_bytes;
    uint64_t deadline_ms; /* not 0 */
    uint64_t grace_ms;    /* 0: PROGRAM_GRACE_MS */
    size_t keep_bytes;    /* of stdout, at most flood_bytes, or PROGRAM_KEEP_BYTES; the
                             rest is read and forgotten */
    size_t flood_bytes;   /* that it may print; 0: PROGRAM_FLOOD_BYTES */
    int *error;           /* libuv's, of one that cannot be started; NULL: nobody asks */
};

enum program_end {
    PROGRAM_EXITED, /* status says how             */
    PROGRAM_SIGNAL, /* by somebody else; signal    */
    PROGRAM_LATE,   /* it was ended at its deadline */
    PROGRAM_FLOODED /* likewise, as it printed more than it may */
};

struct program_result {
    enum program_end end;
    int status, signal;
    char *out; /* the beginning of stdout, to change; a string, as far as it has no NUL */
    size_t out_bytes;
    bool out_is_cut;   /* there was more */
    const char *words; /* the end of stderr, at most TAIL_BYTES; as it came */
    double seconds;
};

/* Everything in order is copied.  on_ended comes once, later, unless it is closed before;
 * the result is borrowed for the call.  -1: FAIL_COMMAND, it cannot be started, and the text
 * says which and why; FAIL_MEMORY.  Nothing is left of it then, but handles that the loop
 * still has to close.
 */
int program_start(struct uv_loop_s *loop, const struct program_order *order,
                  void (*on_ended)(void *arg, const struct program_result *result),
                  void *arg, struct program **p, struct fail *why);

/* At any time, once, also in on_ended.  Silence from here on but for on_closed (NULL is
 * allowed), when all handles are gone: one that still runs is told to terminate first, and
 * killed after the grace.
 */
void program_close(struct program *p, void (*on_closed)(void *arg), void *arg);

#endif
