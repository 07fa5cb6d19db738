/* steps - what may be done to a node: a closed set, never shell text
 *
 * inventory/decide makes the list, the agent takes it, in order.  A step says
 * what shall be so, not what to run; the agent finds out whether it is so
 * already and journals the step before taking it.
 */
#ifndef PROTOCOL_STEPS_H
#define PROTOCOL_STEPS_H

#include <stddef.h>

struct fail;
struct json;

/* The WORD of a download: what its names are.  It is in no plan; whoever stages one has it
 * made of the plan's steps (controller/rollout/stage.h).
 */
#define STEPS_FOR_PACKAGES "packages" /* names of packages                           */
#define STEPS_FOR_DROP     "drop"     /* METHOD VERSION, packages that follow it     */

#define STEPS_MAX      32
#define STEPS_MAX_ARGS 64

enum step_verb {
    STEP_DROP,      /* METHOD VERSION: that driver of the vendor's is gone            */
    STEP_PACKAGES,  /* package names; installed by the node's own manager             */
    STEP_FETCH,     /* SHA256 FILE URL [PROXY]: the bundle is on the node, and is it  */
    STEP_DOWNLOAD,  /* WORD NAME...: what a later step needs is there, not installed  */
    STEP_DRIVER,    /* METHOD VERSION SHA256 FILE KERNEL [FLAG...]: installed from it */
    STEP_DKMS,      /* KERNEL MODULE...: built and installed for that kernel          */
    STEP_MODULES,   /* kernel modules; loaded now and at every boot                   */
    STEP_INITRAMFS, /* KERNEL: the initramfs has today's modules                      */
    STEP_RESTART,   /* METHOD: what is loaded is what is installed, without a reboot  */
    STEP_RXE,       /* INTERFACE; Soft-RoCE device rxe0 on it, kept over boots        */
    STEP_NAMES,     /* nothing: RDMA devices keep their names over boots              */
    STEP_MEMLOCK,   /* nothing: users may lock memory without limit                   */
    STEP_IPOIB,     /* MAC ADDRESS [MAC ADDRESS...]: of IPoIB, kept over boots        */
    STEP_HOLD,      /* "driver" and/or "kernel": no update undoes it                  */
    STEP_VERBS
};

struct step {
    enum step_verb verb;
    char **args; /* of the characters that steps.c allows in their place */
    size_t arg_count;
};

struct steps {
    struct step *list;
    size_t count;
};

/* "packages", "modules", "soft-roce", "memlock", ...; never NULL. */
const char *step_name(enum step_verb verb);

/* Append a step; args are copied.  FAIL_MEMORY; FAIL_BUG past the ceilings. */
int steps_add(struct steps *s, enum step_verb verb, const char *const *args,
              size_t arg_count, struct fail *why);

/* Frees what it holds and leaves it empty. */
void steps_clear(struct steps *s);

/* The wire's form: [{"name": "packages", "args": ["rdma-core"]}].  NULL: memory. */
struct json *steps_encode(const struct steps *s);

/* Refuses unknown verbs, wrong argument counts and characters a shell could
 * care about.  *s must be empty; FAIL_GARBAGE, FAIL_MEMORY.
 */
int steps_decode(const struct json *list, struct steps *s, struct fail *why);

#endif
