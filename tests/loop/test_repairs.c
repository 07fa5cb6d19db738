#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/repairs/repairs.h"
#include "controller/repairs/repairs_notes.h"
#include "controller/screen/text.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define IB                                                             \
    "/subscriptions/s/resourceGroups/hpc/providers/Microsoft.Compute/" \
    "virtualMachineScaleSets/ib"

/* ---- an Azure with one set, behind arm.h -------------------------------------------------- */

static struct {
    const char *state;          /* of the repairs; NULL: it is not told (409) */
    enum fail_code view, act;   /* failures; FAIL_NONE */
    bool is_taken, may_be_done; /* what it says of one that fails */
    bool has_effect;            /* an operation that fails, nevertheless */
    unsigned looks, suspends, resumes;
    enum repairs_mark mark_when_asked; /* of our note, when the operation came */
} azure;

static uv_loop_t loop;
static uv_timer_t timer;
static arm_done *pending;
static void *pending_arg;
static bool pending_view;
static char folder[64];

static enum repairs_mark mark_of(const char *holder);

static void on_turn(uv_timer_t *t)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct arm_answer answer = {.status = 200};
    enum fail_code code = pending_view ? azure.view : azure.act;
    char text[160];
    struct fail why;

    (void)t;
    if (pending_view && !azure.state && !code)
        code = FAIL_AZURE_REFUSED;
    if (code) {
        fail_set(&why, code, "Azure says no");
        answer.why = &why;
        answer.may_be_done = azure.may_be_done && !pending_view;
    } else if (pending_view) {
        snprintf(text, sizeof text,
                 "{\"orchestrationServices\":[{\"serviceName\":\"AutomaticRepairs\","
                 "\"serviceState\":\"%s\"}]}",
                 azure.state);
        assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
        answer.body = doc;
    }
    pending(pending_arg, &answer);
}

static int come(arm_done *done, void *arg, bool view)
{
    pending = done;
    pending_arg = arg;
    pending_view = view;
    return uv_timer_start(&timer, on_turn, 0, 0);
}

int arm_call(struct arm *arm, const struct arm_request *ask, arm_done *done, void *arg,
             struct fail *why)
{
    (void)arm;
    (void)why;
    assert_string_equal(ask->method, "GET");
    assert_string_equal(ask->path, IB "/instanceView");
    azure.looks++;
    return come(done, arg, true);
}

int arm_act(struct arm *arm, const struct arm_request *ask,
            const struct arm_act_hooks *hooks, void *arg, struct fail *why)
{
    const char *action = json_text_of(json_find(ask->body, "action"));
    bool suspends = strcmp(action, "Suspend") == 0;

    (void)arm;
    (void)why;
    assert_string_equal(ask->path, IB "/setOrchestrationServiceState");
    azure.mark_when_asked = mark_of("run-1");
    azure.suspends += suspends;
    azure.resumes += !suspends;
    if (azure.state && (!azure.act || azure.has_effect))
        azure.state = suspends ? "Suspended" : "Running";
    if (azure.is_taken)
        hooks->taken(arg, ARM_TRACK_OPERATION, "https://management.azure.com/operation");
    return come(hooks->done, arg, false);
}

/* ---- us ------------------------------------------------------------------------------------- */

static struct scaleset set = {.resource = IB, .repairs = true};
static const struct scaleset *const sets[] = {&set};
static struct repairs_report report;
static size_t reports;
static unsigned endings;

static void on_done(void *arg, const struct repairs_report *all, size_t count)
{
    (void)arg;
    endings++;
    reports = count;
    if (count)
        report = all[0];
}

/* A loop that will not close has a leaked handle. */
static void run(enum repairs_deed deed, const char *holder, bool is_restore)
{
    struct repairs_order order = {&loop, NULL, folder, holder};
    int rc;

    endings = 0;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    if (is_restore)
        rc = repairs_restore(&order, on_done, NULL, NULL);
    else if (deed == REPAIRS_SUSPEND)
        rc = repairs_suspend(&order, sets, 1, on_done, NULL, NULL);
    else if (deed == REPAIRS_RESUME)
        rc = repairs_resume(&order, sets, 1, on_done, NULL, NULL);
    else
        rc = repairs_look(&order, sets, 1, on_done, NULL, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(endings, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(endings, 1);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void suspend(const char *holder)
{
    run(REPAIRS_SUSPEND, holder, false);
}
static void restore(const char *holder)
{
    run(REPAIRS_RESUME, holder, true);
}

static enum repairs_mark mark_of(const char *holder)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes notes;

    assert_int_equal(repairs_notes_read(folder, &notes, NULL), 0);
    for (size_t i = 0; i < notes.count; i++)
        if (strcmp(notes.list[i].holder, holder) == 0) {
            assert_true(repairs_note_is_of(&notes.list[i], IB));
            return notes.list[i].mark;
        }
    return REPAIRS_NO_NOTE;
}

static void put(const char *holder, enum repairs_mark mark)
{
    struct repairs_note note;

    assert_int_equal(repairs_note_make(IB, holder, mark, &note, NULL), 0);
    assert_int_equal(repairs_notes_put(folder, &note, NULL), 0);
}

static int set_up(void **state)
{
    (void)state;
    memset(&azure, 0, sizeof azure);
    azure.state = "Running";
    set.repairs = true;
    strcpy(folder, "/tmp/ibfleet-repairs-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- there and back ---------------------------------------------------------------------------- */

static void they_are_noted_before_azure_is_asked(void **state)
{
    (void)state;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_DID);
    assert_string_equal(report.set, "scale set hpc/ib");
    assert_int_equal(azure.mark_when_asked, REPAIRS_ASKED);
    assert_int_equal(mark_of("run-1"), REPAIRS_HELD);
    assert_string_equal(azure.state, "Suspended");
}

static void they_are_resumed_and_the_note_goes_last(void **state)
{
    (void)state;
    suspend("run-1");
    restore("run-1");
    assert_int_equal(report.end, REPAIRS_DID);
    assert_int_equal(azure.mark_when_asked, REPAIRS_LEAVING);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
    assert_string_equal(azure.state, "Running");
}

static void nothing_is_asked_that_cannot_be_noted(void **state)
{
    (void)state;
    strcat(folder, "/none");
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_FAILED);
    assert_int_equal(report.why.code, FAIL_STATE);
    assert_int_equal(azure.suspends, 0);
    *strrchr(folder, '/') = '\0';
}

static void a_set_whose_model_has_none_is_not_asked_for(void **state)
{
    (void)state;
    set.repairs = false;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_NONE);
    assert_int_equal(azure.looks, 0);
}

/* ---- whose they are ------------------------------------------------------------------------------ */

static void what_somebody_else_has_suspended_stays_so(void **state)
{
    (void)state;
    azure.state = "Suspended";
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_THEIRS);
    restore("run-1");
    assert_int_equal(reports, 0);
    assert_int_equal(azure.suspends + azure.resumes, 0);
    assert_string_equal(azure.state, "Suspended");
}

static void the_operator_too_resumes_only_what_is_ours(void **state)
{
    (void)state;
    azure.state = "Suspended";
    run(REPAIRS_RESUME, REPAIRS_OPERATOR, false);
    assert_int_equal(report.end, REPAIRS_THEIRS);
    assert_int_equal(azure.resumes, 0);
    put("run-1", REPAIRS_HELD); /* of a run that was lost */
    run(REPAIRS_RESUME, REPAIRS_OPERATOR, false);
    assert_int_equal(report.end, REPAIRS_DID);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

static void the_last_of_two_runs_resumes(void **state)
{
    (void)state;
    suspend("run-1");
    suspend("run-2");
    assert_int_equal(report.end, REPAIRS_ALREADY);
    assert_int_equal(azure.suspends, 1);
    restore("run-1");
    assert_int_equal(report.end, REPAIRS_SHARED);
    assert_string_equal(report.others, "run-2");
    assert_int_equal(azure.resumes, 0);
    restore("run-2");
    assert_int_equal(report.end, REPAIRS_DID);
    assert_int_equal(azure.resumes, 1);
}

static void a_run_restores_only_its_own(void **state)
{
    (void)state;
    suspend("run-1");
    restore("run-2");
    assert_int_equal(reports, 0);
    assert_int_equal(mark_of("run-1"), REPAIRS_HELD);
}

static void a_look_names_who_holds_them(void **state)
{
    (void)state;
    suspend("run-1");
    run(REPAIRS_LOOK, REPAIRS_OPERATOR, false);
    assert_int_equal(report.view, REPAIRS_SUSPENDED);
    assert_string_equal(report.others, "run-1");
    assert_int_equal(azure.suspends + azure.resumes, 1);
}

/* ---- killed -------------------------------------------------------------------------------------- */

static void killed_before_it_could_ask_it_suspends_again(void **state)
{
    (void)state;
    put("run-1", REPAIRS_ASKED);
    suspend("run-1");
    assert_int_equal(azure.suspends, 1);
    assert_int_equal(mark_of("run-1"), REPAIRS_HELD);
}

static void killed_after_it_had_asked_it_is_ours(void **state)
{
    (void)state;
    put("run-1", REPAIRS_ASKED);
    azure.state = "Suspended";
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_ALREADY);
    restore("run-1");
    assert_string_equal(azure.state, "Running");
}

static void what_may_still_be_suspended_is_resumed(void **state)
{
    (void)state;
    put("run-1", REPAIRS_ASKED);
    restore("run-1");
    assert_int_equal(azure.resumes, 1);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

/* ---- what goes wrong --------------------------------------------------------------------------------- */

static void what_azure_refuses_leaves_no_note(void **state)
{
    (void)state;
    azure.act = FAIL_AZURE_FORBIDDEN;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_FAILED);
    assert_int_equal(report.why.code, FAIL_AZURE_FORBIDDEN);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

static void what_may_have_been_done_stays_noted(void **state)
{
    (void)state;
    azure.act = FAIL_AZURE_UNREACHABLE;
    azure.may_be_done = true;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_FAILED);
    assert_int_equal(mark_of("run-1"), REPAIRS_ASKED);
    azure.act = FAIL_NONE;
    restore("run-1");
    assert_int_equal(azure.resumes, 1);
}

/* The right may end between the asking and the looking. */
static void what_azure_has_taken_is_no_refusal(void **state)
{
    (void)state;
    azure.act = FAIL_AZURE_FORBIDDEN;
    azure.is_taken = true;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_FAILED);
    assert_int_equal(mark_of("run-1"), REPAIRS_ASKED);
}

static void what_azure_has_not_heard_leaves_no_note(void **state)
{
    (void)state;
    azure.act = FAIL_AZURE_UNREACHABLE;
    suspend("run-1");
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

static void of_a_lost_operation_the_set_tells(void **state)
{
    (void)state;
    azure.act = FAIL_AZURE_VANISHED;
    azure.has_effect = true;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_DID);
    azure.has_effect = false;
    restore("run-1");
    assert_int_equal(report.end, REPAIRS_FAILED);
    assert_int_equal(report.why.code, FAIL_AZURE_VANISHED);
    assert_int_equal(mark_of("run-1"), REPAIRS_LEAVING);
}

static void a_set_that_is_gone_has_none_to_resume(void **state)
{
    (void)state;
    suspend("run-1");
    azure.view = FAIL_AZURE_NOT_FOUND;
    restore("run-1");
    assert_int_equal(report.end, REPAIRS_GONE);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

static void what_is_not_told_only_the_operator_suspends(void **state)
{
    (void)state;
    azure.state = NULL;
    suspend("run-1");
    assert_int_equal(report.end, REPAIRS_UNKNOWN);
    assert_int_equal(azure.suspends, 0);
    suspend(REPAIRS_OPERATOR);
    assert_int_equal(report.end, REPAIRS_DID);
    run(REPAIRS_RESUME, REPAIRS_OPERATOR, false);
    assert_int_equal(report.end, REPAIRS_DID);
    assert_int_equal(azure.resumes, 1);
}

/* ---- notes on disk ------------------------------------------------------------------------------------ */

static void a_note_that_cannot_be_read_is_not_passed_over(void **state)
{
    struct repairs_order order = {&loop, NULL, folder, "run-1"};
    char path[128];
    struct fail why;
    FILE *file;

    (void)state;
    put("run-1", REPAIRS_HELD);
    snprintf(path, sizeof path, "%s/repairs/torn.json", folder);
    file = fopen(path, "w");
    fputs("{\"resource\":\"x", file);
    fclose(file);
    assert_int_equal(repairs_restore(&order, on_done, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
    assert_non_null(strstr(why.text, "torn.json"));
}

/* Azure writes ids now in capitals, now not. */
static void an_id_is_the_same_in_capitals(void **state)
{
    struct repairs_note note;

    (void)state;
    put("run-1", REPAIRS_HELD);
    assert_int_equal(repairs_note_make("/SUBSCRIPTIONS/s/resourcegroups/HPC/providers/"
                                       "Microsoft.Compute/virtualMachineScaleSets/IB",
                                       "run-1", REPAIRS_HELD, &note, NULL),
                     0);
    assert_true(repairs_note_is_of(&note, IB));
    assert_int_equal(repairs_notes_remove(folder, &note, NULL), 0);
    assert_int_equal(mark_of("run-1"), REPAIRS_NO_NOTE);
}

static void a_holder_cannot_leave_the_folder(void **state)
{
    struct repairs_note note;

    (void)state;
    assert_int_equal(repairs_note_make(IB, "../x", REPAIRS_HELD, &note, NULL), -1);
    assert_int_equal(repairs_note_make(IB, "", REPAIRS_HELD, &note, NULL), -1);
}

/* ---- words ------------------------------------------------------------------------------------------------ */

static void each_end_has_a_sentence(void **state)
{
    static const enum repairs_end ends[2][7] = {
        {REPAIRS_NONE, REPAIRS_DID, REPAIRS_ALREADY, REPAIRS_THEIRS, REPAIRS_UNKNOWN,
         REPAIRS_DID, REPAIRS_DID},
        {REPAIRS_NONE, REPAIRS_DID, REPAIRS_ALREADY, REPAIRS_THEIRS, REPAIRS_SHARED,
         REPAIRS_GONE, REPAIRS_DID}};

    (void)state;
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < 7; i++) {
            CLEANUP(text_clear) struct text text = {0};
            struct repairs_report r = {.set = "scale set hpc/ib",
                                       .name = "hpc/ib",
                                       .others = "run-2"};

            r.end = ends[d][i];
            repairs_tell(d ? REPAIRS_RESUME : REPAIRS_SUSPEND, &r, &text);
            assert_non_null(strstr(text_of(&text), "hpc/ib"));
            assert_null(strstr(text_of(&text), "(null)"));
        }
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(they_are_noted_before_azure_is_asked),
        RUN(they_are_resumed_and_the_note_goes_last),
        RUN(nothing_is_asked_that_cannot_be_noted),
        RUN(a_set_whose_model_has_none_is_not_asked_for),
        RUN(what_somebody_else_has_suspended_stays_so),
        RUN(the_operator_too_resumes_only_what_is_ours),
        RUN(the_last_of_two_runs_resumes),
        RUN(a_run_restores_only_its_own),
        RUN(a_look_names_who_holds_them),
        RUN(killed_before_it_could_ask_it_suspends_again),
        RUN(killed_after_it_had_asked_it_is_ours),
        RUN(what_may_still_be_suspended_is_resumed),
        RUN(what_azure_refuses_leaves_no_note),
        RUN(what_may_have_been_done_stays_noted),
        RUN(what_azure_has_taken_is_no_refusal),
        RUN(what_azure_has_not_heard_leaves_no_note),
        RUN(of_a_lost_operation_the_set_tells),
        RUN(a_set_that_is_gone_has_none_to_resume),
        RUN(what_is_not_told_only_the_operator_suspends),
        RUN(a_note_that_cannot_be_read_is_not_passed_over),
        RUN(an_id_is_the_same_in_capitals),
        RUN(a_holder_cannot_leave_the_folder),
        RUN(each_end_has_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
