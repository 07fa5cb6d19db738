/* health - what Azure is told of a bad node: a guest health report (pure)
 *
 * A report asks Azure to look at the hardware below a machine; most categories take it out
 * of service.  The subscription must have been admitted to that by Azure.
 *
 *     struct health_report r = {.category = HEALTH_PERFORMANCE, .resource = id, ...};
 *
 *     body = health_body(&r);
 *     health_name(&r, name);         the same report again has the same name
 */
#ifndef CONTROLLER_VMSS_HEALTH_H
#define CONTROLLER_VMSS_HEALTH_H

#include <stdbool.h>

struct fail;
struct json;
struct text;

/* Ours, Azure's, what it says. */
/* clang-format off */
#define HEALTH_CATEGORIES(X)                                                            \
    X(HEALTH_MISSING,     "missing-ib",       "Resource.Hpc.Unhealthy.MissingIB",       \
      "an InfiniBand device is missing")                                                \
    X(HEALTH_PERFORMANCE, "ib-performance",   "Resource.Hpc.Unhealthy.IBPerformance",   \
      "InfiniBand is slower than it has to be")                                         \
    X(HEALTH_PORT_DOWN,   "ib-port-down",     "Resource.Hpc.Unhealthy.IBPortDown",      \
      "an InfiniBand port is down")                                                     \
    X(HEALTH_FLAPPING,    "ib-port-flapping", "Resource.Hpc.Unhealthy.IBPortFlapping",  \
      "an InfiniBand port goes up and down")                                            \
    X(HEALTH_GENERIC,     "generic",          "Resource.Hpc.Unhealthy.HpcGenericFailure", \
      "the node fails in another way")                                                  \
    X(HEALTH_INVESTIGATE, "investigate",                                                \
      "Resource.Hpc.Unhealthy.ManualInvestigation",                                     \
      "somebody at Azure is to look at the node")
/* clang-format on */

enum health_category {
#define X(category, name, azure, meaning) category,
    HEALTH_CATEGORIES(X)
#undef X
        HEALTH_CATEGORY_COUNT
};

#define HEALTH_NAME_BYTES  37   /* a GUID */
#define HEALTH_MOST_WORDS  1000 /* bytes of a description */
#define HEALTH_API_VERSION "2023-02-01-preview"

/* Texts are borrowed. */
struct health_report {
    enum health_category category;
    const char *description; /* a finding's text; longer ones are cut */
    const char *resource;    /* ARM id of the machine */
    const char *vm_id;       /* NULL: not known */
    const char *host;        /* PhysicalHostName; NULL: not known */
    const char *seen, *now;  /* "2026-11-20T14:12:03Z" */
};

/* Azure wants one of vm_id and host: FAIL_AZURE_ANSWER when there is neither. */
int health_check(const struct health_report *report, struct fail *why);

/* NULL: out of memory. */
struct json *health_body(const struct health_report *report);

/* Of what was seen where and when, whatever is said of it and whenever it is sent. */
void health_name(const struct health_report *report, char name[HEALTH_NAME_BYTES]);

/* "missing-ib"; FAIL_USAGE lists what there is. */
int health_category_named(const char *name, enum health_category *category,
                          struct fail *why);
const char *health_category_name(enum health_category category);
const char *health_category_meaning(enum health_category category);

/* What a validation holds against a node alone, and has proved: the code with which the
 * node took no part ("no-hca"), or a finding as validate --json has it.  False: nothing
 * that Azure has a category for.
 */
bool health_category_of_code(const char *code, enum health_category *category);
bool health_category_of_finding(const struct json *finding, const char *node,
                                enum health_category *category);

#endif
