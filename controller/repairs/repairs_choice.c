#include "controller/repairs/repairs_choice.h"

#include <stddef.h>
#include <string.h>

#include "inventory/armfield.h"
#include "protocol/json.h"

static struct repairs_choice leave_it(enum repairs_end end)
{
    return (struct repairs_choice){.sends = false, .end = end};
}

static struct repairs_choice send(void)
{
    return (struct repairs_choice){.sends = true, .end = REPAIRS_DID};
}

/* Suspended without a note of ours is somebody's will, or Azure's own, which gives up
 * where repairs do not help; it must not end with our run.
 */
static struct repairs_choice choose_suspended(const struct repairs_seen *seen)
{
    if (seen->ours == REPAIRS_NO_NOTE && !seen->others_stay && !seen->others_leave)
        return leave_it(REPAIRS_THEIRS);
    if (seen->ours == REPAIRS_LEAVING ||
        seen->others_leave) /* what resumes may come yet */
        return send();
    return leave_it(REPAIRS_ALREADY);
}

struct repairs_choice repairs_choose_suspend(const struct repairs_seen *seen)
{
    switch (seen->view) {
    case REPAIRS_RUNNING:
        return send();
    case REPAIRS_SUSPENDED:
        return choose_suspended(seen);
    case REPAIRS_UNTOLD:
        return seen->insists || seen->ours != REPAIRS_NO_NOTE ? send()
                                                              : leave_it(REPAIRS_UNKNOWN);
    default:
        return leave_it(REPAIRS_NONE);
    }
}

/* Running although we hold them: somebody was faster.  Unless what we sent before we were
 * killed, one way or the other, may still come.
 */
struct repairs_choice repairs_choose_resume(const struct repairs_seen *seen)
{
    if (seen->others_stay)
        return leave_it(REPAIRS_SHARED);
    switch (seen->view) {
    case REPAIRS_RUNNING:
        return seen->ours == REPAIRS_ASKED || seen->ours == REPAIRS_LEAVING
                   ? send()
                   : leave_it(REPAIRS_ALREADY);
    case REPAIRS_SUSPENDED:
    case REPAIRS_UNTOLD:
        return seen->ours != REPAIRS_NO_NOTE ? send() : leave_it(REPAIRS_THEIRS);
    default:
        return leave_it(REPAIRS_NONE);
    }
}

/* ---- words ------------------------------------------------------------------------------ */

static bool is_service_in(const struct json *service, const char *state)
{
    const char *name = armfield_text(service, "serviceName");
    const char *said = armfield_text(service, "serviceState");

    return name && said && strcmp(name, "AutomaticRepairs") == 0 &&
           strcmp(said, state) == 0;
}

enum repairs_view repairs_read_view(const struct json *instance_view)
{
    const struct json *s = armfield_items(instance_view, "orchestrationServices");

    for (; s; s = json_next(s)) {
        if (is_service_in(s, "Running"))
            return REPAIRS_RUNNING;
        if (is_service_in(s, "Suspended"))
            return REPAIRS_SUSPENDED;
    }
    return REPAIRS_OFF;
}

const char *repairs_view_name(enum repairs_view view)
{
    static const char *const names[REPAIRS_VIEWS] = {
        [REPAIRS_OFF] = "off",
        [REPAIRS_RUNNING] = "running",
        [REPAIRS_SUSPENDED] = "suspended",
        [REPAIRS_UNTOLD] = "unknown",
    };

    return names[view];
}

static const char *const marks[REPAIRS_MARKS] = {
    [REPAIRS_NO_NOTE] = "none",
    [REPAIRS_ASKED] = "asked",
    [REPAIRS_HELD] = "held",
    [REPAIRS_LEAVING] = "leaving",
};

const char *repairs_mark_name(enum repairs_mark mark)
{
    return marks[mark];
}

enum repairs_mark repairs_mark_of(const char *name)
{
    for (int m = REPAIRS_ASKED; m < REPAIRS_MARKS; m++)
        if (strcmp(marks[m], name) == 0)
            return (enum repairs_mark)m;
    return REPAIRS_NO_NOTE;
}

const char *repairs_end_name(enum repairs_end end)
{
    static const char *const names[REPAIRS_END_COUNT] = {
#define X(end, name) [end] = name,
        REPAIRS_ENDS(X)
#undef X
    };

    return names[end];
}
