/* One set: notes, a look at Azure, the choice (repairs_choice.h), what is sent, notes again. */
#include <stdio.h>
#include <string.h>

#include "controller/azure/arm.h"
#include "controller/repairs/repairs_parts.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define API_VERSION "2024-03-01"
#define MAX_PATH    (REPAIRS_RESOURCE_BYTES + 64)

static struct repairs_job *job_of(const struct repairs *r)
{
    return &r->jobs[r->at];
}

static struct repairs_report *report_of(const struct repairs *r)
{
    return &r->reports[r->at];
}

/* ---- the end of one set ------------------------------------------------------------------- */

static void settle(struct repairs *r, enum repairs_end end)
{
    report_of(r)->end = end;
    r->at++;
    r->is_confirming = false;
    repairs_advance(r);
}

static void fail(struct repairs *r, const struct fail *why)
{
    report_of(r)->why = *why;
    settle(r, REPAIRS_FAILED);
}

/* ---- notes -------------------------------------------------------------------------------- */

static bool is_ours(const struct repairs *r, const struct repairs_note *note)
{
    return r->is_anybodys || strcmp(note->holder, r->order.holder) == 0;
}

/* The least certain of several counts: it is the one that may still come about. */
static enum repairs_mark least_certain(enum repairs_mark a, enum repairs_mark b)
{
    if (a == REPAIRS_NO_NOTE || b == REPAIRS_NO_NOTE)
        return a == REPAIRS_NO_NOTE ? b : a;
    return a == REPAIRS_HELD ? b : a;
}

static void name_holder(struct repairs_report *report, const char *holder)
{
    size_t len = strlen(report->others);

    snprintf(report->others + len, sizeof report->others - len, "%s%s", len ? ", " : "",
             holder);
}

/* What the notes say of the set; ours by now stays apart from what it was. */
static int look_at_notes(struct repairs *r, enum repairs_mark *ours,
                         struct repairs_seen *seen, struct fail *why)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes notes;
    struct repairs_report *report = report_of(r);

    *report->others = '\0';
    *seen =
        (struct repairs_seen){.view = report->view,
                              .insists = strcmp(r->order.holder, REPAIRS_OPERATOR) == 0};
    *ours = REPAIRS_NO_NOTE;
    if (repairs_notes_read(r->order.folder, &notes, why) < 0)
        return -1;
    for (size_t i = 0; i < notes.count; i++) {
        const struct repairs_note *n = &notes.list[i];

        if (!repairs_note_is_of(n, job_of(r)->resource))
            continue;
        if (is_ours(r, n))
            *ours = least_certain(*ours, n->mark);
        if (!is_ours(r, n) || r->deed == REPAIRS_LOOK)
            name_holder(report, n->holder);
        seen->others_leave |= !is_ours(r, n) && n->mark == REPAIRS_LEAVING;
        seen->others_stay |= !is_ours(r, n) && n->mark != REPAIRS_LEAVING;
    }
    return 0;
}

static int put_own(struct repairs *r, enum repairs_mark mark, struct fail *why)
{
    struct repairs_note note;

    return repairs_note_make(job_of(r)->resource, r->order.holder, mark, &note, why) < 0
               ? -1
               : repairs_notes_put(r->order.folder, &note, why);
}

/* All notes of the set that are ours become so, or go (REPAIRS_NO_NOTE). */
static int mark_ours(struct repairs *r, enum repairs_mark mark, struct fail *why)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes notes;
    int rc = repairs_notes_read(r->order.folder, &notes, why);

    for (size_t i = 0; rc == 0 && i < notes.count; i++) {
        struct repairs_note *n = &notes.list[i];

        if (!repairs_note_is_of(n, job_of(r)->resource) || !is_ours(r, n))
            continue;
        n->mark = mark;
        rc = mark ? repairs_notes_put(r->order.folder, n, why)
                  : repairs_notes_remove(r->order.folder, n, why);
    }
    return rc;
}

/* The set is done with, and so are our notes of it. */
static void settle_without_note(struct repairs *r, enum repairs_end end)
{
    struct fail why;

    if (mark_ours(r, REPAIRS_NO_NOTE, &why) < 0)
        fail(r, &why);
    else
        settle(r, end);
}

static void settle_held(struct repairs *r, enum repairs_end end)
{
    struct fail why;

    if (put_own(r, REPAIRS_HELD, &why) < 0)
        fail(r, &why);
    else
        settle(r, end);
}

static void settle_well(struct repairs *r, enum repairs_end end)
{
    if (r->deed == REPAIRS_SUSPEND)
        settle_held(r, end);
    else
        settle_without_note(r, end);
}

/* ---- what is sent -------------------------------------------------------------------------- */

static int ask_view(struct repairs *r, struct fail *why);

/* Azure has not heard of it, or has refused it: nothing will come of it. */
static bool is_refusal(const struct repairs *r, const struct arm_answer *answer)
{
    return !r->is_taken && !answer->may_be_done;
}

static void tell_refusal(struct repairs *r, const struct fail *why)
{
    struct fail gone;

    if (r->deed == REPAIRS_RESUME && report_of(r)->view == REPAIRS_RUNNING)
        settle_without_note(r, REPAIRS_ALREADY); /* they do run */
    else if (r->deed == REPAIRS_SUSPEND && job_of(r)->ours == REPAIRS_NO_NOTE &&
             mark_ours(r, REPAIRS_NO_NOTE, &gone) < 0)
        fail(r, &gone);
    else
        fail(r, why);
}

static void on_sent(void *arg, const struct arm_answer *answer)
{
    struct repairs *r = arg;
    struct fail why;

    if (!answer->why) {
        settle_well(r, REPAIRS_DID);
    } else if (answer->why->code == FAIL_AZURE_VANISHED) {
        r->is_confirming = true;
        if (ask_view(r, &why) < 0)
            fail(r, &why);
    } else if (is_refusal(r, answer)) {
        tell_refusal(r, answer->why);
    } else {
        fail(r, answer->why); /* it may come about: the note stays */
    }
}

static void on_taken(void *arg, enum arm_track track, const char *url)
{
    struct repairs *r = arg;

    (void)track;
    (void)url; /* the set itself tells what has come of it */
    r->is_taken = true;
}

static struct json *body_of(const struct repairs *r)
{
    const char *action = r->deed == REPAIRS_SUSPEND ? "Suspend" : "Resume";
    struct json *body = json_object();

    if (body && json_put_text(body, "serviceName", "AutomaticRepairs") == 0 &&
        json_put_text(body, "action", action) == 0)
        return body;
    json_free(body);
    return NULL;
}

static int post(struct repairs *r, struct fail *why)
{
    static const struct arm_act_hooks hooks = {.taken = on_taken, .done = on_sent};
    CLEANUP(json_done) struct json *body = body_of(r);
    char path[MAX_PATH];
    const struct arm_request ask = {.method = "POST",
                                    .path = path,
                                    .api_version = API_VERSION,
                                    .body = body,
                                    .what = report_of(r)->set,
                                    .deadline_ms = REPAIRS_DEADLINE_MS,
                                    .is_repeatable = true};

    r->is_taken = false;
    snprintf(path, sizeof path, "%s/setOrchestrationServiceState", job_of(r)->resource);
    return body ? arm_act(r->order.arm, &ask, &hooks, r, why) : fail_memory(why);
}

/* ---- choosing ------------------------------------------------------------------------------- */

/* Our note comes first and the look at who leaves after it: see repairs_notes.h. */
static int suspend(struct repairs *r, struct repairs_seen *seen, struct fail *why)
{
    struct repairs_choice choice = repairs_choose_suspend(seen);
    enum repairs_mark now;

    if (choice.sends || choice.end == REPAIRS_ALREADY) {
        if (put_own(r, REPAIRS_ASKED, why) < 0 || look_at_notes(r, &now, seen, why) < 0)
            return -1;
        seen->ours = job_of(r)->ours;
        choice = repairs_choose_suspend(seen);
    }
    if (choice.sends)
        return post(r, why);
    if (choice.end == REPAIRS_ALREADY)
        settle_held(r, choice.end);
    else
        settle_without_note(r, choice.end);
    return 0;
}

static int resume(struct repairs *r, const struct repairs_seen *seen, struct fail *why)
{
    struct repairs_choice choice = repairs_choose_resume(seen);

    if (choice.sends)
        return post(r, why);
    settle_without_note(r, choice.end);
    return 0;
}

static int choose(struct repairs *r, struct fail *why)
{
    struct repairs_seen seen;
    enum repairs_mark now;

    if (look_at_notes(r, &now, &seen, why) < 0)
        return -1;
    if (r->deed == REPAIRS_SUSPEND)
        job_of(r)->ours = now;
    seen.ours = job_of(r)->ours;
    if (r->deed == REPAIRS_SUSPEND)
        return suspend(r, &seen, why);
    if (r->deed == REPAIRS_RESUME)
        return resume(r, &seen, why);
    settle(r, REPAIRS_NONE);
    return 0;
}

/* ---- the look at Azure ----------------------------------------------------------------------- */

/* The operation's own address was lost: what it did is what the set says. */
static void confirm(struct repairs *r, const struct arm_answer *answer)
{
    enum repairs_view wanted =
        r->deed == REPAIRS_SUSPEND ? REPAIRS_SUSPENDED : REPAIRS_RUNNING;
    struct fail why;

    if (answer->why) {
        fail(r, answer->why);
    } else if (repairs_read_view(answer->body) == wanted) {
        settle_well(r, REPAIRS_DID);
    } else {
        fail_set(
            &why, FAIL_AZURE_VANISHED,
            "%s: Azure has lost the operation, and automatic repairs are not %s: try "
            "again",
            report_of(r)->set, repairs_view_name(wanted));
        fail(r, &why);
    }
}

static void on_view(void *arg, const struct arm_answer *answer)
{
    struct repairs *r = arg;
    struct fail why;

    if (r->is_confirming) {
        confirm(r, answer);
        return;
    }
    if (answer->why && answer->why->code == FAIL_AZURE_NOT_FOUND &&
        r->deed == REPAIRS_RESUME) {
        settle_without_note(r, REPAIRS_GONE);
        return;
    }
    if (answer->why && answer->why->code != FAIL_AZURE_REFUSED) {
        fail(r, answer->why);
        return;
    }
    report_of(r)->view = answer->why ? REPAIRS_UNTOLD : repairs_read_view(answer->body);
    if (choose(r, &why) < 0)
        fail(r, &why);
}

static int ask_view(struct repairs *r, struct fail *why)
{
    char path[MAX_PATH];
    const struct arm_request ask = {.method = "GET",
                                    .path = path,
                                    .api_version = API_VERSION,
                                    .what = report_of(r)->set};

    snprintf(path, sizeof path, "%s/instanceView", job_of(r)->resource);
    return arm_call(r->order.arm, &ask, on_view, r, why);
}

/* ---- the beginning ---------------------------------------------------------------------- */

/* 1: it is settled without Azure. */
static int begin_resume(struct repairs *r, struct fail *why)
{
    struct repairs_seen seen;
    enum repairs_mark now;

    if (look_at_notes(r, &job_of(r)->ours, &seen, why) < 0 ||
        mark_ours(r, REPAIRS_LEAVING, why) < 0 || look_at_notes(r, &now, &seen, why) < 0)
        return -1;
    if (!seen.others_stay)
        return 0;
    report_of(r)->end = REPAIRS_SHARED;
    return mark_ours(r, REPAIRS_NO_NOTE, why) < 0 ? -1 : 1;
}

int repairs_set_begin(struct repairs *r)
{
    struct repairs_report *report = report_of(r);
    int settled = 0;

    if (r->deed == REPAIRS_SUSPEND && job_of(r)->is_off) {
        report->end = REPAIRS_NONE;
        return 1;
    }
    if (r->deed == REPAIRS_RESUME)
        settled = begin_resume(r, &report->why);
    if (settled == 0)
        settled = ask_view(r, &report->why);
    if (settled >= 0)
        return settled;
    report->end = REPAIRS_FAILED;
    return 1;
}
