/* claim - who may change this node
 *
 * The lock that counts is on the node itself: {run, controller, user, epoch, until}.
 * A second controller is refused with the name of the first.  A run that resumes
 * claims again with a higher epoch; what still comes from before, with a lower one,
 * is refused: a controller that was thought dead can do no harm.
 *
 *     claim_decode(body, &want, why);
 *     claim_take(home, &want, now_s, why);            a lease, until want.until_s
 *     claim_check(home, run, epoch, why);             before each step
 *     claim_release(home, run, epoch, why);
 *
 * Each call waits for a lock and for the disk: not for the poll loop.
 */
#ifndef NODE_AGENT_CLAIM_H
#define NODE_AGENT_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct json;
struct home;

/* A claim holds at least this long by the node's clock, which may be ahead of the
 * controller's.
 */
#define CLAIM_MIN_S 60

struct claim {
    char run[65], controller[129], user[65];
    int64_t epoch;            /* 0..2^53 */
    int64_t since_s, until_s; /* seconds since 1970 */
    char from[65];            /* a run whose claim is taken over; "": none */
};

/* The body of a "claim" request.  FAIL_GARBAGE names the field. */
int claim_decode(const struct json *body, struct claim *c, struct fail *why);

/* As `status` shows it.  NULL: out of memory. */
struct json *claim_encode(const struct claim *c);

/* Of the same run: renewed, unless its epoch is higher (FAIL_STALE_EPOCH).  Of another:
 * taken over when it has run out or is want->from's, else FAIL_CLAIMED says whose it is.
 * FAIL_DISK_FULL, FAIL_STEP, FAIL_TIMEOUT (the lock).
 */
int claim_take(const struct home *h, const struct claim *want, int64_t now_s,
               struct fail *why);

/* May this run, at this epoch, go on?  FAIL_CLAIMED, FAIL_STALE_EPOCH (also when there
 * is no claim at all), FAIL_STEP.
 */
int claim_check(const struct home *h, const char *run, int64_t epoch, struct fail *why);

/* Nothing to release is no failure.  Otherwise as claim_check(). */
int claim_release(const struct home *h, const char *run, int64_t epoch, struct fail *why);

/* Say whose it is, as FAIL_CLAIMED.  Returns -1. */
int claim_refuse(const struct claim *holder, struct fail *why);

/* The claim as it stands, run out or not.  False: there is none that can be read. */
bool claim_read(const struct home *h, struct claim *c);

#endif
