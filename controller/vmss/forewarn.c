#include "controller/vmss/forewarn.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/azure/events.h"
#include "controller/vmss/census.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static void on_events(void *arg)
{
    *(bool *)arg = false;
}

/* NULL: they could not be asked for, which is no reason not to go on. */
static struct events *ask_events(const struct census *m)
{
    struct events *events = NULL;
    bool is_waiting = true;

    if (events_ask(census_loop(m), census_metadata(m), on_events, &is_waiting, &events,
                   NULL) < 0)
        return NULL;
    while (is_waiting)
        uv_run(census_loop(m), UV_RUN_ONCE);
    return events;
}

int forewarn_judge(const struct census *m, enum preflight_deed deed, bool keeps_extension,
                   struct preflight *found, struct fail *why)
{
    struct preflight_question question = {.deed = deed,
                                          .skus = census_sizes(m),
                                          .keeps_extension = keeps_extension};
    struct events *events = ask_events(m);
    int status;

    question.sets = census_sets(m, &question.set_count);
    question.rights = census_rights(m, &question.right_count);
    if (events)
        question.events = events_list(events, &question.event_count);
    status = preflight_judge(&question, found, why);
    events_free(events);
    return status;
}

static int tell_finding(const struct preflight_finding *f, void (*tell)(const char *line),
                        struct fail *why)
{
    CLEANUP(text_done) char *line = NULL;

    if (asprintf(&line, "%s: %s: %s", f->object, f->text, f->remedy) < 0) {
        line = NULL;
        return fail_memory(why);
    }
    tell(line);
    return 0;
}

int forewarn(const struct census *m, enum preflight_deed deed, bool keeps_extension,
             void (*tell)(const char *line), struct fail *why)
{
    struct preflight found = {.count = 0};
    int status = forewarn_judge(m, deed, keeps_extension, &found, why);

    for (size_t i = 0; status == 0 && i < found.count; i++)
        status = tell_finding(&found.findings[i], tell, why);
    if (status == 0)
        status = preflight_refusal(&found, why);
    preflight_done(&found);
    return status;
}
