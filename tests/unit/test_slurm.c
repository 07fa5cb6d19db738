/* What is read of Slurm's answers, what it is asked and told, and what is made of its
 * configuration.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/scheduler/command_answer.h"
#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_calls.h"
#include "controller/scheduler/slurm_jobs.h"
#include "controller/scheduler/slurm_nodes.h"
#include "controller/scheduler/slurm_reservations.h"
#include "controller/scheduler/slurm_settings.h"
#include "controller/scheduler/words.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MANY 10000

static const char *const names[] = {"n2", "n1", "n10"};
static struct namebook *book;
static struct sighting *seen;
static struct fail why;

static int begin(void **state)
{
    (void)state;
    book = namebook_new(names, 3);
    seen = sightings_new(3);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    namebook_free(book);
    sightings_free(seen, 3);
    return 0;
}

static int read_nodes(const char *text)
{
    CLEANUP(text_done) char *copy = strdup(text);

    sightings_free(seen, 3);
    seen = sightings_new(3);
    return slurm_nodes_read(copy, book, seen, &why);
}

/* As 22.05 prints it, with this state and this further line. */
static void read_state(const char *state, const char *line)
{
    char text[2000];

    snprintf(text, sizeof text,
             "NodeName=n1 Arch=x86_64 CoresPerSocket=1 \n"
             "   CPUAlloc=0 CPUEfctv=2 CPUTot=2 CPULoad=2.06\n"
             "   OS=Linux 6.1 #1 SMP State=DOWN @0 \n"
             "   State=%s ThreadsPerCore=1 TmpDisk=0 Weight=1 \n"
             "   Partitions=debug,gpu \n"
             "   BootTime=1796067409 SlurmdStartTime=1796068657\n"
             "%s\n\n",
             state, line);
    assert_int_equal(read_nodes(text), 0);
}

static void is(enum scheduler_standing standing)
{
    assert_string_equal(scheduler_standing_name(sighting_standing(&seen[1])),
                        scheduler_standing_name(standing));
}

static void every_flag_of_a_state_is_read(void **state)
{
    (void)state;
    read_state("IDLE", "");
    is(SCHEDULER_FREE);
    read_state("IDLE+CLOUD+POWERED_DOWN", "");
    is(SCHEDULER_FREE);
    read_state("MIXED+PLANNED", "");
    is(SCHEDULER_BUSY);
    read_state("IDLE+COMPLETING", "");
    is(SCHEDULER_BUSY);
    read_state("ALLOCATED+DRAIN", "");
    is(SCHEDULER_DRAINING);
    read_state("IDLE+DRAIN+NOT_RESPONDING", "");
    is(SCHEDULER_DRAINED);
    assert_true(seen[1].is_silent);
    read_state("DOWN+DRAIN+REBOOT_ISSUED", "");
    is(SCHEDULER_DOWN);
    assert_true(seen[1].is_drained && seen[1].is_rebooting);
    read_state("IDLE+DRAIN+INVALID_REG", "");
    assert_true(seen[1].is_invalid);
    read_state("UNKNOWN+DRAIN", "");
    is(SCHEDULER_DOWN);
    assert_true(seen[1].is_unsettled);
    read_state("IDLE*+DRAIN", ""); /* older ones */
    is(SCHEDULER_DRAINED);
    assert_true(seen[1].is_silent);
}

static void who_set_a_reason_is_no_part_of_it(void **state)
{
    (void)state;
    read_state("IDLE+DRAIN", "   Reason=NHC: [x] no ib0 [root@1796068721]");
    assert_string_equal(seen[1].reason, "NHC: [x] no ib0");
    read_state("IDLE+DRAIN", "   Reason=a [b]");
    assert_string_equal(seen[1].reason, "a [b]");
    read_state("IDLE+DRAIN", "   Reason=[root@1]");
    assert_string_equal(seen[1].reason, "[root@1]");
    assert_string_equal(seen[1].partitions, "debug,gpu");
    assert_int_equal(seen[1].boot_s, 1796067409);
}

/* Whoever may write a reason, or a node's name for its system, writes no state by it. */
static void a_state_in_another_field_is_none(void **state)
{
    (void)state;
    read_state("MIXED", "   Reason=x State=DOWN\n   State=DOWN");
    is(SCHEDULER_BUSY);
    assert_false(seen[1].is_down);
}

static void what_is_not_an_answer_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_nodes("slurm is fine\n"), -1);
    assert_int_equal(why.code, FAIL_SCHEDULER_ANSWER);
    assert_string_equal(why.text,
                        "scontrol show node: not an answer of Slurm's: slurm is fine");
    assert_int_equal(read_nodes(""), -1);
    assert_int_equal(read_nodes("NodeName=n1 Arch=x\n   CPUAlloc=0\n"), -1);
    assert_string_equal(why.text, "scontrol show node: node n1 has no State=");
    assert_int_equal(read_nodes("NodeName=n1 \n   State=IDLE \n\nNodeName=n1 \n"), -1);
    assert_string_equal(why.text, "scontrol show node names n1 twice");
    assert_int_equal(read_nodes("NodeName=other \n   State=IDLE \n"), 0);
    assert_false(seen[0].is_known || seen[1].is_known || seen[2].is_known);
}

/* ---- jobs ---------------------------------------------------------------------------- */

static int read_jobs(const char *text)
{
    CLEANUP(text_done) char *copy = strdup(text);

    return slurm_jobs_read(copy, book, seen, &why);
}

static void a_job_is_on_its_nodes_until_its_latest_end(void **state)
{
    (void)state;
    assert_int_equal(read_jobs("4|1796069322|n[1-2]\n5_1|1796069400|n1\n6|1|\n"), 0);
    assert_true(seen[0].has_jobs && seen[1].has_jobs && !seen[2].has_jobs);
    assert_int_equal(seen[1].jobs_end_s, 1796069400);
    assert_int_equal(seen[0].jobs_end_s, 1796069322);
    assert_int_equal(read_jobs("7|NONE|n[9-11]\n"), 0);
    assert_true(seen[2].has_jobs && seen[2].has_endless_job);
    assert_int_equal(seen[2].jobs_end_s, 0);
}

static void a_line_that_is_no_job_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_jobs("4|1796069322\n"), -1);
    assert_int_equal(read_jobs("JOBID|END|NODES\n"), -1);
    assert_int_equal(why.code, FAIL_SCHEDULER_ANSWER);
    assert_int_equal(read_jobs("4|1796069322|n[1-\n"), -1);
    assert_non_null(strstr(why.text, "squeue: nodes of job 4: "));
}

/* ---- reservations -------------------------------------------------------------------- */

static void only_reservations_of_our_run_are_ours(void **state)
{
    struct slurm_reservations made = {0};
    char text[] =
        "ReservationName=ibfleet_R1_3 StartTime=1 Nodes=n[1,10] NodeCnt=2 State=ACTIVE "
        "X=\n"
        "ReservationName=ibfleet_R1_7 StartTime=1 Nodes=n2 NodeCnt=1 State=INACTIVE X=\n"
        "ReservationName=ibfleet_R11_9 StartTime=1 Nodes=n2 NodeCnt=1 State=ACTIVE\n"
        "ReservationName=maint Nodes=n2 State=ACTIVE\n";

    (void)state;
    assert_int_equal(slurm_reservations_read(text, "R1", book, seen, &made, &why), 0);
    assert_int_equal(made.count, 2);
    assert_int_equal(made.next, 8);
    assert_string_equal(made.list[0].name, "ibfleet_R1_3");
    assert_true(seen[1].is_reserved_now && seen[2].is_reserved_now);
    assert_true(seen[0].is_reserved && !seen[0].is_reserved_now);
    slurm_reservations_done(&made);
}

static void no_reservations_is_an_answer_and_nonsense_is_none(void **state)
{
    struct slurm_reservations made = {0};
    char none[] = "No reservations in the system\n", nonsense[] = "hello\n";

    (void)state;
    assert_int_equal(slurm_reservations_read(none, "R1", book, seen, &made, &why), 0);
    assert_int_equal(made.next, 1);
    assert_int_equal(slurm_reservations_read(nonsense, "R1", book, seen, &made, &why),
                     -1);
    slurm_reservations_done(&made);
}

static void a_reservation_begins_when_the_last_job_must_have_ended(void **state)
{
    const size_t all[] = {0, 1, 2};
    struct slurm_order order = {0};

    (void)state;
    slurm_reservation_time(seen, all, 3, 1000, 5000, &order);
    assert_int_equal(order.start_s, 0); /* now */
    seen[0].jobs_end_s = 2000;
    seen[1].jobs_end_s = 3000;
    slurm_reservation_time(seen, all, 3, 1000, 5000, &order);
    assert_int_equal(order.start_s, 3001);
    assert_false(order.ignores_jobs);
    slurm_reservation_time(seen, all, 3, 1000, 2500, &order);
    assert_int_equal(order.start_s, 2501);
    assert_true(order.ignores_jobs); /* one runs past the deadline */
    seen[2].has_endless_job = true;
    slurm_reservation_time(seen, all, 3, 1000, 5000, &order);
    assert_int_equal(order.start_s, 3001);
    assert_true(order.ignores_jobs);
}

/* ---- what it is told -------------------------------------------------------------------- */

static void says(const struct slurm_order *order, const char *line)
{
    struct words words = {0};
    char text[1000] = "";

    assert_int_equal(slurm_order(order, &words), 0);
    for (size_t i = 0; i < words.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "|" : "",
                 words.list[i]);
    assert_string_equal(text, line);
    words_done(&words);
}

static void an_order_is_one_call_for_all_its_nodes(void **state)
{
    struct slurm_order o = {.act = CUSTODY_ACT_DRAIN,
                            .hostlist = "n[1-4]",
                            .reason = "ibfleet:R1: driver",
                            .reservation = "ibfleet_R1_1"};

    (void)state;
    says(&o, "scontrol|update|nodename=n[1-4]|state=drain|reason=ibfleet:R1: driver");
    o.act = CUSTODY_ACT_UNDRAIN;
    says(&o, "scontrol|update|nodename=n[1-4]|state=undrain");
    o.act = CUSTODY_ACT_RESUME;
    says(&o, "scontrol|update|nodename=n[1-4]|state=resume");
    o.act = CUSTODY_ACT_REBOOT; /* no reason: it may be another's node */
    says(&o, "scontrol|reboot|n[1-4]");
    o.act = CUSTODY_ACT_RELEASE;
    says(&o, "scontrol|update|reservationname=ibfleet_R1_1|nodes=n[1-4]");
    o.hostlist = "";
    says(&o, "scontrol|delete|reservationname=ibfleet_R1_1");
}

static void a_complaint_is_told_by_what_follows_from_it(void **state)
{
    (void)state;
    slurm_complaint("scontrol update", 1, "slurm_update error: Invalid user id", &why);
    assert_int_equal(why.code, FAIL_SCHEDULER_REFUSED);
    slurm_complaint("squeue", 1,
                    "slurm_load_jobs error: Unable to contact slurm controller (connect "
                    "failure)",
                    &why);
    assert_int_equal(why.code, FAIL_SCHEDULER_SILENT);
    slurm_complaint("squeue", 3, "", &why);
    assert_int_equal(why.code, FAIL_SCHEDULER_ANSWER);
    assert_string_equal(why.text, "squeue ended with 3 and said nothing");
}

static void who_may_not_drain_is_told_from_who_may(void **state)
{
    (void)state;
    assert_int_equal(slurm_rights(1, "slurm_update error: Invalid node name specified",
                                  &why),
                     0);
    assert_int_equal(slurm_rights(1, "slurm_update error: Invalid user id", &why), -1);
    assert_int_equal(why.code, FAIL_PREFLIGHT);
    assert_int_equal(slurm_rights(0, "", &why), -1);
}

/* ---- its configuration ------------------------------------------------------------------- */

#define CONFIG                                                          \
    "Configuration data as of 2026-11-30T19:57:37\n"                    \
    "ClusterName             = hpc\nKillWait                = 30 sec\n" \
    "RebootProgram           = %s\nResumeTimeout           = 60 sec\n"  \
    "ReturnToService         = %d\nSlurmUser               = slurm(64030)\n"

static struct slurm_settings settings_of(const char *reboot_program,
                                         int return_to_service)
{
    struct slurm_settings settings;
    char text[1000];

    snprintf(text, sizeof text, CONFIG, reboot_program, return_to_service);
    assert_int_equal(slurm_settings_read(text, &settings, &why), 0);
    return settings;
}

static char noted[1000];

static void note(void *arg, const char *text)
{
    (void)arg;
    snprintf(noted + strlen(noted), sizeof noted - strlen(noted), "%s;", text);
}

static void the_configuration_is_read(void **state)
{
    struct slurm_settings s = settings_of("(null)", 1);
    char text[] = "ClusterName = x\nKillWait = 30 sec\n";

    (void)state;
    assert_string_equal(s.cluster, "hpc");
    assert_int_equal(s.kill_wait_s, 30);
    assert_int_equal(s.resume_timeout_s, 60);
    assert_int_equal(s.user_id, 64030);
    assert_false(s.has_reboot_program);
    assert_int_equal(slurm_settings_read(text, &s, &why), -1);
    assert_string_equal(why.text,
                        "scontrol show config: no ReturnToService in the answer");
}

static void a_reboot_without_a_program_for_it_is_refused(void **state)
{
    struct scheduler_config config = {.reboots = true, .reboot_ms = 600000};
    struct slurm_settings s = settings_of("(null)", 1);

    (void)state;
    assert_int_equal(slurm_settings_judge(&s, &config, note, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_PREFLIGHT);
    config.reboots = false;
    assert_int_equal(slurm_settings_judge(&s, &config, note, NULL, &why), 0);
}

static void what_slurm_will_make_of_a_reboot_is_noted(void **state)
{
    struct scheduler_config config = {.reboots = true, .reboot_ms = 600000};
    struct slurm_settings s = settings_of("/sbin/reboot", 2);

    (void)state;
    *noted = '\0';
    assert_int_equal(slurm_settings_judge(&s, &config, note, NULL, &why), 0);
    assert_non_null(strstr(noted, "ReturnToService=2"));
    assert_non_null(strstr(noted, "ResumeTimeout is 60 s and a reboot may take 600 s"));
    *noted = '\0';
    s = settings_of("/sbin/reboot", 1);
    config.reboot_ms = 60000;
    assert_int_equal(slurm_settings_judge(&s, &config, note, NULL, &why), 0);
    assert_string_equal(noted, "");
}

/* ---- the command of others --------------------------------------------------------------- */

static int read_hook(const char *text)
{
    CLEANUP(text_done) char *copy = strdup(text);

    sightings_free(seen, 3);
    seen = sightings_new(3);
    return command_answer_read(copy, book, seen, &why);
}

static void a_line_of_the_command_is_node_state_and_reason(void **state)
{
    (void)state;
    assert_int_equal(read_hook("n1 drained  no ib0 since monday \r\nn2 unknown\n\n"
                               "\tn10 busy\nother free\n"),
                     0);
    is(SCHEDULER_DRAINED);
    assert_string_equal(seen[1].reason, "no ib0 since monday ");
    assert_false(seen[0].is_known);
    assert_true(seen[2].has_jobs);
}

/* Silence is not "unknown": such a node would be taken under its jobs. */
static void a_node_of_which_the_command_says_nothing_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(read_hook("n1 free\nn2 free\n"), -1);
    assert_string_equal(why.text, "look: it says nothing of n10");
    assert_int_equal(read_hook("n1 free\nn1 free\n"), -1);
    assert_int_equal(read_hook("n1\n"), -1);
    assert_int_equal(read_hook("n1 idle\n"), -1);
}

/* ---- a large cluster ---------------------------------------------------------------------- */

static char *large_answer(size_t count)
{
    char *text = malloc(count * 700), *at = text;

    for (size_t i = 0; i < count; i++)
        at += sprintf(
            at,
            "NodeName=ib%05zu Arch=x86_64 CoresPerSocket=44 \n"
            "   CPUAlloc=0 CPUEfctv=176 CPUTot=176 CPULoad=0.06\n"
            "   AvailableFeatures=(null)\n   ActiveFeatures=(null)\n   Gres=(null)\n"
            "   NodeAddr=10.0.0.1 NodeHostName=ib%05zu Version=22.05.8\n"
            "   State=%s ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A \n"
            "   Partitions=hpc,all \n   BootTime=1796067409\n"
            "   Reason=ibfleet:R1: driver [root@1796068721]\n\n",
            i, i, i % 3 ? "IDLE" : "IDLE+DRAIN");
    return text;
}

static void ten_thousand_nodes_are_read_in_a_blink(void **state)
{
    static char strings[MANY][8];
    static const char *list[MANY];
    CLEANUP(text_done) char *text = large_answer(MANY);
    CLEANUP(text_done) char *jobs = strdup("1|1796069322|ib[00000-09999]\n");
    struct namebook *large;
    struct sighting *all = sightings_new(MANY);
    clock_t before;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(strings[i], sizeof strings[i], "ib%05zu", (i * 7) % MANY);
        list[i] = strings[i];
    }
    large = namebook_new(list, MANY);
    before = clock();
    assert_int_equal(slurm_nodes_read(text, large, all, &why), 0);
    assert_int_equal(slurm_jobs_read(jobs, large, all, &why), 0);
    print_message("%d nodes: %.0f ms of CPU\n", MANY,
                  1e3 * (double)(clock() - before) / CLOCKS_PER_SEC);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(all[i].is_known && all[i].has_jobs);
        assert_int_equal(all[i].is_drained, (i * 7) % MANY % 3 == 0);
    }
    namebook_free(large);
    sightings_free(all, MANY);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        T(every_flag_of_a_state_is_read),
        T(who_set_a_reason_is_no_part_of_it),
        T(a_state_in_another_field_is_none),
        T(what_is_not_an_answer_is_refused),
        T(a_job_is_on_its_nodes_until_its_latest_end),
        T(a_line_that_is_no_job_is_refused),
        T(only_reservations_of_our_run_are_ours),
        T(no_reservations_is_an_answer_and_nonsense_is_none),
        T(a_reservation_begins_when_the_last_job_must_have_ended),
        T(an_order_is_one_call_for_all_its_nodes),
        T(a_complaint_is_told_by_what_follows_from_it),
        T(who_may_not_drain_is_told_from_who_may),
        T(the_configuration_is_read),
        T(a_reboot_without_a_program_for_it_is_refused),
        T(what_slurm_will_make_of_a_reboot_is_noted),
        T(a_line_of_the_command_is_node_state_and_reason),
        T(a_node_of_which_the_command_says_nothing_is_an_error),
        T(ten_thousand_nodes_are_read_in_a_blink),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
