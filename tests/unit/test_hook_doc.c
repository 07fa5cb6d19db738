#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/outside/hook_answer.h"
#include "controller/outside/hook_doc.h"
#include "controller/program/program.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define RUN "20261130-1200-07e9"

/* ---- documents -------------------------------------------------------------------------- */

static void a_node_has_its_standing_and_its_plan(void **state)
{
    CLEANUP(json_done) struct json *plan = json_object();
    CLEANUP(text_done) char *text = NULL;
    const struct fail why = {FAIL_VERIFY, "port 1 is down"};
    const struct hook_node node = {.name = "ib7",
                                   .state = "failed",
                                   .why = &why,
                                   .seconds = 90.5};
    const struct hook_doc doc = {.kind = HOOK_AFTER_NODE,
                                 .run = RUN,
                                 .nodes = &node,
                                 .node_count = 1,
                                 .plan = plan,
                                 .batch = 2,
                                 .batches = 5,
                                 .batch_nodes = 16};

    (void)state;
    assert_int_equal(json_put_text(plan, "verdict", "steps"), 0);
    text = hook_doc_print(&doc);
    assert_string_equal(
        text, "{\"schema\":\"ibfleet.hook/1\",\"hook\":\"after-node\",\"run\":\"" RUN
              "\",\"node\":\"ib7\",\"hosts\":\"ib7\",\"nodes\":[\"ib7\"],"
              "\"batch\":{\"number\":2,\"of\":5,\"nodes\":16},"
              "\"state\":\"failed\",\"code\":\"verify-failed\","
              "\"reason\":\"port 1 is down\",\"seconds\":90.5,"
              "\"plan\":{\"verdict\":\"steps\"}}\n");
}

static void a_batch_is_folded_listed_and_judged(void **state)
{
    const struct fail why = {FAIL_REBOOT, "not back"};
    const struct hook_node nodes[] = {{.name = "ib10", .state = "done", .seconds = 3},
                                      {.name = "ib9", .state = "failed", .why = &why}};
    struct hook_doc doc = {.kind = HOOK_AFTER_BATCH,
                           .run = RUN,
                           .nodes = nodes,
                           .node_count = 2,
                           .batch = 1,
                           .batches = 1,
                           .batch_nodes = 2};
    CLEANUP(text_done) char *after = hook_doc_print(&doc);
    CLEANUP(text_done) char *before = NULL;

    (void)state;
    assert_string_equal(
        after, "{\"schema\":\"ibfleet.hook/1\",\"hook\":\"after-batch\",\"run\":\"" RUN
               "\",\"hosts\":\"ib[9-10]\",\"nodes\":[\"ib10\",\"ib9\"],"
               "\"batch\":{\"number\":1,\"of\":1,\"nodes\":2},\"results\":["
               "{\"name\":\"ib10\",\"state\":\"done\",\"code\":\"ok\",\"reason\":\"\","
               "\"seconds\":3},{\"name\":\"ib9\",\"state\":\"failed\",\"code\":"
               "\"reboot-did-not-happen\",\"reason\":\"not back\",\"seconds\":0}]}\n");
    doc.kind = HOOK_VETO;
    doc.batch = 0;
    before = hook_doc_print(&doc);
    assert_string_equal(before,
                        "{\"schema\":\"ibfleet.hook/1\",\"hook\":\"veto\",\"run\":\"" RUN
                        "\",\"hosts\":\"ib[9-10]\",\"nodes\":[\"ib10\",\"ib9\"]}\n");
}

/* A hook's JSON reader is as strict as it likes, and its log a terminal. */
static void what_a_node_has_said_does_no_harm(void **state)
{
    const struct fail why = {FAIL_STEP, "bad \x9b byte, \xe2\x80\xae turned, \x1b[31m"};
    const struct hook_node node = {.name = "ib1", .state = "failed", .why = &why};
    const struct hook_doc doc = {.kind = HOOK_AFTER_NODE,
                                 .run = RUN,
                                 .nodes = &node,
                                 .node_count = 1};
    CLEANUP(text_done) char *text = hook_doc_print(&doc);
    CLEANUP(json_done) struct json *back = NULL;
    size_t len_bytes = strlen(text);
    uint32_t point;

    (void)state;
    assert_int_equal(json_parse(text, len_bytes, &back, NULL), 0);
    for (size_t at = 0, n; at < len_bytes; at += n) {
        n = character_decode(text + at, len_bytes - at, &point);
        assert_true(n > 0);
        assert_true((point >= 0x20 && point < 0x7f) || point == '\n');
    }
    assert_ptr_equal(strchr(text, '\n'), text + len_bytes - 1);
}

static void each_hook_has_a_name_and_a_meaning(void **state)
{
    (void)state;
    for (int a = 0; a < HOOK_KINDS; a++) {
        assert_true(strlen(hook_meaning((enum hook_kind)a)) > 20);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(hook_name((enum hook_kind)a),
                                    hook_name((enum hook_kind)b));
    }
    assert_true(hook_decides(HOOK_BEFORE_NODE) && hook_decides(HOOK_BEFORE_BATCH) &&
                hook_decides(HOOK_VETO));
    assert_false(hook_decides(HOOK_AFTER_NODE) || hook_decides(HOOK_AFTER_BATCH));
}

/* ---- answers ---------------------------------------------------------------------------- */

static struct hook_answer answer_to(enum hook_kind kind, struct program_result result)
{
    char nothing[] = "";

    result.out = result.out ? result.out : nothing;
    result.words = result.words ? result.words : "";
    return hook_answer_of(kind, "/etc/hook", &result, 60);
}

static void only_0_means_go(void **state)
{
    (void)state;
    for (int status = 0; status < 256; status++) {
        struct hook_answer a =
            answer_to(HOOK_BEFORE_NODE, (struct program_result){.status = status});

        assert_int_equal(a.word, status == 0    ? HOOK_GO
                                 : status == 75 ? HOOK_LATER
                                                : HOOK_NO);
        assert_int_equal(a.why.code, status ? FAIL_HOOK : FAIL_NONE);
    }
}

/* Its status may be 0, as of one that was told to terminate and did so in order. */
static void one_that_we_ended_is_never_well(void **state)
{
    struct hook_answer a;

    (void)state;
    a = answer_to(HOOK_VETO, (struct program_result){.end = PROGRAM_LATE});
    assert_int_equal(a.word, HOOK_NO);
    assert_true(a.is_late);
    assert_string_equal(a.why.text, "veto hook /etc/hook: has not ended within 60 s");
    a = answer_to(HOOK_VETO, (struct program_result){.end = PROGRAM_FLOODED});
    assert_int_equal(a.word, HOOK_NO);
    a = answer_to(HOOK_VETO, (struct program_result){.end = PROGRAM_SIGNAL, .signal = 9});
    assert_int_equal(a.word, HOOK_NO);
    assert_int_equal(a.status, 137);
    assert_string_equal(a.why.text, "veto hook /etc/hook: was ended by signal 9");
}

static void says(const char *words, const char *expected)
{
    struct hook_answer a =
        answer_to(HOOK_AFTER_NODE, (struct program_result){.status = 1, .words = words});

    assert_string_equal(a.said, expected);
}

static void its_last_words_are_its_last_line_with_words(void **state)
{
    char many[1000];

    (void)state;
    says("", "");
    says("\n\n", "");
    says(" \t\r\n", "");
    says("one", "one");
    says("one\ntwo\n", "two");
    says("one\n  two \r\n\n   \n", "two");
    says("\none", "one");
    memset(many, 0x80, sizeof many - 1); /* four bytes each, spelled out */
    many[sizeof many - 1] = '\0';
    assert_int_equal(strlen(answer_to(HOOK_VETO,
                                      (struct program_result){.words = many, .status = 1})
                                .said),
                     HOOK_SAID_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_has_its_standing_and_its_plan),
        cmocka_unit_test(a_batch_is_folded_listed_and_judged),
        cmocka_unit_test(what_a_node_has_said_does_no_harm),
        cmocka_unit_test(each_hook_has_a_name_and_a_meaning),
        cmocka_unit_test(only_0_means_go),
        cmocka_unit_test(one_that_we_ended_is_never_well),
        cmocka_unit_test(its_last_words_are_its_last_line_with_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
