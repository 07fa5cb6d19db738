#include "controller/scheduler/slurm_calls.h"

#include <inttypes.h>
#include <string.h>

#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_jobs.h"
#include "controller/scheduler/words.h"
#include "protocol/fail.h"

/* No node is called so. */
#define NOBODY "ibfleet-asks-whether-it-may"

static int add_all(struct words *w, const char *const *words)
{
    for (; *words; words++)
        if (words_add(w, "%s", *words) < 0)
            return -1;
    return 0;
}

/* -a: also what is in hidden partitions. */
int slurm_question(enum slurm_question question, struct words *w)
{
    static const char *const words[][8] = {
        [SLURM_ASK_CONFIG] = {"scontrol", "show", "config"},
        [SLURM_ASK_RIGHTS] = {"scontrol", "update", "nodename=" NOBODY, "state=undrain"},
        [SLURM_ASK_NODES] = {"scontrol", "-a", "show", "node"},
        [SLURM_ASK_JOBS] = {"squeue", "-a", "-h", "-t", SLURM_JOBS_STATES, "-o",
                            SLURM_JOBS_FORMAT},
        [SLURM_ASK_RESERVATIONS] = {"scontrol", "-a", "-o", "show", "reservation"},
    };

    return add_all(w, words[question]);
}

static int add_state(const struct slurm_order *o, const char *state, bool has_reason,
                     struct words *w)
{
    if (words_add(w, "scontrol") < 0 || words_add(w, "update") < 0 ||
        words_add(w, "nodename=%s", o->hostlist) < 0 ||
        words_add(w, "state=%s", state) < 0)
        return -1;
    return has_reason ? words_add(w, "reason=%s", o->reason) : 0;
}

/* Without a reason: Slurm appends its own words to the one that is there, whose it may be.
 * Without a next state: it stays drained.
 */
static int add_reboot(const struct slurm_order *o, struct words *w)
{
    return words_add(w, "scontrol") < 0 || words_add(w, "reboot") < 0 ||
                   words_add(w, "%s", o->hostlist) < 0
               ? -1
               : 0;
}

/* Without an end, since nobody knows how long it will take: it is deleted. */
static int add_reserve(const struct slurm_order *o, struct words *w)
{
    if (words_add(w, "scontrol") < 0 || words_add(w, "create") < 0 ||
        words_add(w, "reservation") < 0 ||
        words_add(w, "reservationname=%s", o->reservation) < 0 ||
        words_add(w, "nodes=%s", o->hostlist) < 0 || words_add(w, "users=root") < 0 ||
        words_add(w, "duration=UNLIMITED") < 0 ||
        words_add(w, "flags=maint%s", o->ignores_jobs ? ",ignore_jobs" : "") < 0)
        return -1;
    return o->start_s ? words_add(w, "starttime=uts%" PRId64, o->start_s)
                      : words_add(w, "starttime=now");
}

static int add_release(const struct slurm_order *o, struct words *w)
{
    if (words_add(w, "scontrol") < 0 ||
        words_add(w, "%s", *o->hostlist ? "update" : "delete") < 0 ||
        words_add(w, "reservationname=%s", o->reservation) < 0)
        return -1;
    return *o->hostlist ? words_add(w, "nodes=%s", o->hostlist) : 0;
}

int slurm_order(const struct slurm_order *order, struct words *w)
{
    switch (order->act) {
    case CUSTODY_ACT_DRAIN:
        return add_state(order, "drain", true, w);
    case CUSTODY_ACT_DOWN:
        return add_state(order, "down", true, w);
    case CUSTODY_ACT_UNDRAIN:
        return add_state(order, "undrain", false, w);
    case CUSTODY_ACT_RESUME:
        return add_state(order, "resume", false, w);
    case CUSTODY_ACT_REBOOT:
        return add_reboot(order, w);
    case CUSTODY_ACT_RESERVE:
        return add_reserve(order, w);
    default:
        return add_release(order, w);
    }
}

void slurm_reservation_time(const struct sighting *seen, const size_t *nodes,
                            size_t count, int64_t now_s, int64_t latest_s,
                            struct slurm_order *order)
{
    int64_t start_s = 0;

    order->ignores_jobs = false;
    for (size_t i = 0; i < count; i++) {
        const struct sighting *s = &seen[nodes[i]];

        if (s->jobs_end_s > start_s)
            start_s = s->jobs_end_s;
        order->ignores_jobs |= s->has_endless_job;
    }
    if (start_s >= latest_s) {
        start_s = latest_s;
        order->ignores_jobs = true;
    }
    order->start_s = start_s > now_s ? start_s + 1 : 0;
}

/* ---- what it says when it fails -------------------------------------------------------------- */

/* "slurm_update error: Invalid user id", as it refuses an update and a reservation;
 * "Access/permission denied", "Permission denied" others.
 */
static bool is_refusal(const char *words)
{
    return strstr(words, "Invalid user id") || strstr(words, "ermission denied");
}

static bool is_silence(const char *words)
{
    static const char *const said[] = {"Unable to contact slurm controller",
                                       "Socket timed out",
                                       "Connection refused",
                                       "Communication connection failure",
                                       "Zero Bytes were transmitted",
                                       "Slurm backup controller in standby mode"};

    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (strstr(words, said[i]))
            return true;
    return false;
}

int slurm_complaint(const char *what, int status, const char *words, struct fail *why)
{
    enum fail_code code = is_refusal(words)   ? FAIL_SCHEDULER_REFUSED
                          : is_silence(words) ? FAIL_SCHEDULER_SILENT
                                              : FAIL_SCHEDULER_ANSWER;

    if (!*words)
        return fail_set(why, code, "%s ended with %d and said nothing", what, status);
    return fail_set(why, code, "%s: %s", what, words);
}

int slurm_rights(int status, const char *words, struct fail *why)
{
    if (status != 0 && is_refusal(words))
        return fail_set(
            why, FAIL_PREFLIGHT,
            "Slurm does not let this user drain nodes (%s): run it as SlurmUser or "
            "root, or: sacctmgr modify user USER set adminlevel=Administrator",
            words);
    if (status != 0 && !is_silence(words) && strstr(words, "Invalid node name"))
        return 0;
    return slurm_complaint("scontrol update", status, words, why);
}
