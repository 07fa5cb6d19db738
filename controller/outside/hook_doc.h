/* hook_doc - what a hook reads on its standard input (pure)
 *
 * One JSON document, "schema": "ibfleet.hook/1" (tests/data/schema/hook.json), the same for
 * all of them as far as it can be:
 *
 *     {"schema": "ibfleet.hook/1", "hook": "before-node", "run": "20261130-1200-07e9",
 *      "node": "ib7", "hosts": "ib7", "nodes": ["ib7"],
 *      "batch": {"number": 2, "of": 5, "nodes": 16},
 *      "state": "planned", "code": "ok", "reason": "", "seconds": 0, "plan": {...}}
 *
 *     {"schema": "ibfleet.hook/1", "hook": "after-batch", "run": "20261130-1200-07e9",
 *      "hosts": "ib[1-16]", "nodes": ["ib1", ...],
 *      "batch": {"number": 1, "of": 5, "nodes": 16},
 *      "results": [{"name": "ib1", "state": "done", "code": "ok", "reason": "", "seconds": 90.5}, ...]}
 */
#ifndef CONTROLLER_HOOK_DOC_H
#define CONTROLLER_HOOK_DOC_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;

/* Longer documents are a bug: a batch of 10,000 nodes has 2 MiB. */
#define HOOK_DOC_MAX_BYTES ((size_t)16 << 20)

enum hook_kind {
    HOOK_BEFORE_NODE,
    HOOK_AFTER_NODE,
    HOOK_BEFORE_BATCH,
    HOOK_AFTER_BATCH,
    HOOK_VETO,
    HOOK_KINDS
};

/* "before-node", the program's first argument; never NULL. */
const char *hook_name(enum hook_kind kind);

/* When it is run and what its answer does, for the manual; never NULL. */
const char *hook_meaning(enum hook_kind kind);

/* Does what follows wait for it, and its status count?  After-hooks change nothing. */
bool hook_decides(enum hook_kind kind);

/* About one node, not about several? */
bool hook_is_of_node(enum hook_kind kind);

/* How a node stands.  state is one of node_state.h's names. */
struct hook_node {
    const char *name, *state;
    const struct fail *why; /* NULL: well */
    double seconds;         /* on the road */
};

/* Texts are borrowed. */
struct hook_doc {
    enum hook_kind kind;
    const char *run;
    const struct hook_node *nodes; /* exactly one for the hooks of a node */
    size_t node_count;
    const struct json *plan; /* plan_encode_shown(), hooks of a node only; NULL: none */

    /* Counted from 1; 0: there are no batches, and so none is told. */
    size_t batch, batches, batch_nodes;
};

/* Valid UTF-8 on one line, what a node has said made harmless.  malloc'ed; NULL: out of
 * memory.
 */
char *hook_doc_print(const struct hook_doc *doc);

#endif
