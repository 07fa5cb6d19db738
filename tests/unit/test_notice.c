#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/outside/notice.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define RUN "20261130-1200-07e9"

static void says(struct notice n, const char *expected)
{
    CLEANUP(text_clear) struct text text = {0};

    n.run = RUN;
    notice_put_message(&n, &text);
    assert_string_equal(text_of(&text), expected);
}

static void each_is_one_sentence(void **state)
{
    static const struct fail verify = {FAIL_VERIFY, "port 1 is down"};
    static const struct fail budget = {FAIL_BUDGET, "3 failed, 2 may"};

    (void)state;
    says((struct notice){.kind = NOTICE_BEGUN,
                         .nodes = 4,
                         .hosts = "ib[1-4]",
                         .user = "root"},
         "run " RUN " begun: 4 nodes ib[1-4], by root");
    says((struct notice){.kind = NOTICE_BATCH,
                         .batch = 2,
                         .batches = 5,
                         .nodes = 1,
                         .hosts = "ib3"},
         "run " RUN ": batch 2 of 5 begun: 1 node ib3");
    says((struct notice){.kind = NOTICE_NODE_DONE, .node = "ib1", .state = "up-to-date"},
         "run " RUN ": node ib1 up-to-date");
    says((struct notice){.kind = NOTICE_NODE_FAILED, .node = "ib1", .why = &verify},
         "run " RUN ": node ib1 failed: verify-failed: port 1 is down");
    says((struct notice){.kind = NOTICE_STOPPED, .why = &budget},
         "run " RUN " stopped, nothing new is begun: failure-budget: 3 failed, 2 may");
    says((struct notice){.kind = NOTICE_PAUSED}, "run " RUN " paused by the operator");
    says((struct notice){.kind = NOTICE_ENDED, .state = "failed", .failed = 1},
         "run " RUN " ended: failed, 1 node failed");
    says((struct notice){.kind = NOTICE_ENDED, .lost = 7},
         "run " RUN " ended: done, 0 nodes failed (7 before this were lost)");
}

static void journald_gets_fields(void **state)
{
    static const struct fail why = {FAIL_VERIFY, "port 1 is down"};
    const struct notice n = {.kind = NOTICE_NODE_FAILED,
                             .run = RUN,
                             .node = "ib7",
                             .state = "failed",
                             .why = &why,
                             .batch = 2};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    notice_encode_journal(&n, &text);
    assert_string_equal(text_of(&text),
                        "MESSAGE=run " RUN ": node ib7 failed: verify-failed: port 1 is "
                        "down\nMESSAGE_ID=8999459d33b44750930d9ae2f40d270b\nPRIORITY=4\n"
                        "SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=ibfleet\n"
                        "IBFLEET_EVENT=node-failed\nIBFLEET_RUN=" RUN
                        "\nIBFLEET_NODE=ib7\nIBFLEET_STATE=failed\nIBFLEET_BATCH=2\n"
                        "IBFLEET_CODE=verify-failed\nIBFLEET_REASON=port 1 is down\n");
}

static void syslog_gets_a_line(void **state)
{
    static const struct fail why = {FAIL_BUDGET, "enough"};
    const struct notice n = {.kind = NOTICE_STOPPED, .run = RUN, .why = &why};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    notice_encode_syslog(&n, "Nov 30 12:00:00", 4711, &text);
    assert_string_equal(text_of(&text),
                        "<27>Nov 30 12:00:00 ibfleet[4711]: run " RUN
                        " stopped, nothing new is begun: failure-budget: enough");
}

/* A node's words are what an attacker on a node would write. */
static void nobody_makes_a_field_up(void **state)
{
    static const struct fail why = {FAIL_STEP, "x\nPRIORITY=0\nIBFLEET_RUN=another"};
    const struct notice n = {.kind = NOTICE_NODE_FAILED,
                             .run = RUN,
                             .node = "ib1\nA=b",
                             .why = &why};
    CLEANUP(text_clear) struct text journal = {0}, line = {0};

    (void)state;
    notice_encode_journal(&n, &journal);
    assert_null(strstr(text_of(&journal), "\nA=b"));
    assert_null(strstr(text_of(&journal), "\nPRIORITY=0"));
    assert_null(strstr(text_of(&journal), "\nIBFLEET_RUN=another"));
    notice_encode_syslog(&n, "", 1, &line);
    assert_null(strchr(text_of(&line), '\n'));
}

static void the_longest_fits_into_a_datagram(void **state)
{
    static char hosts[100000], node[600];
    static struct fail why = {.code = FAIL_STEP};
    struct notice n = {.run = RUN, .node = node, .hosts = hosts, .why = &why};

    (void)state;
    memset(hosts, 'h', sizeof hosts - 1);
    memset(node, 'n', sizeof node - 1);
    memset(why.text, 0x9b, sizeof why.text - 1); /* four characters each */
    for (int k = 0; k < NOTICE_KINDS; k++) {
        CLEANUP(text_clear) struct text journal = {0}, line = {0};

        n.kind = (enum notice_kind)k;
        notice_encode_journal(&n, &journal);
        notice_encode_syslog(&n, "Nov 30 12:00:00", 4711, &line);
        assert_false(text_is_cut(&journal) || text_is_cut(&line));
        assert_non_null(strstr(text_of(&journal), "hhh...\n"));
    }
}

static void each_event_has_an_id_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < NOTICE_KINDS; a++) {
        const char *id = notice_message_id((enum notice_kind)a);

        assert_int_equal(strlen(id), 32);
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_true(strlen(notice_meaning((enum notice_kind)a)) > 10);
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(id, notice_message_id((enum notice_kind)b));
            assert_string_not_equal(notice_name((enum notice_kind)a),
                                    notice_name((enum notice_kind)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_one_sentence),
        cmocka_unit_test(journald_gets_fields),
        cmocka_unit_test(syslog_gets_a_line),
        cmocka_unit_test(nobody_makes_a_field_up),
        cmocka_unit_test(the_longest_fits_into_a_datagram),
        cmocka_unit_test(each_event_has_an_id_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
