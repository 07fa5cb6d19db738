/* naive_policy - what may be begun, told from a list of all that has happened
 *
 *     naive_add(&n, (struct naive_event){.kind = NAIVE_BEGIN, .node = 3});
 *     naive_count(&n);
 *     if (naive_objection(&n, 4)) ...
 *
 * The other way to see a policy: nothing is kept but the list, and every question is answered
 * by going through it from its begin.  As slow as it is plain; it shares no line with
 * controller/rollout/policy.c but the reading of hours and shares.
 */
#ifndef TESTS_NAIVE_POLICY_H
#define TESTS_NAIVE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/rollout/policy.h"

#define NAIVE_NODES  1000
#define NAIVE_EVENTS 20000
#define NAIVE_SCOPES 64

enum naive_kind {
    NAIVE_BEGIN, /* also by an earlier controller */
    NAIVE_OUT,
    NAIVE_RESTS,
    NAIVE_KEEP,
    NAIVE_END,
    NAIVE_LATE,  /* it was told to be overdue */
    NAIVE_AWAY,  /* value                     */
    NAIVE_HELD,  /* value                     */
    NAIVE_READY, /* value                     */
    NAIVE_VETO,  /* value                     */
    NAIVE_PROMOTE,
    NAIVE_STOP,
    NAIVE_CLOSE,
    NAIVE_TIME, /* to ms and minute          */
    NAIVE_FLEET /* a node was to be begun, and too many were unhealthy */
};

struct naive_event {
    enum naive_kind kind;
    size_t node;
    bool value;
    enum policy_end end;
    const char *signature; /* of a failure; NULL: none */
    struct policy_time time;
};

/* As they stand after all events; naive_count() fills it in. */
struct naive_node {
    bool is_begun, is_kept, is_out, rests, is_late, has_ended;
    enum policy_end end;
    bool is_away, was_away, is_held, is_ready;
    uint64_t out_ms;
};

struct naive {
    const struct policy_rules *rules;
    const struct policy_node *nodes;
    size_t count;
    struct naive_event events[NAIVE_EVENTS];
    size_t event_count;

    struct naive_node now[NAIVE_NODES];
    size_t unavailable[NAIVE_SCOPES], unhealthy, left, held, busy, kept;
    bool is_vetoed, is_promoted, is_closed, is_broken;
    uint64_t work_ms;
    struct policy_time time;
};

void naive_begin(struct naive *n, const struct policy_rules *rules,
                 const struct policy_node *nodes, size_t count,
                 const struct policy_time *now);
void naive_add(struct naive *n, struct naive_event event);
void naive_count(struct naive *n);

/* Why a node may not be begun now; NULL: it may.  Of the fleet's budget nothing is said. */
const char *naive_objection(const struct naive *n, size_t node);

/* The first who may be begun; -1: nobody. */
long naive_first(const struct naive *n);

bool naive_fleet_is_unhealthy(const struct naive *n);

/* Nobody will be begun any more, whatever happens. */
bool naive_is_over(const struct naive *n);

/* Under way, out of service for too long, and not told yet. */
bool naive_is_overdue(const struct naive *n, size_t node);

#endif
