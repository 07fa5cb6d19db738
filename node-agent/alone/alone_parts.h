/* alone_parts - what the files of alone.h share; for them only */
#ifndef NODE_AGENT_ALONE_PARTS_H
#define NODE_AGENT_ALONE_PARTS_H

#include <stdbool.h>

struct alone;
struct fail;
struct home;
struct memo;

/* Detect and decide anew.  -1: FAIL_MEMORY; a refusal is a decision. */
int alone_look(struct alone *a, struct fail *why);

/* Refused while the claim of a controller lasts: FAIL_CLAIMED. */
int alone_check_claim(const struct home *h, struct fail *why);

/* Does some process follow that run, or is a step of it at work? */
bool alone_at_work(const struct home *h, const struct memo *m);

/* The result is well, in these words and then "; a reboot ...". */
void alone_well(struct alone *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Held by who follows a run. */
#define ALONE_LOCK "alone"

#endif
