/* What detection tells of kernel headers, and of Microsoft's extension. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/part.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define KERNEL "6.1.0-42-amd64"
#define LISTS  "var/lib/apt/lists"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ibfleet-headers-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

/* A line of shell, in the root. */
static void run(const char *line)
{
    char command[1024];

    snprintf(command, sizeof command, "cd %s && %s", root, line);
    assert_int_equal(system(command), 0);
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static void assert_told(const char *expected)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    f->os.kernel = strdup(KERNEL);
    f->os.packages = strdup("apt");
    part_headers(root, f);
    if (expected)
        assert_string_equal(f->platform.headers, expected);
    else
        assert_null(f->platform.headers);
}

static void headers_are_present_where_their_makefile_is(void **state)
{
    (void)state;
    run("mkdir -p lib/modules/" KERNEL " usr/src/linux-headers-" KERNEL);
    run("ln -s /usr/src/linux-headers-" KERNEL " lib/modules/" KERNEL "/build");
    assert_told(NULL); /* Ubuntu's kernel brings the link, but not what it leads to */
    run("touch usr/src/linux-headers-" KERNEL "/Makefile");
    assert_told("present");
    run("rm lib/modules/" KERNEL "/build");
    assert_told(NULL);
    run("mkdir -p usr/src/kernels/" KERNEL " && touch usr/src/kernels/" KERNEL
        "/Makefile");
    assert_told("present");
}

static void a_repository_that_has_them_offers_them(void **state)
{
    (void)state;
    run("mkdir -p " LISTS " && printf 'Package: gcc\\n\\nPackage: linux-headers-" KERNEL
        "\\nVersion: 1\\n' >" LISTS "/a_Packages");
    run("touch " LISTS "/a_InRelease");
    assert_told("offered");
}

static void a_kernel_whose_name_only_begins_alike_is_another(void **state)
{
    (void)state;
    run("mkdir -p " LISTS " && printf 'Package: linux-headers-" KERNEL
        "-unsigned\\nDescription: Package: linux-headers-" KERNEL "\\n' >" LISTS
        "/a_Packages");
    assert_told("missing");
}

/* The rest of a line that was read in pieces is no line. */
static void a_long_line_has_no_package_in_it(void **state)
{
    (void)state;
    run("mkdir -p " LISTS " && { head -c 511 /dev/zero | tr '\\0' x; printf 'Package: "
        "linux-headers-" KERNEL "\\n'; } >" LISTS "/a_Packages");
    assert_told("missing");
}

static void lists_that_cannot_be_read_tell_nothing(void **state)
{
    (void)state;
    assert_told(NULL);
    run("mkdir -p " LISTS " && touch " LISTS "/a_Packages " LISTS "/b_Packages.lz4");
    assert_told(NULL);
    run("rm " LISTS "/b_Packages.lz4");
    assert_told("missing");
}

static void microsofts_extension_is_told_by_its_folder(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    (void)state;
    run("mkdir -p var/lib/waagent/Microsoft.Azure.Monitor-1.0");
    run("touch var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-1.2.1.zip");
    part_waagent(root, f);
    assert_null(f->platform.vm_extension);
    run("mkdir var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-1.2.1");
    part_waagent(root, f);
    assert_string_equal(
        f->platform.vm_extension,
        "/var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-1.2.1");
}

/* "7" is all that CentOS says of itself where others say 7.9. */
static void centos_has_its_minor_version_elsewhere(void **state)
{
    static const struct {
        const char *line, *version;
    } cases[] = {
        {"CentOS Linux release 7.9.2009 (Core)", "7.9"},
        {"CentOS Stream release 8", "7"},
        {"CentOS Linux release 8.1.1911 (Core)", "7"}, /* of another release */
        {"CentOS release 7.x", "7"},
        {"", "7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(facts_done) struct facts *f = facts_new();
        char line[256];

        snprintf(line, sizeof line,
                 "mkdir -p etc && printf 'ID=centos\\nVERSION_ID=\"7\"\\n' "
                 ">etc/os-release && echo '%s' >etc/centos-release",
                 cases[i].line);
        run(line);
        part_os(root, f);
        assert_string_equal(f->os.version_id, cases[i].version);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_are_present_where_their_makefile_is),
        TEST(a_repository_that_has_them_offers_them),
        TEST(a_kernel_whose_name_only_begins_alike_is_another),
        TEST(a_long_line_has_no_package_in_it),
        TEST(lists_that_cannot_be_read_tell_nothing),
        TEST(microsofts_extension_is_told_by_its_folder),
        TEST(centos_has_its_minor_version_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
