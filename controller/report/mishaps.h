/* mishaps - failures of many nodes, those that are alike as one (pure)
 *
 *     struct mishaps *m = mishaps_new();
 *
 *     mishaps_add(m, "ib017", code, reason, at_ms, why);   for each node that failed
 *     mishaps_sort(m, MISHAPS_MOST_FIRST);
 *     for (i = 0; i < mishaps_count(m); i++)
 *         mishaps_at(m, i)->reason, mishaps_hosts(m, i)
 *
 * Alike is what has the same signature: rollout/signature.h.
 */
#ifndef CONTROLLER_MISHAPS_H
#define CONTROLLER_MISHAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"

struct fail;
struct mishaps;
struct text;

struct mishap {
    enum fail_code code;
    const char *reason; /* of the first; raw, to be escaped */
    bool alike;         /* the others said the same, byte by byte */
    size_t nodes;
    int64_t last_ms;
};

/* NULL: out of memory. */
struct mishaps *mishaps_new(void);
void mishaps_free(struct mishaps *m); /* NULL is allowed */
void mishaps_done(struct mishaps **m);

/* All is copied.  FAIL_MEMORY; FAIL_HOSTLIST: not a node's name. */
int mishaps_add(struct mishaps *m, const char *node, enum fail_code code,
                const char *reason, int64_t at_ms, struct fail *why);

enum mishaps_order { MISHAPS_MOST_FIRST, MISHAPS_LATEST_FIRST };
void mishaps_sort(struct mishaps *m, enum mishaps_order order);

/* Kinds of failures, and nodes that failed. */
size_t mishaps_count(const struct mishaps *m);
size_t mishaps_nodes(const struct mishaps *m);

/* Both borrowed until the next add or sort.  hosts: the nodes folded; NULL: out of memory. */
const struct mishap *mishaps_at(const struct mishaps *m, size_t i);
const char *mishaps_hosts(struct mishaps *m, size_t i);

/* The first of its nodes in natural order, likewise borrowed. */
const char *mishaps_first(const struct mishaps *m, size_t i);

/* "3 nodes ib[1-3]: disk full (disk-full)" */
void mishaps_add_head(struct mishaps *m, size_t i, struct text *text);

/* "3 nodes ib[1-3]: disk full (disk-full): 12 MiB left on /var", one line, escaped, without
 * newline; of words that differ the first node's, and "..." behind them.
 */
void mishaps_add_line(struct mishaps *m, size_t i, struct text *text);

#endif
