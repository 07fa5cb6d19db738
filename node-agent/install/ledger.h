/* ledger - the node's own journal: what was begun here and how it ended
 *
 * One line of JSON per entry, on disk before it is acted on.  An entry belongs to
 * (run, step, attempt); the last one of a step says where it stands:
 *
 *     intent    about to start its unit
 *     running   the unit is at work (or died: then nobody holds the step's lock)
 *     done      it is so now
 *     already   it was so before
 *     failed    with the failure
 *
 * A torn last line, left by a crash, is passed over.  The result of a step that
 * filled the disk is kept too: a ballast file is given up to make room for it.
 */
#ifndef NODE_AGENT_INSTALL_LEDGER_H
#define NODE_AGENT_INSTALL_LEDGER_H

#include <stdint.h>

#include "protocol/fail.h"

struct json;
struct home;

/* Beyond this the older half is dropped; a ledger is read whole. */
#define LEDGER_MAX_BYTES     ((size_t)1 << 20)
#define LEDGER_BALLAST_BYTES ((size_t)64 << 10)

enum ledger_state {
    LEDGER_NOTHING, /* no such entry */
    LEDGER_INTENT,
    LEDGER_RUNNING,
    LEDGER_DONE,
    LEDGER_ALREADY,
    LEDGER_FAILED,
    LEDGER_STATES
};

struct ledger_entry {
    char run[65], step[65]; /* step: "packages-1f2e3d4c", see step_id() */
    int attempt;            /* 1, 2, ... */
    enum ledger_state state;
    int64_t at_s;      /* seconds since 1970; filled in by ledger_append() */
    char boot_id[40];  /* HOME_BOOT_ID_BYTES */
    double seconds;    /* that it took */
    struct fail why;   /* of a failed one */
    struct json *what; /* the step itself, as in steps.h; only with an intent */
};

/* "intent", "running", ...; never NULL. */
const char *ledger_state_name(enum ledger_state state);

/* Has the step ended, well or badly? */
int ledger_is_over(enum ledger_state state);

/* On disk when it returns.  FAIL_DISK_FULL, FAIL_STEP, FAIL_TIMEOUT, FAIL_MEMORY. */
int ledger_append(const struct home *h, const struct ledger_entry *e, struct fail *why);

/* The last entry of that step in that run; state LEDGER_NOTHING when there is none.
 * e->what is that of its last intent.  Clear e afterwards.  FAIL_STEP, FAIL_MEMORY.
 */
int ledger_last(const struct home *h, const char *run, const char *step,
                struct ledger_entry *e, struct fail *why);
void ledger_clear(struct ledger_entry *e);

/* All entries in order; each is borrowed for the call. */
int ledger_walk(const struct home *h,
                void (*each)(void *arg, const struct ledger_entry *e), void *arg,
                struct fail *why);

#endif
