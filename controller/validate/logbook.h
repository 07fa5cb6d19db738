/* logbook - a validation in the journal: the run, its nodes, its pairs, its findings
 *
 * A validation changes nothing, so a journal that cannot be written is no reason
 * not to measure: logbook_open() then says why, and the rest does nothing.
 */
#ifndef CONTROLLER_LOGBOOK_H
#define CONTROLLER_LOGBOOK_H

struct command;
struct fail;
struct logbook;
struct result;

/* Begins a run.  FAIL_STATE, FAIL_MEMORY; *logbook is NULL then. */
int logbook_open(struct command *c, struct logbook **logbook, struct fail *why);

/* NULL for no logbook. */
const char *logbook_run(const struct logbook *logbook);

/* Writes all and the end, then closes; the loop must run on.  result may be NULL
 * (nothing came of it).  NULL logbook is allowed.
 */
void logbook_close(struct logbook *logbook, const struct result *result);

#endif
