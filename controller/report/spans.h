/* spans - how long nodes were in each state (pure)
 *
 *     struct spans *s = spans_new(chronicle, until_ms);
 *
 *     for (state = 1; state < NODE_STATES; state++)
 *         if (spans_of(s, state, &span)) ...
 *     spans_free(s);
 *
 * A node counts once for each state it was in, with all its stays together; one that is
 * still in it, until then.  Ends of the road last for ever and have none.
 */
#ifndef CONTROLLER_SPANS_H
#define CONTROLLER_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chronicle;
struct chronicle_node;
struct spans;

struct span {
    size_t nodes;
    double median_s, p90_s, most_s;
    size_t slowest; /* node of the chronicle */
};

/* NULL: out of memory. */
struct spans *spans_new(const struct chronicle *c, int64_t until_ms);
void spans_free(struct spans *s); /* NULL is allowed */
void spans_done(struct spans **s);

/* False: nobody was in it. */
bool spans_of(const struct spans *s, int state, struct span *span);

/* How long one node was in a state, seconds. */
double span_of_node(const struct chronicle_node *n, int state, int64_t until_ms);

/* And in all that are busy. */
double span_on_the_road(const struct chronicle_node *n, int64_t until_ms);

#endif
