/* acting_arm - Azure as a test plays it, behind arm.h: any number of calls at once
 *
 * Each call is told to acting_arm_play() of the test, which says what comes back.  Answers
 * come from the loop; an operation is taken first, and ends a turn of the loop later.
 */
#ifndef TESTS_ACTING_ARM_H
#define TESTS_ACTING_ARM_H

#include <stdbool.h>

#include "protocol/fail.h"

struct acting_reply {
    int status;          /* 200 unless the test says otherwise */
    const char *body;    /* JSON; NULL: none */
    enum fail_code code; /* it fails with this */
    bool may_be_done;
    const char *url;    /* an operation: taken, and followed there */
    enum fail_code end; /* of the operation; FAIL_NONE: well */
    bool lasts;         /* the operation does not end */
    bool never;         /* no answer comes */
};

/* asked: "POST /subscriptions/...", "FOLLOW https://...". */
extern void (*acting_arm_play)(const char *asked, const char *body,
                               struct acting_reply *reply);

struct arm *acting_arm_open(void *loop);

#endif
