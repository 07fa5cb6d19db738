/* alone - an install on this machine, decided and followed without a controller
 *
 * The facts, the catalog, the decision and the steps are those of a rollout, by the same
 * code; so are the claim, which a controller's wins over, and the units in which the steps
 * are taken.  Killed in the middle, the steps go on and the next call finds them; called
 * while another is at work, it attaches to that one.
 *
 *     struct alone a = {.home = home, .wish = &wish, .out = stdout};
 *
 *     alone_install(&a);
 *     exit = extension_exit(a.result.code);
 *     alone_clear(&a);
 *
 * It waits: for programs, for as long as follow.h lets a step take.
 */
#ifndef NODE_AGENT_ALONE_H
#define NODE_AGENT_ALONE_H

#include <stdbool.h>
#include <stdio.h>

#include "inventory/decide.h"
#include "protocol/fail.h"

struct facts;
struct home;
struct json;
struct memo;
struct wish;

/* Its runs begin with this; a controller's begin with a date. */
#define ALONE_RUN_PREFIX "alone-"

/* A run that was cut off and never taken up is in a controller's way for so long. */
#define ALONE_CLAIM_S (2 * 3600)

enum alone_reboot {
    ALONE_REBOOT_NO,
    ALONE_REBOOT_ADVISED, /* all is as wanted; what was installed wants one       */
    ALONE_REBOOT_NEEDED,  /* only then it is as wanted, and that is the operator's */
    ALONE_REBOOT_BEGUN
};

struct alone {
    const struct home *home;
    struct wish *wish;
    const char *root;   /* plan for what is below it; NULL: this machine */
    const char *bundle; /* a file; NULL */
    FILE *out;          /* where steps are told; NULL: nowhere */

    /* how it went */
    struct facts *facts; /* the last that were looked at; NULL */
    struct decision decision;
    char run[65];       /* "": nothing was begun */
    struct json *steps; /* of that run, for people: no secrets; NULL */
    struct json *taken; /* {steps: [{name, state, seconds}]}, when all were; NULL */
    enum alone_reboot reboot;
    struct fail result; /* FAIL_NONE: well, and its text says how */
};

/* What alone_install() would do: decision, result.  Changes nothing. */
void alone_plan(struct alone *a);

/* Codes of the result are those of decide(), claim.h and follow.h, and FAIL_NOT_ROOT,
 * FAIL_VERIFY, FAIL_USAGE and FAIL_HASH of the bundle.
 */
void alone_install(struct alone *a);

/* Is the machine as its last install wanted it, by facts that were just looked at?  -1:
 * why not, in the code that install would end with, FAIL_REBOOT when only a reboot is
 * missing, FAIL_INTERRUPTED when it was cut off.  m->wish must be there.
 */
int alone_judge(const struct home *h, const struct memo *m, const struct facts *f,
                struct fail *why);

void alone_clear(struct alone *a);

/* [{name, args}], URLs without passwords and queries.  The caller's; NULL: no memory. */
struct json *alone_show_steps(const struct steps *steps);

/* "no driver", "Soft-RoCE", "inbox driver", "doca-ofed 3.2.2". */
void alone_driver(const struct facts *f, char text[100]);

#endif
