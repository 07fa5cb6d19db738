/* memo - what the last install by hand wanted, was to do, and came to
 *
 * One file in the state folder, alone.json, for root alone: the URL of a mirror may have
 * a secret in it.  It is there before the first step is begun, so that a second install
 * attaches to the first, one that was cut goes on with the very same steps, and `status`
 * knows what to compare the machine with.  A site's catalog lies beside it.
 */
#ifndef NODE_AGENT_MEMO_H
#define NODE_AGENT_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "node-agent/home.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

struct json;

/* All zero: there is none. */
struct memo {
    char run[65]; /* "" when nothing was to be done, or it was refused */
    char boot_id[HOME_BOOT_ID_BYTES]; /* in which it was begun */
    int64_t at_s;                     /* of the last change of this file */
    struct json *wish;                /* wish_encode() */
    char *catalog_text;               /* a site's own; NULL: none */
    struct steps steps;
    char earlier[128]; /* what the way back led to before them; "": nowhere */
    bool over;
    struct fail result; /* once it is over; FAIL_NONE: well, and the text says how */
    bool reboot;        /* these steps want a reboot; once over: it is still to come */
    bool rebooted;      /* by ibfleet, and the wish has not come true since */
};

/* True: there is one, and it can be read.  Clear it in any case. */
bool memo_load(const struct home *h, struct memo *m);

/* On disk when it returns.  FAIL_DISK_FULL, FAIL_STEP, FAIL_MEMORY. */
int memo_save(const struct home *h, struct memo *m, struct fail *why);

void memo_clear(struct memo *m);

#endif
