/* preflight_parts - what the preflight*.c files share */
#ifndef CONTROLLER_AZURE_PREFLIGHT_PARTS_H
#define CONTROLLER_AZURE_PREFLIGHT_PARTS_H

#include "controller/azure/preflight.h"

struct hostset;
struct scaleset_instance;

struct preflight_judge {
    const struct preflight_question *question;
    struct preflight *found;
    bool out_of_memory;
};

/* Add a finding about a set, and one about nodes of it (count 0: none is added).  What is
 * said goes into text; memory that runs out is remembered.
 */
void preflight_note_set(struct preflight_judge *j, enum preflight_check check,
                        const struct scaleset *set, const char *remedy, const char *text,
                        ...) __attribute__((format(printf, 5, 6)));
void preflight_note_nodes(struct preflight_judge *j, enum preflight_check check,
                          const struct hostset *nodes, const char *remedy,
                          const char *text, ...) __attribute__((format(printf, 5, 6)));

/* What may be so of an instance; arg as preflight_nodes() has it. */
typedef bool preflight_is_so(const void *arg, const struct scaleset *set,
                             const struct scaleset_instance *i);

/* The nodes of a set for which is_so() is true; NULL when memory is exhausted, which is
 * remembered.  Free with hostset_free().
 */
struct hostset *preflight_nodes(struct preflight_judge *j, const struct scaleset *set,
                                preflight_is_so *is_so, const void *arg);

/* The checks, in two files by what they look at. */
void preflight_look_at_fabric(struct preflight_judge *j);
void preflight_look_at_policy(struct preflight_judge *j);

#endif
