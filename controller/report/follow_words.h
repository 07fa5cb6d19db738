/* follow_words - what who follows a rollout is told: while it goes, and at its end (pure) */
#ifndef CONTROLLER_FOLLOW_WORDS_H
#define CONTROLLER_FOLLOW_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chronicle;
struct fail;
struct history_run;
struct mishaps;
struct text;

/* Lines below the block: the run, and kinds of failures. */
#define FOLLOW_FOOT_LINES 9

/* A run as it was last seen; texts are its own. */
struct follow_run {
    char *id, *state, *controller, *user;
    int64_t created_ms, ended_ms;
    uint32_t epoch;
    bool is_open; /* has not said its last word */
    bool is_live; /* a controller works on it   */
};

/* FAIL_MEMORY: *kept is as it was. */
int follow_run_keep(struct follow_run *kept, const struct history_run *run,
                    struct fail *why);
void follow_run_clear(struct follow_run *run);

/* The nodes that have failed and are not tried again, the latest first; NULL: out of memory,
 * or the journal has a name that is none.
 */
struct mishaps *follow_mishaps(const struct chronicle *c);

/* Has it nodes that have not come to an end, or are paused? */
bool follow_is_unfinished(const struct chronicle *c);

/* "  run      20261120-1626-07e9 of root, on head process 123" and the latest failures;
 * failed NULL: not known.
 */
void follow_foot(const struct follow_run *run, struct mishaps *failed, size_t max_lines,
                 struct text *text);

/* "rollout: run 20261120-1626-07e9 of root, on head process 123: 2 done, 4 installing" */
void follow_standing(const struct follow_run *run, const struct chronicle *c,
                     struct text *text);

/* "rollout: failed: 3 nodes ib[1-3]: ...": a line for each kind. */
void follow_failures(struct mishaps *failed, struct text *text);

/* After the end: what failed and what to do, then how many are in which state. */
void follow_end(const struct follow_run *run, const struct chronicle *c,
                struct mishaps *failed, struct text *text);

/* The exit status that the rollout itself ended with, as far as can be told: of one whose
 * controller is gone, interrupted.
 */
int follow_status(const struct follow_run *run, const struct chronicle *c);

#endif
