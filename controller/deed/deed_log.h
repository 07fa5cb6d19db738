/* deed_log - a deed as the journal has it: begun, and read again by a later controller
 *
 *     deed_log_begin(journal, &order, said, &who, why);       a run of kind "azure-restart"
 *
 *     deed_log_read(history, run, &log, why);
 *     journal_take(journal, run, why) ...
 *     log->nodes, log->left: for deed_order
 *     deed_log_free(log);
 */
#ifndef CONTROLLER_DEED_LOG_H
#define CONTROLLER_DEED_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/journal/journal.h"
#include "inventory/arena.h"

struct deed_left;
struct deed_order;
struct fail;
struct history;
struct json;

/* How kinds of runs begin that are deeds. */
#define DEED_LOG_KIND "azure-"

/* Is a run of that kind a deed? */
bool deed_log_is_kind(const char *kind);

/* All is borrowed. */
struct deed_log_words {
    const char *argv;         /* JSON array */
    const char *folder;       /* where it was typed */
    const char *user;         /* who */
    const struct json *given; /* how it was started, for who takes it up */
};

/* Be the controller of a new run, and put all its instances down.  FAIL_STATE,
 * FAIL_MEMORY.
 */
int deed_log_begin(struct journal *journal, const struct deed_order *order,
                   const struct deed_log_words *words, struct fail *why);

struct deed_log {
    char *action;       /* the kind's name */
    struct json *plan;  /* what deed_log_begin() made of order and words */
    const char **nodes; /* all of the run, those that have ended too */
    struct deed_left *left;
    size_t count, room;
    uint32_t epoch;     /* of the controller before us */
    struct arena texts; /* which nodes and left borrow */
};

/* FAIL_NO_SUCH_RUN; FAIL_USAGE: it is no deed; FAIL_CLAIMED: somebody works on it;
 * FAIL_STATE: of a later version's; FAIL_MEMORY.
 */
int deed_log_read(struct history *history, const char *run, struct deed_log **log,
                  struct fail *why);

/* The newest run of this kind that has not come to its end.  FAIL_NO_SUCH_RUN. */
int deed_log_find(struct history *history, char run[JOURNAL_RUN_ID_BYTES],
                  struct fail *why);

void deed_log_free(struct deed_log *log); /* NULL is allowed */

/* Of its plan. */
size_t deed_log_batch(const struct deed_log *log);
unsigned deed_log_failures(const struct deed_log *log);
uint64_t deed_log_check_ms(const struct deed_log *log);
const struct json *deed_log_arg(const struct deed_log *log);   /* the kind's; or NULL */
const struct json *deed_log_given(const struct deed_log *log); /* words.given; or NULL */

#endif
