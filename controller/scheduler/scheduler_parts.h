/* scheduler_parts - between the acting files of the scheduler, and nobody else's
 *
 * It does one thing at a time: a look (some questions), then the orders that follow from it
 * (some calls), then a rest.  Requests that come meanwhile are answered by a later look,
 * since one that began before them may be too old to drain by.
 */
#ifndef CONTROLLER_SCHEDULER_PARTS_H
#define CONTROLLER_SCHEDULER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/scheduler/custody.h"
#include "controller/scheduler/namebook.h"
#include "controller/scheduler/scheduler.h"
#include "controller/scheduler/slurm_reservations.h"
#include "controller/scheduler/slurm_settings.h"
#include "controller/scheduler/words.h"
#include "protocol/fail.h"

struct program;
struct sighting;
struct uv_timer_s;

/* 10,000 nodes of Slurm's take 7 MB; 100,000 jobs 6 MB. */
#define SCHEDULER_MAX_ANSWER ((size_t)64 << 20)

/* Pauses between looks grow from the first to poll_ms, or while it does not answer to the
 * last.
 */
#define SCHEDULER_FIRST_PAUSE_MS 500u
#define SCHEDULER_LAST_PAUSE_MS  30000u

/* How often nodes that we hold are looked at while nobody waits. */
#define SCHEDULER_HOLD_LOOK_MS 60000u

/* After its first few orders a node is looked at without delay. */
#define SCHEDULER_QUICK_ORDERS 3

struct node {
    struct custody custody;
    uint64_t look_from; /* the number of the first look that is young enough */
    unsigned orders;    /* since it was asked for */
    char *found;        /* NULL: not touched */
    bool
        is_cut_short; /* given while it was being taken: that take is still to be answered */
};

/* One call for some nodes. */
struct order {
    enum custody_act act;
    size_t *nodes;
    size_t count;
    struct words words;
};

enum scheduler_phase {
    SCHEDULER_OPENING,
    SCHEDULER_LOOKING,
    SCHEDULER_ACTING,
    SCHEDULER_RESTING,
    SCHEDULER_BROKEN, /* ready said why; it is only closed */
};

struct scheduler {
    struct uv_loop_s *loop;
    struct scheduler_config config;
    char *command, *run, *prefix, *reason;
    struct custody_rules rules;
    struct namebook *book;
    size_t count;
    struct node *nodes;
    const struct scheduler_hooks *hooks;
    void *arg;

    enum scheduler_phase phase;
    int step; /* of the opening, or of the look */
    bool is_ready, is_closing;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
    struct uv_timer_s *timer;
    struct program *call;
    char call_name[120];
    void (*on_answer)(struct scheduler *s, char *out);               /* of the call */
    void (*on_failure)(struct scheduler *s, const struct fail *why); /* of the call */

    struct slurm_settings settings;
    uint64_t looks; /* begun */
    struct sighting *seen, *fresh;
    struct scheduler_seen *shown;
    struct slurm_reservations made, fresh_made;
    char shown_found[200];

    struct order *orders;
    size_t order_count, order_at;
    bool is_quick, has_failed; /* of the orders of this look */
    bool is_look_wanted;
    uint64_t pause_ms;
    struct fail trouble; /* why the last call did not work */
};

/* ---- scheduler_call: one call -------------------------------------------------------- */

/* Takes words.  Then on_answer or on_failure, maybe before it returns; neither when stopped. */
void scheduler_call(struct scheduler *s, struct words *words,
                    void (*on_answer)(struct scheduler *s, char *out),
                    void (*on_failure)(struct scheduler *s, const struct fail *why));

/* The one that is on its way, if there is one, is ended. */
void scheduler_call_stop(struct scheduler *s);

/* ---- scheduler_begin: before the first look ------------------------------------------- */

void scheduler_begin(struct scheduler *s);
void scheduler_refuse(struct scheduler *s, const struct fail *why);

/* ---- scheduler_sight: a look ----------------------------------------------------------- */

void scheduler_sight(struct scheduler *s);

/* ---- scheduler_act: what follows from it ----------------------------------------------- */

void scheduler_act(struct scheduler *s);

/* No look: those whose time is over are told so. */
void scheduler_sweep(struct scheduler *s);

void scheduler_drop_orders(struct scheduler *s);

/* ---- scheduler -------------------------------------------------------------------------- */

void scheduler_rest(struct scheduler *s, bool failed);

/* A sentence for hooks->note. */
void scheduler_note(struct scheduler *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Those nodes as Slurm reads them; malloc'ed, NULL without memory. */
char *scheduler_fold(const struct scheduler *s, const size_t *nodes, size_t count);

#endif
