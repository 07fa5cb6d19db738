/* retry - what is tried again, and when (pure)
 *
 * Only logins: a command that has begun is never begun again by us.
 */
#ifndef CONTROLLER_RETRY_H
#define CONTROLLER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/fail.h"

/* A server that turns logins away takes one of them after so many tries, or never. */
#define RETRY_TURNED_AWAY_MOST 20u

#define RETRY_PAUSE_MAX_MS 30000u

struct retry_rules {
    unsigned tries;    /* of what may pass, in all; 1: nothing is tried again */
    bool unreachable;  /* also where nobody listens (FAIL_CONNECT)            */
    uint64_t pause_ms; /* about this long before the second try, then doubled */
};

enum retry {
    RETRY_NEVER,
    RETRY_AT_THE_DOOR, /* at once, as far as the door is concerned: it knows its server */
    RETRY_AFTER_PAUSE, /* of retry_pause_ms()                                           */
};

/* After `tries` logins the last of which failed with code, before the command ran.  A
 * deadline has been waited for already: it is not waited for again.
 */
enum retry retry_of(const struct retry_rules *rules, enum fail_code code, unsigned tries);

uint64_t retry_pause_ms(const struct retry_rules *rules, unsigned tries, uint32_t chance);

/* Did the server close before it spoke SSH? */
bool retry_is_turned_away(enum fail_code code);

/* Add to the words how many logins were tried, when it was more than one. */
void retry_tell(struct fail *why, unsigned tries);

#endif
