/* custody - what is to be done with one node next (pure)
 *
 * The whole judgement of scheduler.h: who has a node out of service, when it may be drained,
 * when it is ours to work on, when it goes back and how.  It is asked after each look, with
 * what that look saw, and answers with one act; an act that is an order to the scheduler is
 * answered by the next look, not by its own success, so it may be lost or repeated.
 */
#ifndef CONTROLLER_CUSTODY_H
#define CONTROLLER_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/scheduler/scheduler.h"
#include "protocol/fail.h"

struct sighting;

/* What the processes of a forced job may take beyond KillWait. */
#define CUSTODY_KILL_MARGIN_MS 5000

/* How long Slurm may take to forget the jobs of a node that was set DOWN. */
#define CUSTODY_FORCE_MS ((uint64_t)300 * 1000)

/* Boot times are computed from an uptime, and vary by a second. */
#define CUSTODY_BOOT_S 5

struct custody_rules {
    enum scheduler_strategy strategy;
    enum scheduler_on_timeout on_timeout;
    uint64_t deadline_ms, return_ms, kill_wait_ms;
    const char *prefix; /* of our reasons: "ibfleet:RUN: " */
};

enum custody_want {
    CUSTODY_NOTHING,
    CUSTODY_TAKE,
    CUSTODY_HOLD, /* taken, and not given yet */
    CUSTODY_REBOOT,
    CUSTODY_GIVE,
    CUSTODY_WITHDRAW, /* a take that failed is undone before that is told */
};

enum custody_found {
    CUSTODY_UNSEEN,
    CUSTODY_IN_SERVICE,
    CUSTODY_OUT,      /* by somebody else, or by the scheduler itself */
    CUSTODY_STRANGER, /* not a node of the scheduler                  */
};

/* One node; starts as all zero. */
struct custody {
    enum custody_want want;
    enum custody_found found;
    bool was_known;     /* some look has seen it: then it is no stranger   */
    bool drained_by_us; /* by this run, now or before a restart            */
    bool ordered;       /* what is wanted was ordered, as far as we know   */
    enum fail_code end; /* of CUSTODY_WITHDRAW: what the take ends with    */
    uint64_t until_ms;  /* when what is wanted has failed                  */
    uint64_t forced_ms; /* when its jobs were ended; 0: not                */
    int64_t boot_s;     /* before a reboot                                 */
};

enum custody_act {
    CUSTODY_WAIT,
    /* orders; each is one call for all nodes that have it */
    CUSTODY_ACT_DRAIN,
    CUSTODY_ACT_UNDRAIN,
    CUSTODY_ACT_RESUME, /* clears DOWN, too */
    CUSTODY_ACT_DOWN,   /* ends jobs */
    CUSTODY_ACT_REBOOT,
    CUSTODY_ACT_RESERVE,
    CUSTODY_ACT_RELEASE, /* from the reservation */
    CUSTODY_ORDERS,
    /* answers; the request is over */
    CUSTODY_TAKEN,
    CUSTODY_NOT_TAKEN, /* why is filled in */
    CUSTODY_REBOOTING,
    CUSTODY_NOT_REBOOTING,
    CUSTODY_GIVEN,
    CUSTODY_LEFT, /* out of service, for somebody else's reason: given */
    CUSTODY_NOT_GIVEN,
};

/* A request comes; its time begins. */
void custody_ask(struct custody *c, const struct custody_rules *rules,
                 enum custody_want want, uint64_t now_ms);

/* After a look: what next.  Answers end the request.  *why only for those that say so. */
enum custody_act custody_next(struct custody *c, const struct custody_rules *rules,
                              const struct sighting *s, uint64_t now_ms,
                              struct fail *why);

/* The scheduler has taken this order. */
void custody_ordered(struct custody *c, enum custody_act order, uint64_t now_ms);

/* There was no look: is its time over?  Then the answer, with trouble in *why. */
enum custody_act custody_overdue(struct custody *c, uint64_t now_ms,
                                 const struct fail *trouble, struct fail *why);

/* It has come back into service while we hold it: its CUSTODY_ACT_DRAIN is worth a note. */
bool custody_is_slipping(const struct custody *c, const struct sighting *s);

/* Out of service because of this run. */
bool custody_is_ours(const struct custody *c, const struct custody_rules *rules,
                     const struct sighting *s);

/* Between them and the journal: "free", "drained: NHC: no ib0".  restore: -1, no such text. */
void custody_found_text(const struct custody *c, const struct custody_rules *rules,
                        const struct sighting *s, char *text, size_t size);
int custody_restore(struct custody *c, const char *text);

#endif
