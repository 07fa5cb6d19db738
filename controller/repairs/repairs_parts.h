/* repairs_parts - between repairs.c, which goes from set to set, and repairs_set.c, which does
 * what there is to do for one
 */
#ifndef CONTROLLER_VMSS_REPAIRS_PARTS_H
#define CONTROLLER_VMSS_REPAIRS_PARTS_H

#include <stdbool.h>

#include "controller/repairs/repairs.h"
#include "controller/repairs/repairs_notes.h"

struct uv_timer_s;

struct repairs_job {
    char resource[REPAIRS_RESOURCE_BYTES];
    bool is_off; /* the model has none enabled */
    enum repairs_mark ours;
};

struct repairs {
    struct repairs_order order;
    enum repairs_deed deed;
    bool is_anybodys; /* notes of all holders are ours */
    repairs_done *done;
    void *arg;

    struct repairs_job *jobs;
    struct repairs_report *reports; /* as many */
    size_t count, at;
    bool is_taken;            /* Azure has begun with what was sent */
    bool is_confirming;       /* the look after an operation that was lost */
    struct uv_timer_s *timer; /* so that nothing comes before the start has returned */
};

/* With the set at `at`.  0: a call is under way; 1: this set is settled. */
int repairs_set_begin(struct repairs *r);

/* That set is settled, and `at` is the next one. */
void repairs_advance(struct repairs *r);

#endif
