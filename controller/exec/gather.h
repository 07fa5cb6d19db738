/* gather - answers that are the same, once, under all who gave them (pure)
 *
 *     === 3 nodes ib[1-3]
 *     Linux
 *     === 1 node ib4: exit status 127
 *     sh: 1: unam: not found
 */
#ifndef CONTROLLER_GATHER_H
#define CONTROLLER_GATHER_H

#include <stdbool.h>

struct answer;
struct fail;
struct gather;
struct text;

/* raw: output is not escaped.  NULL only when memory is exhausted. */
struct gather *gather_new(bool raw);
void gather_free(struct gather *g); /* NULL is allowed */
void gather_done(struct gather **g);

/* One that failed without a word is left out; it is trouble's.  FAIL_MEMORY. */
int gather_add(struct gather *g, const struct answer *answer, struct fail *why);

/* The largest group first. */
void gather_render(struct gather *g, bool color, struct text *text);

/* Only what differs: each group as a unified diff against the largest of those with the
 * lowest status.
 *
 *     --- 3 nodes ib[1-3]
 *     +++ 1 node ib4: exit status 1
 *     @@ -1,1 +1,1 @@
 *     -Linux
 *     +sh: 1: unam: not found
 *
 * One that differs in too much is told whole, as gather_render() would.
 */
void gather_render_diff(struct gather *g, bool color, struct text *text);

#endif
