#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/rollout/stage.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* "packages gcc make", a step each; NULL ends them. */
static void plan_of(struct steps *plan, const char *const *lines)
{
    char line[4000], *args[STEPS_MAX_ARGS + 1];
    int verb;

    for (; *lines; lines++) {
        size_t count = 0;

        snprintf(line, sizeof line, "%s", *lines);
        for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
            args[count++] = word;
        for (verb = 0; strcmp(step_name((enum step_verb)verb), args[0]) != 0; verb++)
            ;
        assert_int_equal(steps_add(plan, (enum step_verb)verb,
                                   (const char *const *)args + 1, count - 1, NULL),
                         0);
    }
}

/* What is staged of it, the same way, joined by "; ". */
static const char *staged_of(const char *const *lines)
{
    static char text[4000];
    CLEANUP(steps_clear) struct steps plan = {0};
    CLEANUP(steps_clear) struct steps staged = {0};

    plan_of(&plan, lines);
    assert_int_equal(stage_of(&plan, &staged, NULL), 0);
    *text = '\0';
    for (size_t i = 0; i < staged.count; i++) {
        const struct step *s = &staged.list[i];

        strcat(strcat(text, i ? "; " : ""), step_name(s->verb));
        for (size_t n = 0; n < s->arg_count; n++)
            strcat(strcat(text, " "), s->args[n]);
    }
    return text;
}

#define STAGED(...) staged_of((const char *const[]){__VA_ARGS__, NULL})

static void what_changes_nothing_by_coming_is_staged(void **state)
{
    (void)state;
    assert_string_equal(STAGED("packages gcc make", "fetch " HASH " a.tgz http://m/a.tgz",
                               "modules mlx5_ib",
                               "driver mlnx-ofed 24.1 " HASH " a.tgz 6.1.0",
                               "dkms 6.1.0 mlnx-ofed-kernel", "initramfs 6.1.0",
                               "soft-roce eth1", "memlock", "hold driver"),
                        "download packages gcc make; "
                        "fetch " HASH " a.tgz http://m/a.tgz");
}

/* The ledger of the node knows it by its arguments. */
static void a_fetch_is_staged_as_it_is_with_its_proxy(void **state)
{
    const char *fetch = "fetch " HASH " a.tgz http://m/a.tgz http://proxy:3128";

    (void)state;
    assert_string_equal(STAGED(fetch), fetch);
}

static void what_a_drop_brings_back_is_staged_with_what_follows_it(void **state)
{
    (void)state;
    assert_string_equal(STAGED("modules mlx5_ib", "drop mlnx-ofed 24.1",
                               "packages rdma-core ibverbs-providers", "initramfs 6.1.0"),
                        "download drop mlnx-ofed 24.1 rdma-core ibverbs-providers");
    assert_string_equal(STAGED("packages gcc", "fetch " HASH " b.tgz http://m/b.tgz",
                               "drop mlnx-ofed 24.1",
                               "driver mlnx-ofed 25.1 " HASH " b.tgz 6.1.0"),
                        "download packages gcc; download drop mlnx-ofed 24.1; "
                        "fetch " HASH " b.tgz http://m/b.tgz");
}

static void where_nothing_is_to_come_nothing_is_staged(void **state)
{
    CLEANUP(steps_clear) struct steps plan = {0};

    (void)state;
    plan_of(&plan, (const char *const[]){"modules mlx5_ib", "memlock", NULL});
    assert_false(stage_has(&plan));
    assert_string_equal(STAGED("modules mlx5_ib", "memlock"), "");
    plan_of(&plan, (const char *const[]){"packages gcc", NULL});
    assert_true(stage_has(&plan));
}

static void a_step_without_room_for_one_word_more_is_left_for_the_install(void **state)
{
    char line[STEPS_MAX_ARGS * 3 + 20] = "packages";

    (void)state;
    for (int i = 0; i < STEPS_MAX_ARGS - 1; i++)
        strcat(line, " p1");
    assert_non_null(strstr(STAGED(line), "download packages p1"));
    strcat(line, " p1");
    assert_string_equal(STAGED(line, "fetch " HASH " a.tgz http://m/a.tgz"),
                        "fetch " HASH " a.tgz http://m/a.tgz");
}

/* As the agent reads them. */
static void what_is_staged_is_written_as_steps_are(void **state)
{
    CLEANUP(steps_clear) struct steps plan = {0};
    CLEANUP(steps_clear) struct steps staged = {0};
    CLEANUP(steps_clear) struct steps back = {0};
    CLEANUP(json_done) struct json *list = NULL;

    (void)state;
    plan_of(&plan,
            (const char *const[]){"packages gcc linux-headers-6.1.0-1-amd64",
                                  "fetch " HASH " a.tgz http://m/a.tgz",
                                  "drop doca-ofed 3.2.1-044000", "packages dkms", NULL});
    assert_int_equal(stage_of(&plan, &staged, NULL), 0);
    list = steps_encode(&staged);
    assert_int_equal(steps_decode(list, &back, NULL), 0);
    assert_int_equal(back.count, 3);
}

static void only_a_tool_that_packages_may_bring_is_waited_for(void **state)
{
    CLEANUP(steps_clear) struct steps with = {0};
    CLEANUP(steps_clear) struct steps without = {0};

    (void)state;
    plan_of(&with, (const char *const[]){"packages curl",
                                         "fetch " HASH " a.tgz http://m/a.tgz", NULL});
    plan_of(&without, (const char *const[]){"fetch " HASH " a.tgz http://m/a.tgz",
                                            "packages rdma-core", NULL});
    assert_true(stage_may_wait(&with, FAIL_NO_TOOL));
    assert_false(stage_may_wait(&without, FAIL_NO_TOOL));
    for (int code = FAIL_NONE + 1; code < FAIL_CODE_COUNT; code++)
        assert_int_equal(stage_may_wait(&with, (enum fail_code)code),
                         code == FAIL_NO_TOOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_nothing_by_coming_is_staged),
        cmocka_unit_test(a_fetch_is_staged_as_it_is_with_its_proxy),
        cmocka_unit_test(what_a_drop_brings_back_is_staged_with_what_follows_it),
        cmocka_unit_test(where_nothing_is_to_come_nothing_is_staged),
        cmocka_unit_test(a_step_without_room_for_one_word_more_is_left_for_the_install),
        cmocka_unit_test(what_is_staged_is_written_as_steps_are),
        cmocka_unit_test(only_a_tool_that_packages_may_bring_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
