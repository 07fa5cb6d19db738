/* retelling - a validation as the journal has it, told as validate told it
 *
 *     retelling_read(h, run, NULL, RETELLING_MAX_ROWS, &r, why);
 *     retelling_render(r, width, color, &text);
 *     retelling_free(r);
 *
 * Of the whole run: its headline, its findings, the pairs that are not ok.  Of one
 * node: the findings that name it, and all of its pairs.
 */
#ifndef CONTROLLER_RETELLING_H
#define CONTROLLER_RETELLING_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct history;
struct json;
struct retelling;
struct text;

/* More pairs than this tell a person nothing. */
#define RETELLING_MAX_ROWS ((size_t)50)

/* Reads a run that is there; node may be NULL, else it is borrowed for as long as *r
 * lives.  At most most_pairs are kept.  FAIL_STATE, FAIL_MEMORY.
 */
int retelling_read(struct history *h, const char *run, const char *node,
                   size_t most_pairs, struct retelling **r, struct fail *why);

void retelling_free(struct retelling *r); /* NULL is allowed */

/* width 0: as wide as it gets. */
void retelling_render(const struct retelling *r, size_t width, bool color,
                      struct text *text);

/* Move "summary" (null: it has not ended), "findings", "pairs" and "pairs_unlisted"
 * into the document; *r is then only to be freed.  FAIL_MEMORY.
 */
int retelling_put(struct retelling *r, struct json *doc, struct fail *why);

#endif
