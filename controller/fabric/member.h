/* member - a node in a campaign, as the pure files see it */
#ifndef CONTROLLER_MEMBER_H
#define CONTROLLER_MEMBER_H

#include <stdbool.h>

#include "protocol/fail.h"
#include "protocol/measure.h"

/* All pairs of so many are 2 million records; beyond that one measures a part. */
#define MEMBERS_MAX 2048

#define ISLAND_NONE ((unsigned)-1)

struct member {
    const char *name;         /* borrowed                                          */
    bool joined;              /* it has given an endpoint                          */
    struct endpoint endpoint; /* when joined                                       */
    struct fail why;          /* why it did not join, or was lost later; FAIL_NONE */
    bool given_up;            /* failed with everybody: the rest is spared         */
    unsigned island;          /* members of different islands cannot talk          */
};

#endif
