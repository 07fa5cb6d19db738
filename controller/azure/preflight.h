/* preflight - what about a scale set is in the way of RDMA, or of a rollout
 *
 * Everything here is read from what Azure has said already: no node is asked.  Each
 * finding names its object and what to do about it.  Most are warnings; a refusal is kept
 * for what does certain harm.
 *
 *     preflight_judge(&question, &found, why)
 *     for (i = 0; i < found.count; i++)
 *         tell(found.findings[i].object, .text, .remedy);
 *     if (preflight_refusal(&found, why) < 0)
 *         end with 7
 *     preflight_done(&found);
 *
 * Pure.
 */
#ifndef CONTROLLER_AZURE_PREFLIGHT_H
#define CONTROLLER_AZURE_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;
struct scaleset;
struct sku_list;

/* In the order in which they are told: what refuses, what makes measuring pointless, what
 * may cut a rollout short.  The names are stable.
 */
/* clang-format off */
#define PREFLIGHT_CHECKS(X)                                   \
    X(PREFLIGHT_EXTENSION,      "extension-in-model")         \
    X(PREFLIGHT_RIGHTS,         "rights-missing")             \
    X(PREFLIGHT_SIZE,           "size-without-rdma")          \
    X(PREFLIGHT_NETWORK_DIRECT, "size-network-direct")        \
    X(PREFLIGHT_ISLANDS,        "placement-islands")          \
    X(PREFLIGHT_SETS,           "several-sets")               \
    X(PREFLIGHT_PLACEMENT,      "placement-not-single")       \
    X(PREFLIGHT_NETWORK,        "network-overlap")            \
    X(PREFLIGHT_EVENTS,         "scheduled-events")           \
    X(PREFLIGHT_MAINTENANCE,    "maintenance-announced")      \
    X(PREFLIGHT_SPOT,           "spot")                       \
    X(PREFLIGHT_REPAIRS,        "automatic-repairs")          \
    X(PREFLIGHT_UPGRADE,        "upgrade-policy")             \
    X(PREFLIGHT_OS_UPGRADE,     "os-upgrades")                \
    X(PREFLIGHT_SCALE_IN,       "scale-in")                   \
    X(PREFLIGHT_OVERPROVISION,  "overprovision")              \
    X(PREFLIGHT_OLD_MODEL,      "old-model")
/* clang-format on */

enum preflight_check {
#define X(check, name) check,
    PREFLIGHT_CHECKS(X)
#undef X
        PREFLIGHT_CHECK_COUNT
};

/* What the nodes are wanted for: a rollout changes them, and must not be undone. */
enum preflight_deed { PREFLIGHT_MEASURE, PREFLIGHT_ROLLOUT };

/* A call that Azure has refused us (403). */
struct preflight_right {
    const char *action; /* "Microsoft.Compute/virtualMachineScaleSets/read" */
    const char *scope;  /* ARM id */
};

/* Of the metadata service; texts are borrowed from its document. */
struct preflight_event {
    const char *type, *resource, *status; /* never NULL */
    const char *not_before;               /* "" : it has begun, or is not said */
};

#define PREFLIGHT_MAX_EVENTS 1000

struct preflight_question {
    enum preflight_deed deed;
    const struct scaleset *const *sets; /* closed */
    size_t set_count;
    const struct sku_list *skus; /* NULL: could not be asked */
    const struct preflight_right *rights;
    size_t right_count;
    const struct preflight_event *events;
    size_t event_count;
    bool keeps_extension; /* roll out although Microsoft's extension is in the model */
};

struct preflight_finding {
    enum preflight_check check;
    bool refuses;
    char *object; /* "scale set RG/NAME", "nodes ib[1-2]" */
    char *text, *remedy;
};

/* All zero is empty. */
struct preflight {
    struct preflight_finding *findings;
    size_t count;
};

/* Into *found, in the order of the checks; the caller's to preflight_done(), also after
 * -1.  Only FAIL_MEMORY.
 */
int preflight_judge(const struct preflight_question *question, struct preflight *found,
                    struct fail *why);

void preflight_done(struct preflight *found);

/* 0, or -1 with FAIL_PREFLIGHT, which names the first check that refuses and its object: what
 * it has found is for the caller to tell, as it may be longer than a failure's text.
 */
int preflight_refusal(const struct preflight *found, struct fail *why);

/* The events of a document of the metadata service, at most max of them; returns how
 * many.  What is not as described is passed over.
 */
size_t preflight_read_events(const struct json *doc, struct preflight_event *events,
                             size_t max);

/* "placement-islands"; never NULL. */
const char *preflight_check_name(enum preflight_check check);

#endif
