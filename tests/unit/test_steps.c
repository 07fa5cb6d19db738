#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

static int decode(const char *text, struct steps *s, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, why), 0);
    return steps_decode(doc, s, why);
}

static void refused(const char *text, const char *because)
{
    struct steps s = {0};
    struct fail why;

    assert_int_equal(decode(text, &s, &why), -1);
    assert_int_equal(why.code, FAIL_GARBAGE);
    assert_non_null(strstr(why.text, because));
    assert_int_equal(s.count, 0);
    assert_null(s.list);
}

static void steps_survive_the_wire(void **state)
{
    static const char *const packages[] = {"rdma-core", "libstdc++6", "kmod:amd64"};
    static const char *const iface[] = {"eth1.100"};
    struct steps s = {0}, back = {0};
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *text = NULL;
    struct fail why;

    (void)state;
    assert_int_equal(steps_add(&s, STEP_PACKAGES, packages, 3, &why), 0);
    assert_int_equal(steps_add(&s, STEP_RXE, iface, 1, &why), 0);
    assert_int_equal(steps_add(&s, STEP_MEMLOCK, NULL, 0, &why), 0);
    doc = steps_encode(&s);
    text = json_print(doc);
    assert_string_equal(
        text, "[{\"name\":\"packages\",\"args\":[\"rdma-core\",\"libstdc++6\","
              "\"kmod:amd64\"]},{\"name\":\"soft-roce\",\"args\":[\"eth1.100\"]},"
              "{\"name\":\"memlock\",\"args\":[]}]");
    assert_int_equal(decode(text, &back, &why), 0);
    assert_int_equal(back.count, 3);
    assert_int_equal(back.list[0].verb, STEP_PACKAGES);
    assert_string_equal(back.list[0].args[2], "kmod:amd64");
    assert_int_equal(back.list[2].arg_count, 0);
    steps_clear(&s);
    steps_clear(&back);
}

static void an_unknown_step_is_refused(void **state)
{
    (void)state;
    refused("[{\"name\":\"shell\",\"args\":[\"reboot\"]}]", "no such step: 'shell'");
}

static void the_refusal_says_which_step_it_was(void **state)
{
    (void)state;
    refused("[{\"name\":\"memlock\",\"args\":[]},{\"args\":[]}]", "step 1: ");
}

static void nothing_that_a_shell_could_care_about_passes(void **state)
{
    static const char *const bad[] = {"$(id)",   "a;b",    "a b", "../x", "-y",
                                      ".hidden", "a/b",    "a*",  "a|b",  "",
                                      "@x",      "a\\\\b", "a'b", "a`id`"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];

        snprintf(text, sizeof text, "[{\"name\":\"packages\",\"args\":[\"%s\"]}]",
                 bad[i]);
        refused(text, "'args' holds");
    }
    refused("[{\"name\":\"packages\",\"args\":[7]}]", "not text");
}

static void the_number_of_arguments_is_checked(void **state)
{
    (void)state;
    refused("[{\"name\":\"packages\",\"args\":[]}]", "'args' of packages");
    refused("[{\"name\":\"soft-roce\",\"args\":[\"eth0\",\"eth1\"]}]", "'args'");
    refused("[{\"name\":\"memlock\",\"args\":[\"now\"]}]", "'args'");
    refused("[{\"name\":\"memlock\"}]", "'args'");
}

static void an_interface_is_no_longer_than_the_kernel_allows(void **state)
{
    (void)state;
    refused("[{\"name\":\"soft-roce\",\"args\":[\"a234567890123456\"]}]", "too long");
}

static void more_steps_than_the_ceiling_are_refused(void **state)
{
    char text[4096] = "[";
    struct steps s = {0};
    struct fail why;

    (void)state;
    for (int i = 0; i <= STEPS_MAX; i++) {
        strcat(text, i ? "," : "");
        strcat(text, "{\"name\":\"memlock\",\"args\":[]}");
    }
    strcat(text, "]");
    refused(text, "'steps' is not a list of at most 32");
    refused("{}", "'steps' is not a list");
    for (int i = 0; i < STEPS_MAX; i++)
        assert_int_equal(steps_add(&s, STEP_MEMLOCK, NULL, 0, &why), 0);
    assert_int_equal(steps_add(&s, STEP_MEMLOCK, NULL, 0, &why), -1);
    assert_int_equal(why.code, FAIL_BUG);
    steps_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_survive_the_wire),
        cmocka_unit_test(an_unknown_step_is_refused),
        cmocka_unit_test(the_refusal_says_which_step_it_was),
        cmocka_unit_test(nothing_that_a_shell_could_care_about_passes),
        cmocka_unit_test(the_number_of_arguments_is_checked),
        cmocka_unit_test(an_interface_is_no_longer_than_the_kernel_allows),
        cmocka_unit_test(more_steps_than_the_ceiling_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
