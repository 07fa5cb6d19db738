/* report - a rollout as one HTML file, from the journal alone
 *
 *     report_read(history, run, journal_clock_ms(), &r, why);
 *     report_render(r, &page, why);
 *     report_free(r);
 *
 * The page needs nothing beside itself: its style and drawings are in it, it has no script,
 * and it loads nothing.  Whatever a node has said is text in it (html.h).
 */
#ifndef CONTROLLER_REPORT_H
#define CONTROLLER_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct history;
struct json;
struct report;
struct text;

/* A large fleet's page, with a row for each of 100,000 nodes. */
#define REPORT_MAX_BYTES ((size_t)128 << 20)

/* run NULL: the rollout that is under way, else the latest.  FAIL_NO_SUCH_RUN; FAIL_USAGE:
 * it is no rollout; FAIL_STATE, FAIL_MEMORY.
 */
int report_read(struct history *h, const char *run, int64_t now_ms, struct report **r,
                struct fail *why);
void report_free(struct report *r); /* NULL is allowed */
void report_done(struct report **r);

/* Borrowed. */
const char *report_run(const struct report *r);

/* {"run", "state", "total", "well", "failed"}; NULL: out of memory. */
struct json *report_encode(const struct report *r);

/* The whole page.  FAIL_MEMORY, also when it is longer than the ceiling. */
int report_render(const struct report *r, struct text *page, struct fail *why);

#endif
