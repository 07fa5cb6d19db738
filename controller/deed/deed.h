/* deed - one operation of Azure's on each of some instances, batch by batch
 *
 * What is done is a kind's (deed_instance.h has those of machines): how it is asked for,
 * how it is looked at, and what the look means.  When is decided here: at most so many at
 * once, each looked at until it is as wanted before the next batch begins, and nothing new
 * once more have failed than may.
 *
 *     deed_new(loop, arm, journal, &order, &hooks, me, &deed, why)
 *     deed_go(deed);                 on_change as they go, on_end once
 *     arm_close(arm, NULL, NULL);    where it ended before its calls
 *     deed_free(deed);
 *
 * Each step stands in the journal before it is taken, and where Azure said that its
 * operation can be followed, too; so a later controller goes on with what this one has
 * left (deed_left), and asks for nothing twice that may have been heard.
 */
#ifndef CONTROLLER_DEED_H
#define CONTROLLER_DEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/azure/arm.h"
#include "controller/deed/deed_state.h"
#include "protocol/fail.h"

struct deed;
struct journal;
struct json;
struct scaleset;
struct scaleset_instance;
struct uv_loop_s;

#define DEED_PATH_BYTES 1024
#define DEED_CHECK_MS   1800000u /* patience of the check, where nobody says */
#define DEED_ASKS       3u /* of one instance, when nobody knows whether they arrived */

/* Filled by a kind, from all zero. */
struct deed_ask {
    const char *method;
    char path[DEED_PATH_BYTES]; /* as arm_request's */
    const char *api_version;
    const char *expand; /* $expand; NULL: none */
    struct json *body;  /* the engine's from then on; NULL: none */
    bool is_repeatable; /* a POST that does the same when Azure gets it twice */
};

enum deed_sight {
    SIGHT_AS_WANTED,
    SIGHT_NOT_YET,   /* Azure is at it */
    SIGHT_OTHERWISE, /* not begun, or undone */
    SIGHT_FAILED     /* why says it */
};

struct deed_kind {
    const char *name;         /* "restart": stands in the journal, stable */
    const char *doing, *done; /* "restarting", "restarted": for people */
    const char *loses;        /* what the plan warns of; NULL: nothing is lost */
    bool is_seen;             /* SIGHT_AS_WANTED before asking means: nothing to do */

    /* -1: the instance fails with *why, and nothing is sent. */
    int (*ask)(void *arg, const struct scaleset *set, const struct scaleset_instance *of,
               struct deed_ask *ask, struct fail *why);
    int (*look)(void *arg, const struct scaleset *set, const struct scaleset_instance *of,
                struct deed_ask *look, struct fail *why); /* a GET */

    /* What a look has shown; answer NULL: there is no such thing (404).  That an answer
     * tells of another machine under the same name (properties.vmId) is seen by the engine.
     * Before asking, SIGHT_FAILED of something that is there is no reason not to ask.
     */
    enum deed_sight (*judge)(void *arg, const struct scaleset_instance *of,
                             const struct json *answer, struct fail *why);

    /* An operation that failed at Azure, said better than *why does, by what Azure has
     * answered (may be NULL).  NULL: as Azure says it.
     */
    void (*explain)(void *arg, const struct json *answer, struct fail *why);

    /* What arg has, for the journal (no secrets), and back: for a later controller.  All
     * three NULL: arg is not needed, and NULL then.
     */
    struct json *(*encode)(const void *arg);
    int (*decode)(const struct json *said, void **arg, struct fail *why);
    void (*discard)(void *arg); /* what decode has made */
};

/* How far an earlier controller got with an instance. */
struct deed_left {
    enum deed_state state;
    enum arm_track track;
    const char *url;   /* of DEED_FOLLOWING; NULL else */
    const char *vm_id; /* of the machine that it was; NULL: not known */
    double seconds;
    bool is_left_out; /* the operator wants no more done to it: it fails */
    struct fail why;  /* of DEED_FAILED */
};

/* All is borrowed until deed_free(). */
struct deed_order {
    const struct deed_kind *kind;
    void *arg; /* the kind's */
    const struct scaleset *const *sets;
    size_t set_count;
    const char *const *nodes; /* names or ids of instances in them */
    size_t node_count;
    size_t batch; /* at least 1 */
    unsigned max_failures;
    uint64_t check_ms;            /* 0: DEED_CHECK_MS */
    const struct deed_left *left; /* one a node; NULL: a new run */
    bool is_agreed;               /* its plan was told already, and the answer was yes */
};

/* The instance of that name or id in one of the sets, and which; NULL: in none. */
const struct scaleset_instance *deed_find(const struct deed_order *order,
                                          const char *node, const struct scaleset **set);

/* Those that have not ended, of a run that is taken up; else all. */
bool deed_is_left(const struct deed_order *order, size_t i);
size_t deed_count_left(const struct deed_order *order);

struct deed_hooks {
    /* It stands in the journal, and is so.  why: NULL unless it failed. */
    void (*on_change)(void *arg, const char *node, enum deed_state state,
                      const struct fail *why);
    /* Once, the last.  broken: the journal failed, so nothing more was begun. */
    void (*on_end)(void *arg, const struct fail *broken);
};

/* The journal has a run.  -1: FAIL_USAGE (nobody is named: to Azure, that would mean all
 * of them), FAIL_HOSTLIST (a new run names who is in none of the sets), FAIL_MEMORY.
 */
int deed_new(struct uv_loop_s *loop, struct arm *arm, struct journal *journal,
             const struct deed_order *order, const struct deed_hooks *hooks, void *arg,
             struct deed **deed, struct fail *why);

/* Begin, with what an earlier controller had begun. */
void deed_go(struct deed *deed);

/* Nothing new is begun; on_end comes when what is under way has ended. */
void deed_hold(struct deed *deed);

/* on_end comes in the loop's next turns; what Azure has taken goes on there. */
void deed_pause(struct deed *deed);

/* After on_end, when the journal is closed, and the arm where calls may be under way, as
 * after deed_pause().  NULL is allowed.  The loop must run once more for its timers to go.
 */
void deed_free(struct deed *deed);

/* ---- how it stands ------------------------------------------------------------------ */

struct deed_standing {
    const char *node;
    const struct scaleset *set;         /* NULL: it is in none any more */
    const struct scaleset_instance *of; /* likewise */
    enum deed_state state;
    const struct fail *why; /* NULL unless it failed */
    double seconds;         /* since its turn came */
};

size_t deed_count(const struct deed *deed);
void deed_look_at(const struct deed *deed, size_t i, struct deed_standing *standing);
size_t deed_in_state(const struct deed *deed, enum deed_state state);
size_t deed_ended(const struct deed *deed);

/* More have failed than may, and somebody has not begun. */
bool deed_is_spent(const struct deed *deed);

#endif
