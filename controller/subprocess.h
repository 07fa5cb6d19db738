/* subprocess - one run of somebody else's program, on the loop
 *
 *     struct subprocess_order order = {.argv = argv, .deadline_ms = 60000, .max_bytes = ...};
 *
 *     p = subprocess_start(loop, &order, on_ended, arg, why);
 *         ... on_ended exactly once, never before the start has returned; it has freed
 *         itself soon after
 *     subprocess_stop(p);            any time before: killed, and nothing is heard
 *
 * There is no shell.  The program gets a session of its own, so that our ^C is not its,
 * and so that all of it can be killed: at its deadline, when it prints more than was
 * expected, and by subprocess_stop().  SIGPIPE is to be ignored: not every program reads
 * what it is told.
 */
#ifndef CONTROLLER_SUBPROCESS_H
#define CONTROLLER_SUBPROCESS_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct subprocess;
struct uv_loop_s;

struct subprocess_order {       /* all of it is borrowed until start has returned  */
    const char *const *argv;    /* argv[0] is looked for in PATH; NULL at the end  */
    const char *const *environ; /* NAME=VALUE, NULL at the end; NULL: as ours      */
    const char *input;          /* for its stdin, copied; NULL: /dev/null          */
    uint64_t deadline_ms;       /* 0 is none                                       */
    size_t max_bytes;           /* of stdout                                       */
};

enum subprocess_how {
    SUBPROCESS_ENDED, /* by itself                          */
    SUBPROCESS_LATE,  /* killed: not within its deadline    */
    SUBPROCESS_FLOOD, /* killed: more than max_bytes came   */
};

/* How it went; borrowed for the time of the callback. */
struct subprocess_end {
    enum subprocess_how how;
    int status;            /* its exit status; 128 + the number of the signal */
    char *out;             /* what it printed, with a NUL behind; may be written to */
    size_t out_bytes;      /* 0 unless it ended by itself */
    const char *complaint; /* the last line of its stderr that is not empty, or "" */
};

/* NULL with *why: FAIL_MEMORY; FAIL_NO_PROGRAM: there is no such program, or it may not be
 * executed; FAIL_STATE: no process can be started here.
 */
struct subprocess *
subprocess_start(struct uv_loop_s *loop, const struct subprocess_order *order,
                 void (*on_ended)(void *arg, const struct subprocess_end *end), void *arg,
                 struct fail *why);

/* Never after on_ended was called, nor from it.  NULL is allowed. */
void subprocess_stop(struct subprocess *p);

#endif
