/* fleet_policy - the keys of [policy]: how a rollout goes through a fleet (pure)
 *
 *     struct fleet_policy p;
 *
 *     fleet_policy_init(&p);
 *     if (fleet_policy_find("soak", &key, why) < 0 ||
 *         fleet_policy_set(&p, key, "10m", &arena, why) < 0)
 *         say why
 *
 * A key is a row of a table, from which the fleet file, the command line and the manual are
 * made.  What the keys mean together is controller/rollout/policy.h's; here is what they
 * may be.
 */
#ifndef INVENTORY_FLEET_POLICY_H
#define INVENTORY_FLEET_POLICY_H

#include <stdint.h>

#include "inventory/arena.h"
#include "inventory/hours.h"
#include "inventory/share.h"

struct fail;

#define FLEET_MAX_WINDOW  1024 /* nodes at work at once */
#define POLICY_RAMP_MAX   16
#define POLICY_SCOPES     5
#define POLICY_MAX_FAILED 100000

enum policy_key {
    POLICY_CANARY,
    POLICY_PROMOTE,
    POLICY_SOAK,
    POLICY_RAMP,
    POLICY_WINDOW,
    POLICY_MAX_UNAVAILABLE, /* this and the next four in the order of enum policy_scope */
    POLICY_MAX_UNAVAILABLE_PARTITION,
    POLICY_MAX_UNAVAILABLE_ZONE,
    POLICY_MAX_UNAVAILABLE_PLACEMENT,
    POLICY_MAX_UNAVAILABLE_LEAF,
    POLICY_MAX_FAILURES,
    POLICY_BUDGET_UPGRADED,
    POLICY_BUDGET_FLEET,
    POLICY_CONSECUTIVE,
    POLICY_SAME_FAILURE,
    POLICY_HEALTHY_DEADLINE,
    POLICY_PROGRESS_DEADLINE,
    POLICY_WAIT_DEADLINE,
    POLICY_HOURS,
    POLICY_VETO,
    POLICY_ORDER,
    POLICY_HOLD,
    POLICY_SKIP,
    POLICY_ON_FAILURE,
    POLICY_SCHEDULER,
    POLICY_STRATEGY,
    POLICY_DRAIN_DEADLINE,
    POLICY_ON_TIMEOUT,
    POLICY_REBOOT_BY,
    POLICY_FABRIC_CHECK,
    POLICY_REFERENCES,
    POLICY_BEFORE_NODE,
    POLICY_AFTER_NODE,
    POLICY_BEFORE_BATCH,
    POLICY_AFTER_BATCH,
    POLICY_HOOK_DEADLINE,
    POLICY_METRICS,
    POLICY_LOG,
    POLICY_KEYS
};

/* Whose unavailability has a limit. */
enum policy_scope {
    POLICY_OF_FLEET,
    POLICY_OF_PARTITION,
    POLICY_OF_ZONE,
    POLICY_OF_PLACEMENT,
    POLICY_OF_LEAF
};

enum policy_canary { CANARY_NONE, CANARY_COVERAGE, CANARY_COUNT, CANARY_HOSTS };
enum policy_promote { PROMOTE_AUTO, PROMOTE_MANUAL };
enum policy_order { ORDER_UNHEALTHY, ORDER_SPREAD, ORDER_NAME };
enum policy_on_failure { ON_FAILURE_LEAVE, ON_FAILURE_ROLLBACK, ON_FAILURE_UNDRAIN };
enum policy_scheduler {
    POLICY_SCHEDULER_AUTO,
    POLICY_SCHEDULER_NONE,
    POLICY_SCHEDULER_SLURM,
    POLICY_SCHEDULER_PROGRAM
};
enum policy_strategy { STRATEGY_DRAIN, STRATEGY_WHEN_IDLE, STRATEGY_RESERVATION };
enum policy_on_timeout { ON_TIMEOUT_SKIP, ON_TIMEOUT_FAIL, ON_TIMEOUT_FORCE };
enum policy_log {
    POLICY_LOG_AUTO,
    POLICY_LOG_SYSLOG,
    POLICY_LOG_JOURNALD,
    POLICY_LOG_NONE
};

/* Texts are borrowed from the arena. */
struct fleet_policy {
    const char *said[POLICY_KEYS]; /* as it was written; NULL: the default holds */

    unsigned canary; /* enum policy_canary, as the other words are theirs */
    unsigned canary_count;
    const char *canary_hosts;
    unsigned promote;
    uint64_t soak_ms;
    struct share ramp[POLICY_RAMP_MAX];
    unsigned ramp_count; /* 0: one batch */
    unsigned window;
    struct share max_unavailable[POLICY_SCOPES]; /* by enum policy_scope */
    unsigned max_failures;
    struct share budget_upgraded, budget_fleet;
    unsigned consecutive, same_failure; /* 0: no such limit */
    uint64_t healthy_ms, progress_ms;   /* 0: none          */
    uint64_t wait_ms;
    struct hours hours;
    const char *veto; /* NULL: none */
    unsigned char order[3];
    unsigned order_count;
    const char *hold, *skip; /* hostlists; NULL: nobody */
    unsigned on_failure;
    unsigned scheduler;
    const char *scheduler_program;
    unsigned strategy;
    uint64_t drain_ms;
    unsigned on_timeout;
    unsigned reboot_by_scheduler, fabric_check; /* 0 or 1 */
    unsigned references;
    const char *before_node, *after_node, *before_batch, *after_batch; /* NULL: none */
    uint64_t hook_ms;
    const char *metrics; /* NULL: none */
    unsigned log;
};

/* Every key at its default. */
void fleet_policy_init(struct fleet_policy *p);

/* Give one key a value.  -1: FAIL_FLEET_FILE, "KEY is WHAT, not 'VALUE'", or FAIL_MEMORY,
 * and nothing has changed.
 */
int fleet_policy_set(struct fleet_policy *p, enum policy_key key, const char *value,
                     struct arena *arena, struct fail *why);

/* The key of that name; -1: FAIL_FLEET_FILE, with the nearest name. */
int fleet_policy_find(const char *name, enum policy_key *key, struct fail *why);

/* "max_unavailable"; what a value may be; its default as it would be written; what it does;
 * one value, and what that one does.  Never NULL.
 */
const char *policy_key_name(enum policy_key key);
const char *policy_key_what(enum policy_key key);
const char *policy_key_default(enum policy_key key);
const char *policy_key_meaning(enum policy_key key);
const char *policy_key_example(enum policy_key key);
const char *policy_key_example_meaning(enum policy_key key);

/* What holds: as it was written, or the default. */
const char *fleet_policy_text(const struct fleet_policy *p, enum policy_key key);

/* "90", "90s", "10m", "2h", "1d": at most a year.  -1: it is none. */
int policy_duration(const char *text, uint64_t *ms);

#endif
