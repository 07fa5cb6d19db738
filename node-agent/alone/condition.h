/* condition - how this machine stands: its claim, its steps, its driver, and whether all is
 * as the last install by hand wanted it
 *
 * For people and scripts at the machine, and for a health probe, which only looks at the
 * exit status.
 *
 *     CLEANUP(condition_done) struct condition c = {0};
 *
 *     if (condition_find(home, &c, why) == 0) {
 *         text = condition_text(&c, json, why);
 *         exit = extension_exit(c.verdict.code);
 *     }
 */
#ifndef NODE_AGENT_CONDITION_H
#define NODE_AGENT_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "node-agent/alone/memo.h"
#include "node-agent/claim.h"
#include "protocol/fail.h"

struct facts;
struct home;
struct ledger_entry;

struct condition {
    bool claimed;
    struct claim claim;
    struct ledger_entry
        *steps; /* the last entry of each, in the order of their beginning */
    size_t step_count;
    struct facts *facts;
    struct memo memo;    /* wish NULL: nothing was installed by hand */
    struct fail verdict; /* FAIL_NONE: as wanted, or nobody has wanted anything */
};

/* Looks at the whole machine.  FAIL_MEMORY; FAIL_STEP: a ledger that cannot be read. */
int condition_find(const struct home *h, struct condition *c, struct fail *why);

/* Lines, or {schema, claim, steps, driver, driver_version, dkms, ports, last, exit, code,
 * reason}.  The caller's; NULL: out of memory.
 */
char *condition_text(const struct condition *c, bool json, struct fail *why);

void condition_done(struct condition *c);

#endif
