/* fake_arm - answers of Azure, from a script, behind arm.h
 *
 * Answers come from the loop, one after the other, in the order of the calls.
 */
#ifndef TESTS_FAKE_ARM_H
#define TESTS_FAKE_ARM_H

#include <stddef.h>

#include "protocol/fail.h"

#define FAKE_ARM_MOST 16

struct fake_arm_answer {
    const char *data;    /* a file of tests/data/azure; NULL: it fails */
    const char *again;   /* a second page, likewise; NULL: there is none */
    enum fail_code code; /* of a failure */
};

/* What is answered, in this order, and how much of it has been. */
extern struct fake_arm_answer fake_arm_script[FAKE_ARM_MOST];
extern size_t fake_arm_calls;

/* What was asked: "GET path?version name=value", one of each call. */
extern char fake_arm_asked[FAKE_ARM_MOST][1024];

struct arm *fake_arm_open(void *loop);

void fake_arm_reset(void);

#endif
