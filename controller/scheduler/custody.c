#include "controller/scheduler/custody.h"

#include <stdio.h>
#include <string.h>

#include "controller/scheduler/sighting.h"

/* ---- whose ------------------------------------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static const char *reason_of(const struct sighting *s)
{
    return s->reason ? s->reason : "";
}

/* Slurm's own words for a node that was rebooted, or was away for it. */
static bool is_own_word(const char *reason)
{
    return !*reason || begins(reason, "Not responding") ||
           begins(reason, "Node unexpectedly rebooted") ||
           begins(reason, "reboot timed out");
}

bool custody_is_ours(const struct custody *c, const struct custody_rules *rules,
                     const struct sighting *s)
{
    if (!sighting_is_out(s))
        return false;
    if (begins(reason_of(s), rules->prefix))
        return true;
    return c->drained_by_us && c->found != CUSTODY_OUT && is_own_word(reason_of(s));
}

static void find(struct custody *c, const struct custody_rules *rules,
                 const struct sighting *s)
{
    if (!s->is_known)
        c->found = CUSTODY_STRANGER;
    else if (sighting_is_out(s) && !custody_is_ours(c, rules, s))
        c->found = CUSTODY_OUT;
    else
        c->found = CUSTODY_IN_SERVICE;
}

/* ---- requests ------------------------------------------------------------------------------------ */

void custody_ask(struct custody *c, const struct custody_rules *rules,
                 enum custody_want want, uint64_t now_ms)
{
    c->want = want;
    c->ordered = false;
    c->boot_s = 0;
    c->forced_ms = want == CUSTODY_TAKE ? 0 : c->forced_ms;
    c->until_ms = now_ms + (want == CUSTODY_TAKE ? rules->deadline_ms : rules->return_ms);
}

void custody_ordered(struct custody *c, enum custody_act order, uint64_t now_ms)
{
    if (order == CUSTODY_ACT_DRAIN || order == CUSTODY_ACT_DOWN)
        c->drained_by_us = true;
    if (order == CUSTODY_ACT_DOWN)
        c->forced_ms = now_ms;
    if (order == CUSTODY_ACT_UNDRAIN || order == CUSTODY_ACT_RESUME ||
        order == CUSTODY_ACT_REBOOT)
        c->ordered = true;
}

static enum custody_act end(struct custody *c, enum custody_act answer)
{
    bool is_held = answer == CUSTODY_TAKEN || answer == CUSTODY_REBOOTING ||
                   answer == CUSTODY_NOT_REBOOTING;

    if (answer == CUSTODY_GIVEN || answer == CUSTODY_LEFT)
        *c = (struct custody){.was_known = c->was_known}; /* to be found anew */
    c->want = is_held ? CUSTODY_HOLD : CUSTODY_NOTHING;
    return answer;
}

static bool is_late(const struct custody *c, uint64_t now_ms)
{
    return now_ms >= c->until_ms;
}

/* In the scheduler's words, where it has any. */
static const char *state_of(const struct sighting *s)
{
    return s->state ? s->state : "unknown";
}

/* ---- give ---------------------------------------------------------------------------------------- */

static enum custody_act not_given(struct custody *c, const struct sighting *s,
                                  const char *what, struct fail *why)
{
    fail_set(why, FAIL_NOT_BACK, "%s: %s%s%.120s", what, state_of(s),
             *reason_of(s) ? ", " : "", reason_of(s));
    return end(c, CUSTODY_NOT_GIVEN);
}

static enum custody_act wait_for_return(struct custody *c, const struct sighting *s,
                                        uint64_t now_ms, struct fail *why)
{
    if (!is_late(c, now_ms))
        return CUSTODY_WAIT;
    return not_given(c, s,
                     s->is_silent ? "its slurmd does not answer"
                                  : "not back in service in time",
                     why);
}

/* How a node that is ours goes back.  While its daemon is silent it is let alone: a node
 * that is resumed before it has registered again is DOWN once more as soon as it does.
 */
static enum custody_act bring_back(const struct sighting *s)
{
    return s->is_down ? CUSTODY_ACT_RESUME : CUSTODY_ACT_UNDRAIN;
}

static enum custody_act next_give(struct custody *c, const struct custody_rules *rules,
                                  const struct sighting *s, uint64_t now_ms,
                                  struct fail *why)
{
    bool is_ours = custody_is_ours(c, rules, s);

    if (!s->is_known && !c->was_known)
        return end(c, CUSTODY_GIVEN);
    if (!s->is_known || s->is_unsettled)
        return wait_for_return(c, s, now_ms, why);
    if (sighting_is_out(s) && !is_ours) {
        if (c->ordered)
            return not_given(c, s, "out of service again", why);
        return s->is_reserved ? CUSTODY_ACT_RELEASE : end(c, CUSTODY_LEFT);
    }
    if (is_late(c, now_ms) || s->is_silent || (is_ours && s->is_rebooting))
        return wait_for_return(c, s, now_ms, why);
    if (is_ours)
        return bring_back(s);
    if (s->is_invalid)
        return wait_for_return(c, s, now_ms, why);
    return s->is_reserved ? CUSTODY_ACT_RELEASE : end(c, CUSTODY_GIVEN);
}

/* ---- withdraw --------------------------------------------------------------------------------------- */

static enum custody_act withdraw(struct custody *c, const struct custody_rules *rules,
                                 enum fail_code code, uint64_t now_ms)
{
    custody_ask(c, rules, CUSTODY_WITHDRAW, now_ms);
    c->end = code;
    return CUSTODY_WAIT;
}

static enum custody_act next_withdraw(struct custody *c,
                                      const struct custody_rules *rules,
                                      const struct sighting *s, uint64_t now_ms,
                                      struct fail *why)
{
    uint64_t minutes = rules->deadline_ms / 60000;
    bool is_late_too = is_late(c, now_ms);

    if (s->is_known && !is_late_too) {
        if (s->is_unsettled)
            return CUSTODY_WAIT;
        if (custody_is_ours(c, rules, s))
            return bring_back(s);
        if (s->is_reserved)
            return CUSTODY_ACT_RELEASE;
    }
    fail_set(why, c->end, "its jobs have not ended within %llu %s%s",
             (unsigned long long)(minutes ? minutes : rules->deadline_ms / 1000),
             minutes ? "min" : "s",
             is_late_too && custody_is_ours(c, rules, s) ? "; it is left drained by us"
                                                         : "");
    return end(c, CUSTODY_NOT_TAKEN);
}

/* ---- take ------------------------------------------------------------------------------------------- */

static enum custody_act not_taken(struct custody *c, struct fail *why,
                                  enum fail_code code, const char *text)
{
    fail_set(why, code, "%s", text);
    return end(c, CUSTODY_NOT_TAKEN);
}

/* By somebody else: only its jobs are waited for. */
static enum custody_act take_foreign(struct custody *c, const struct custody_rules *rules,
                                     const struct sighting *s, uint64_t now_ms,
                                     struct fail *why)
{
    if (!s->has_jobs)
        return end(c, CUSTODY_TAKEN);
    if (!is_late(c, now_ms))
        return CUSTODY_WAIT;
    if (rules->on_timeout == SCHEDULER_FORCE)
        return not_taken(
            c, why, FAIL_JOBS_LEFT,
            "somebody else has taken it out of service: its jobs are not ended "
            "by us");
    return withdraw(c, rules,
                    rules->on_timeout == SCHEDULER_SKIP ? FAIL_SKIPPED : FAIL_JOBS_LEFT,
                    now_ms);
}

static enum custody_act time_is_up(struct custody *c, const struct custody_rules *rules,
                                   const struct sighting *s, uint64_t now_ms)
{
    if (rules->on_timeout != SCHEDULER_FORCE)
        return withdraw(c, rules,
                        rules->on_timeout == SCHEDULER_SKIP ? FAIL_SKIPPED
                                                            : FAIL_JOBS_LEFT,
                        now_ms);
    /* With ReturnToService=2 what is only DOWN comes back by itself. */
    return s->is_drained ? CUSTODY_ACT_DOWN : CUSTODY_ACT_DRAIN;
}

static enum custody_act take_in_service(struct custody *c,
                                        const struct custody_rules *rules,
                                        const struct sighting *s, uint64_t now_ms,
                                        struct fail *why)
{
    if (is_late(c, now_ms) && s->has_jobs)
        return time_is_up(c, rules, s, now_ms);
    if (now_ms >= c->until_ms + rules->return_ms)
        return not_taken(c, why, FAIL_SCHEDULER_ANSWER,
                         "still in service, though the scheduler has taken its drain");
    switch (rules->strategy) {
    case SCHEDULER_WHEN_IDLE:
        return s->has_jobs ? CUSTODY_WAIT : CUSTODY_ACT_DRAIN;
    case SCHEDULER_RESERVATION:
        if (!s->is_reserved)
            return CUSTODY_ACT_RESERVE;
        return s->is_reserved_now && !s->has_jobs ? CUSTODY_ACT_DRAIN : CUSTODY_WAIT;
    case SCHEDULER_DRAIN:
        break;
    }
    return CUSTODY_ACT_DRAIN;
}

/* After the force Slurm knows of no job, and their processes may still be ending. */
static enum custody_act take_forced(struct custody *c, const struct custody_rules *rules,
                                    const struct sighting *s, uint64_t now_ms,
                                    struct fail *why)
{
    uint64_t quiet_ms = c->forced_ms + rules->kill_wait_ms + CUSTODY_KILL_MARGIN_MS;

    if (!s->has_jobs && now_ms >= quiet_ms)
        return end(c, CUSTODY_TAKEN);
    if (s->has_jobs && now_ms >= quiet_ms + CUSTODY_FORCE_MS)
        return not_taken(c, why, FAIL_JOBS_LEFT,
                         "Slurm still has jobs on it though it was set DOWN");
    return CUSTODY_WAIT;
}

static enum custody_act take_ours(struct custody *c, const struct custody_rules *rules,
                                  const struct sighting *s, uint64_t now_ms,
                                  struct fail *why)
{
    c->drained_by_us = true;
    if (c->forced_ms)
        return take_forced(c, rules, s, now_ms, why);
    if (!s->has_jobs)
        return end(c, CUSTODY_TAKEN);
    if (is_late(c, now_ms))
        return time_is_up(c, rules, s, now_ms);
    /* A job has slipped in between the look and the drain: nothing idles for our sake. */
    return rules->strategy == SCHEDULER_WHEN_IDLE ? CUSTODY_ACT_UNDRAIN : CUSTODY_WAIT;
}

static enum custody_act next_take(struct custody *c, const struct custody_rules *rules,
                                  const struct sighting *s, uint64_t now_ms,
                                  struct fail *why)
{
    if (s->is_unsettled || (!s->is_known && c->was_known))
        return is_late(c, now_ms)
                   ? not_taken(c, why, FAIL_SCHEDULER_ANSWER,
                               s->is_known ? "Slurm does not know its state yet"
                                           : "it is no node of the scheduler any more")
                   : CUSTODY_WAIT;
    if (c->found == CUSTODY_UNSEEN)
        find(c, rules, s);
    if (!s->is_known)
        return end(c, CUSTODY_TAKEN);
    if (!sighting_is_out(s))
        return take_in_service(c, rules, s, now_ms, why);
    return custody_is_ours(c, rules, s) ? take_ours(c, rules, s, now_ms, why)
                                        : take_foreign(c, rules, s, now_ms, why);
}

/* ---- hold, reboot -------------------------------------------------------------------------------------- */

bool custody_is_slipping(const struct custody *c, const struct sighting *s)
{
    return c->want == CUSTODY_HOLD && s->is_known && !s->is_unsettled &&
           !sighting_is_out(s);
}

/* "reboot timed out" takes the DRAIN away and leaves DOWN. */
static enum custody_act next_hold(const struct custody *c,
                                  const struct custody_rules *rules,
                                  const struct sighting *s)
{
    bool is_only_down = s->is_known && s->is_down && !s->is_drained && !s->is_rebooting &&
                        custody_is_ours(c, rules, s);

    return custody_is_slipping(c, s) || is_only_down ? CUSTODY_ACT_DRAIN : CUSTODY_WAIT;
}

/* An order that was lost on its way is told by the node: it reboots, or has rebooted. */
static enum custody_act next_reboot(struct custody *c, const struct sighting *s,
                                    uint64_t now_ms, struct fail *why)
{
    if (!s->is_known) {
        fail_set(why, FAIL_UNSUPPORTED,
                 "the scheduler cannot reboot it: not a node of it");
        return end(c, CUSTODY_NOT_REBOOTING);
    }
    if (c->ordered || s->is_rebooting ||
        (c->boot_s && s->boot_s > c->boot_s + CUSTODY_BOOT_S))
        return end(c, CUSTODY_REBOOTING);
    if (is_late(c, now_ms)) {
        fail_set(why, FAIL_SCHEDULER_ANSWER,
                 "the scheduler has not rebooted it in time: %s", state_of(s));
        return end(c, CUSTODY_NOT_REBOOTING);
    }
    if (!c->boot_s)
        c->boot_s = s->boot_s;
    return s->is_unsettled || s->has_jobs ? CUSTODY_WAIT : CUSTODY_ACT_REBOOT;
}

/* ---- what next --------------------------------------------------------------------------------------------- */

enum custody_act custody_next(struct custody *c, const struct custody_rules *rules,
                              const struct sighting *s, uint64_t now_ms, struct fail *why)
{
    enum custody_act act = CUSTODY_WAIT;

    c->was_known |= s->is_known;
    switch (c->want) {
    case CUSTODY_NOTHING:
        return CUSTODY_WAIT;
    case CUSTODY_HOLD:
        return next_hold(c, rules, s);
    case CUSTODY_REBOOT:
        return next_reboot(c, s, now_ms, why);
    case CUSTODY_GIVE:
        return next_give(c, rules, s, now_ms, why);
    case CUSTODY_TAKE:
        act = next_take(c, rules, s, now_ms, why);
        break;
    case CUSTODY_WITHDRAW:
        break;
    }
    return c->want == CUSTODY_WITHDRAW ? next_withdraw(c, rules, s, now_ms, why) : act;
}

enum custody_act custody_overdue(struct custody *c, uint64_t now_ms,
                                 const struct fail *trouble, struct fail *why)
{
    enum custody_want want = c->want;

    if (want == CUSTODY_NOTHING || want == CUSTODY_HOLD || !is_late(c, now_ms))
        return CUSTODY_WAIT;
    *why = *trouble;
    return end(c, want == CUSTODY_GIVE     ? CUSTODY_NOT_GIVEN
                  : want == CUSTODY_REBOOT ? CUSTODY_NOT_REBOOTING
                                           : CUSTODY_NOT_TAKEN);
}

/* ---- the journal --------------------------------------------------------------------------------------------- */

void custody_found_text(const struct custody *c, const struct custody_rules *rules,
                        const struct sighting *s, char *text, size_t size)
{
    enum scheduler_standing standing = sighting_standing(s);

    if (custody_is_ours(c, rules, s) || c->found == CUSTODY_IN_SERVICE)
        snprintf(text, size, "free");
    else if (sighting_is_out(s))
        snprintf(text, size, "%s: %.150s", scheduler_standing_name(standing),
                 reason_of(s));
    else
        snprintf(text, size, "%s", scheduler_standing_name(standing));
}

int custody_restore(struct custody *c, const char *text)
{
    static const enum custody_found found[SCHEDULER_STANDINGS] = {
        [SCHEDULER_UNKNOWN] = CUSTODY_STRANGER, [SCHEDULER_FREE] = CUSTODY_IN_SERVICE,
        [SCHEDULER_BUSY] = CUSTODY_IN_SERVICE,  [SCHEDULER_DRAINING] = CUSTODY_OUT,
        [SCHEDULER_DRAINED] = CUSTODY_OUT,      [SCHEDULER_DOWN] = CUSTODY_OUT,
    };
    size_t len = strcspn(text, ":");

    for (int i = 0; i < SCHEDULER_STANDINGS; i++) {
        const char *name = scheduler_standing_name((enum scheduler_standing)i);

        if (strlen(name) == len && strncmp(name, text, len) == 0) {
            c->found = found[i];
            c->was_known = c->found != CUSTODY_STRANGER;
            c->drained_by_us = c->found == CUSTODY_IN_SERVICE;
            return 0;
        }
    }
    return -1;
}
