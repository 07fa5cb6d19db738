/* view_batches - in which batches a rollout will go, and how long that may take (pure)
 */
#ifndef CONTROLLER_VIEW_BATCHES_H
#define CONTROLLER_VIEW_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch_terms;
struct fail;
struct json;
struct rollout;
struct text;

/* How long it may take. */
struct forecast {
    uint64_t ms;      /* UINT64_MAX: nobody can say          */
    uint64_t node_ms; /* of which one node                   */
    size_t samples;   /* as so many took; 0: it is a guess   */
};

/* Whom each batch has, when there is more than one; who is held back; how long it takes.
 * width 0: no terminal.  FAIL_MEMORY.
 */
int view_batches(const struct rollout *r, const struct dispatch_terms *terms,
                 const struct forecast *forecast, size_t width, bool color,
                 struct text *text, struct fail *why);

/* [{"number": 1, "canaries": true, "nodes": 4, "hosts": "ib[001-004]"}, ...].  NULL: out of
 * memory.
 */
struct json *view_batches_json(const struct rollout *r);

#endif
