/* extension_plan - what it takes to add, upgrade or remove an extension, by what is there
 *
 *     if (extension_plan_make(&order, view, &plan, why) < 0)     refused, with the remedy
 *         ...
 *     extension_plan_render(&plan, &text);
 *     if (extension_plan_is_empty(&plan)) ...                     nothing is to be sent
 *     extension_plan_done(&plan);
 *
 * Pure.
 */
#ifndef CONTROLLER_EXTENSION_PLAN_H
#define CONTROLLER_EXTENSION_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/extension/deed_extension.h"
#include "inventory/vm_extension.h"

struct extension_view;
struct fail;
struct json;
struct scaleset;
struct text;

enum extension_action { EXTENSION_ADD, EXTENSION_UPGRADE, EXTENSION_REMOVE };

/* What the operator has said; borrowed until extension_plan_done(). */
struct extension_order {
    enum extension_action action;
    enum extension_way way;
    struct vm_extension_wish wish; /* kind NULL: that which is there, else Linux's */
    const struct scaleset *const *sets;
    size_t set_count;
    const char *const *nodes; /* instances in them */
    size_t node_count;
    size_t batch;
    bool all_at_once; /* also where the set's policy does not wait for us */
};

enum extension_change {
    EXTENSION_STAYS,   /* its model is as wished         */
    EXTENSION_SETTLES, /* it is so soon: Azure is at it  */
    EXTENSION_CHANGES
};

struct extension_model_plan {
    enum extension_change change;
    char name[VM_EXTENSION_MAX_NAME + 1];       /* in the model, or to be there */
    char version[VM_EXTENSION_MAX_VERSION + 1]; /* that is there; "": none */
};

struct extension_plan {
    struct extension_order order;        /* the wish's kind is known */
    struct extension_model_plan *models; /* one a set; by machine NULL */
    size_t todo;                         /* of the nodes */
    char *todo_hosts, *done_hosts;       /* hostlists; NULL: nobody */
    size_t left_out; /* instances of the sets that are not among the nodes */
};

/* *plan is to be done with, also after -1.  -1: FAIL_PREFLIGHT says why it is refused and
 * what to do, FAIL_MEMORY.
 */
int extension_plan_make(const struct extension_order *order,
                        const struct extension_view *view, struct extension_plan *plan,
                        struct fail *why);
void extension_plan_done(struct extension_plan *plan);

/* Nothing is to be changed. */
bool extension_plan_is_empty(const struct extension_plan *plan);

/* For people; nothing of it is a failure. */
void extension_plan_render(const struct extension_plan *plan, struct text *text);

/* The caller's; NULL when memory is exhausted. */
struct json *extension_plan_encode(const struct extension_plan *plan);

/* "add", ...; "extension-add", the kind of deed. */
const char *extension_action_name(enum extension_action action);
const char *extension_action_kind(enum extension_action action);

#endif
