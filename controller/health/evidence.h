/* evidence - what the journal holds against a node, and on which host it was seen last
 *
 *     evidence_read(history, "ib007", NULL, &e, why);
 *     if (!e.is_proved)
 *         the operator has to say what is wrong with it
 */
#ifndef CONTROLLER_VMSS_EVIDENCE_H
#define CONTROLLER_VMSS_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/health/health.h"

struct fail;
struct history;

#define EVIDENCE_RUN_BYTES  64
#define EVIDENCE_TEXT_BYTES 1024
#define EVIDENCE_HOST_BYTES 128

struct evidence {
    char run[EVIDENCE_RUN_BYTES]; /* the validation; "": there is none */
    int64_t seen_ms;              /* when it began, Unix time */
    bool is_proved;               /* it holds something against the node alone */
    enum health_category category;
    char text[EVIDENCE_TEXT_BYTES];
    char host[EVIDENCE_HOST_BYTES]; /* PhysicalHostName; "": no rollout has seen it */
};

/* Of the validation `run`, or (NULL) of the newest that has the node.  FAIL_NO_SUCH_RUN
 * when it was named and is none or has not the node; FAIL_STATE, FAIL_MEMORY.
 */
int evidence_read(struct history *h, const char *node, const char *run,
                  struct evidence *e, struct fail *why);

#endif
