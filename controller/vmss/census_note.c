#include "controller/vmss/census_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_change.h"
#include "inventory/scaleset_filter.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

const char *census_age(int64_t age_s, char text[CENSUS_AGE_BYTES])
{
    static const struct {
        int64_t from_s, unit_s;
        const char *name;
    } units[] = {{2 * 86400, 86400, "days"}, {7200, 3600, "h"}, {120, 60, "min"}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (age_s >= units[i].from_s) {
            snprintf(text, CENSUS_AGE_BYTES, "%lld %s",
                     (long long)(age_s / units[i].unit_s), units[i].name);
            return text;
        }
    snprintf(text, CENSUS_AGE_BYTES, "%lld s", (long long)age_s);
    return text;
}

bool census_is_meant(const struct scaleset *set, const struct scaleset_instance *instance,
                     const struct scaleset_filter *filter, bool takes_all)
{
    return (takes_all || scaleset_is_node(instance) ||
            scaleset_filter_names_state(filter)) &&
           scaleset_filter_takes(filter, set, instance);
}

/* "scale set hpc/ib: " + what + the names; nothing when there are none. */
static int tell_names(const struct scaleset *set, const char *what,
                      const struct hostset *names, const char *after,
                      void (*tell)(const char *line), struct fail *why)
{
    CLEANUP(text_done) char *hosts = NULL;
    CLEANUP(text_done) char *line = NULL;

    if (!hostset_count(names))
        return 0;
    hosts = hostset_fold(names);
    if (!hosts || asprintf(&line, "scale set %s/%s: %s %s%s", set->group, set->name, what,
                           hosts, after) < 0) {
        line = NULL;
        return fail_memory(why);
    }
    tell(line);
    return 0;
}

/* ---- changes --------------------------------------------------------------------------- */

struct changes {
    struct hostset *names[SCALESET_REPLACED + 1];
};

/* Azure gives the machine in another's place its number, or the next one: that is also
 * one who came and one who went.
 */
static int note(void *arg, const struct scaleset_change *change, struct fail *why)
{
    const struct changes *c = arg;
    bool is_renamed = change->kind == SCALESET_REPLACED &&
                      strcmp(change->is->name, change->was->name) != 0;

    if (change->kind == SCALESET_REPLACED &&
        hostset_add(c->names[SCALESET_REPLACED], change->is->name, why) < 0)
        return -1;
    if ((change->kind == SCALESET_CAME || is_renamed) &&
        hostset_add(c->names[SCALESET_CAME], change->is->name, why) < 0)
        return -1;
    return change->kind == SCALESET_WENT || is_renamed
               ? hostset_add(c->names[SCALESET_WENT], change->was->name, why)
               : 0;
}

static int tell_changes(const struct scaleset *now, const struct changes *c,
                        void (*tell)(const char *line), struct fail *why)
{
    if (tell_names(now, "since then came", c->names[SCALESET_CAME], "", tell, why) < 0 ||
        tell_names(now, "since then went", c->names[SCALESET_WENT], "", tell, why) < 0)
        return -1;
    return tell_names(now, "in the place of other machines:", c->names[SCALESET_REPLACED],
                      " (their host keys are new)", tell, why);
}

int census_note_changes(const struct scaleset *before, const struct scaleset *now,
                        void (*tell)(const char *line), struct fail *why)
{
    struct changes c = {{hostset_new(), hostset_new(), hostset_new()}};
    int status = c.names[0] && c.names[1] && c.names[2] ? 0 : fail_memory(why);

    if (status == 0)
        status = scaleset_compare(before, now, note, &c, why);
    if (status == 0)
        status = tell_changes(now, &c, tell, why);
    for (size_t i = 0; i < sizeof c.names / sizeof *c.names; i++)
        hostset_free(c.names[i]);
    return status;
}

/* ---- one set --------------------------------------------------------------------------- */

void census_note_age(const struct scaleset *set, int64_t age_s,
                     void (*tell)(const char *line))
{
    CLEANUP(text_done) char *line = NULL;
    char age[CENSUS_AGE_BYTES];

    if (age_s <= 0)
        return;
    if (asprintf(
            &line,
            "scale set %s/%s: %zu instance%s, as Azure said %s ago (--max-age 0 asks "
            "again)",
            set->group, set->name, set->count, set->count == 1 ? "" : "s",
            census_age(age_s, age)) < 0)
        line = NULL;
    if (line)
        tell(line);
}

void census_note_left_out(const struct scaleset *set,
                          const struct scaleset_filter *filter,
                          void (*tell)(const char *line))
{
    CLEANUP(hostset_done) struct hostset *left_out = hostset_new();

    if (!left_out || scaleset_filter_names_state(filter))
        return;
    for (size_t i = 0; i < set->count; i++)
        if (!scaleset_is_node(&set->instances[i]) &&
            scaleset_filter_takes(filter, set, &set->instances[i]))
            hostset_add(left_out, set->instances[i].name, NULL);
    tell_names(set, "not running, left out:", left_out, "", tell, NULL);
}
