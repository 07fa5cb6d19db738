#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/link/agentfile.h"
#include "protocol/fail.h"

static char folder[] = "/tmp/ibfleet-test-agents.XXXXXX";

static const char *ours(const char *ending)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/agent%s", folder, ending);
    return path;
}

/* As much of a program as is looked at. */
static void put(const char *ending, unsigned machine)
{
    Elf64_Ehdr header = {.e_ident = ELFMAG, .e_machine = (Elf64_Half)machine};
    FILE *file = fopen(ours(ending), "we");

    assert_non_null(file);
    assert_int_equal(fwrite(&header, sizeof header, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int begin(void **state)
{
    (void)state;
    put("", EM_X86_64);
    put(".aarch64", EM_AARCH64);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(ours(""));
    unlink(ours(".aarch64"));
    unlink(ours(".x86_64"));
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void each_machine_finds_its_own(void **state)
{
    struct agentfiles agents;

    (void)state;
    put(".x86_64", EM_X86_64); /* ours is for that, already */
    assert_int_equal(agentfiles_read(ours(""), &agents, NULL), 0);
    assert_int_equal(agents.count, 2);
    assert_ptr_equal(agentfiles_find(&agents, "x86_64"), &agents.files[0]);
    assert_ptr_equal(agentfiles_find(&agents, "aarch64"), &agents.files[1]);
    assert_null(agentfiles_find(&agents, "riscv64"));
    assert_string_not_equal(agents.files[0].sha256, agents.files[1].sha256);
    agentfiles_clear(&agents);
}

static void on_the_other_machine_it_is_the_other_way_round(void **state)
{
    struct agentfiles agents;

    (void)state;
    put("", EM_AARCH64);
    put(".x86_64", EM_X86_64);
    assert_int_equal(agentfiles_read(ours(""), &agents, NULL), 0);
    assert_ptr_equal(agentfiles_find(&agents, "aarch64"), &agents.files[0]);
    assert_ptr_equal(agentfiles_find(&agents, "x86_64"), &agents.files[1]);
    agentfiles_clear(&agents);
}

static void one_alone_is_enough(void **state)
{
    struct agentfiles agents;

    (void)state;
    unlink(ours(".aarch64"));
    assert_int_equal(agentfiles_read(ours(""), &agents, NULL), 0);
    assert_int_equal(agents.count, 1);
    assert_null(agentfiles_find(&agents, "aarch64"));
    agentfiles_clear(&agents);
}

static void one_of_no_known_machine_is_for_all(void **state)
{
    struct agentfiles agents;

    (void)state;
    put("", EM_RISCV);
    assert_int_equal(agentfiles_read(ours(""), &agents, NULL), 0);
    assert_int_equal(agents.count, 1);
    assert_string_equal(agents.files[0].machine, "-");
    agentfiles_clear(&agents);
}

static void a_name_that_lies_is_refused(void **state)
{
    struct agentfiles agents;
    struct fail why;

    (void)state;
    put(".aarch64", EM_X86_64);
    assert_int_equal(agentfiles_read(ours(""), &agents, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
    assert_non_null(strstr(why.text, ".aarch64: it is no program for aarch64"));
    assert_int_equal(agents.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_machine_finds_its_own, begin, end),
        cmocka_unit_test_setup_teardown(on_the_other_machine_it_is_the_other_way_round,
                                        begin, end),
        cmocka_unit_test_setup_teardown(one_alone_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(one_of_no_known_machine_is_for_all, begin, end),
        cmocka_unit_test_setup_teardown(a_name_that_lies_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
