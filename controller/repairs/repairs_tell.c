/* repairs_tell - what came of suspending and resuming, in sentences */
#include <stdio.h>
#include <string.h>

#include "controller/repairs/repairs.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"

#define LABEL "scale set "

/* ".../resourceGroups/RG/.../NAME" */
void repairs_label(const char *resource, char label[REPAIRS_LABEL_BYTES])
{
    const char *group = strcasestr(resource, "/resourceGroups/");
    const char *name = strrchr(resource, '/');

    group = group ? group + strlen("/resourceGroups/") : "?";
    snprintf(label, REPAIRS_LABEL_BYTES, LABEL "%.*s/%s", (int)strcspn(group, "/"), group,
             name ? name + 1 : resource);
}

const char *repairs_name(const char *label)
{
    return label + strlen(LABEL);
}

static void add_begin(const struct repairs_report *r, struct text *text)
{
    text_add(text, "automatic repairs of ");
    escape_add(text, r->set);
}

static void tell_look(const struct repairs_report *r, struct text *text)
{
    static const char *const words[REPAIRS_VIEWS] = {
        [REPAIRS_OFF] = " are off",
        [REPAIRS_RUNNING] = " run",
        [REPAIRS_SUSPENDED] = " are suspended",
        [REPAIRS_UNTOLD] = ": Azure does not say how they stand in a Flexible set",
    };

    add_begin(r, text);
    text_add(text, "%s", words[r->view]);
    if (*r->others)
        text_add(text, "%s for %s", r->view == REPAIRS_SUSPENDED ? "" : "; noted",
                 r->others);
    else if (r->view == REPAIRS_SUSPENDED)
        text_add(text, ", not by ibfleet from this state folder");
}

static void tell_suspend(const struct repairs_report *r, struct text *text)
{
    static const char *const words[REPAIRS_END_COUNT] = {
        [REPAIRS_NONE] = " are off: nothing to suspend",
        [REPAIRS_DID] = " are suspended",
        [REPAIRS_ALREADY] = " are suspended already, by ibfleet",
        [REPAIRS_THEIRS] = " are suspended already, not by ibfleet: they will be left so",
    };

    add_begin(r, text);
    if (r->end != REPAIRS_UNKNOWN) {
        text_add(text, "%s", words[r->end]);
        return;
    }
    text_add(text,
             " go on: Azure does not say how they stand in a Flexible set, so they "
             "could not be restored; by hand: ibfleet azure repairs suspend --vmss ");
    escape_add(text, r->name);
}

static void tell_resume(const struct repairs_report *r, struct text *text)
{
    static const char *const words[REPAIRS_END_COUNT] = {
        [REPAIRS_NONE] = " are off: nothing to resume",
        [REPAIRS_DID] = " run again",
        [REPAIRS_ALREADY] = " run already",
        [REPAIRS_GONE] = ": the set is not there any more",
    };

    add_begin(r, text);
    if (r->end == REPAIRS_SHARED) {
        text_add(text,
                 " stay suspended for %s; when that is over: ibfleet azure repairs "
                 "resume --vmss ",
                 r->others);
        escape_add(text, r->name);
    } else if (r->end == REPAIRS_THEIRS) {
        text_add(text,
                 " were not suspended by ibfleet from this state folder, and are left "
                 "as they are; az vmss set-orchestration-service-state --action Resume "
                 "--service-name AutomaticRepairs resumes them");
    } else {
        text_add(text, "%s", words[r->end]);
    }
}

void repairs_tell(enum repairs_deed deed, const struct repairs_report *report,
                  struct text *text)
{
    if (report->end == REPAIRS_FAILED)
        escape_add(text, report->why.text);
    else if (deed == REPAIRS_LOOK)
        tell_look(report, text);
    else if (deed == REPAIRS_SUSPEND)
        tell_suspend(report, text);
    else
        tell_resume(report, text);
}
