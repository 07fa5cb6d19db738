/* census_note - what a person is told of the sets that nodes come from (pure)
 */
#ifndef CONTROLLER_CENSUS_NOTE_H
#define CONTROLLER_CENSUS_NOTE_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct scaleset;
struct scaleset_filter;
struct scaleset_instance;

#define CENSUS_AGE_BYTES 32

/* "40 s", "12 min", "3 h", "9 days" */
const char *census_age(int64_t age_s, char text[CENSUS_AGE_BYTES]);

/* Is this instance meant: there to be logged in to, unless all are or the filter has asked
 * for another state, and what the filter takes?
 */
bool census_is_meant(const struct scaleset *set, const struct scaleset_instance *instance,
                     const struct scaleset_filter *filter, bool takes_all);

/* Who came, who went, and whose place another machine has taken, a line each; nothing
 * when nobody did.  FAIL_MEMORY.
 */
int census_note_changes(const struct scaleset *before, const struct scaleset *now,
                        void (*tell)(const char *line), struct fail *why);

/* How old it is; nothing for age_s 0. */
void census_note_age(const struct scaleset *set, int64_t age_s,
                     void (*tell)(const char *line));

/* Whom it leaves out as not running. */
void census_note_left_out(const struct scaleset *set,
                          const struct scaleset_filter *filter,
                          void (*tell)(const char *line));

#endif
