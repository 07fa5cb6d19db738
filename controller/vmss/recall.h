/* recall - what is kept of a scale set between two runs, in the state folder
 *
 * One file a set, azure/RG_NAME.json: what Azure said, when, and which of the sizes in it
 * can do RDMA.  So that Azure is not asked for each command, who came and went is known,
 * and a machine that has taken another's place is told from one whose host key somebody
 * has changed.
 *
 *     recall_read(folder, &order, &kept);
 *     if (kept.set) ...
 *     recall_write(folder, &order, &kept, why)
 *     recall_done(&kept);
 */
#ifndef CONTROLLER_RECALL_H
#define CONTROLLER_RECALL_H

#include <stdint.h>

#include "inventory/sku.h"

struct fail;
struct scaleset;
struct survey_order;

struct recall {
    struct scaleset *set; /* closed; NULL: nothing is kept */
    int64_t asked_s;      /* when, Unix time in seconds */
    struct sku_list sizes;
    int64_t sizes_asked_s; /* 0: never */
    bool is_outdated;      /* it was asked for a change: the set is another by now */
};

/* What cannot be read, or not any more, is as if nothing were kept. */
void recall_read(const char *folder, const struct survey_order *order,
                 struct recall *kept);

/* Whole or not at all, also when the power fails.  FAIL_STATE, FAIL_MEMORY. */
int recall_write(const char *folder, const struct survey_order *order,
                 const struct recall *kept, struct fail *why);

void recall_done(struct recall *kept);

#endif
