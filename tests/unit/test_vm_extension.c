#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "inventory/armfield.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct json *parse(const char *text)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return doc;
}

static void assert_json(struct json *made, const char *wanted)
{
    CLEANUP(json_done) struct json *doc = made;
    CLEANUP(text_done) char *text = json_print(doc);

    assert_string_equal(text, wanted);
}

/* ---- what there is ------------------------------------------------------------------------- */

static void each_system_has_one(void **state)
{
    (void)state;
    assert_string_equal(vm_extension_named("linux")->type, "InfiniBandDriverLinux");
    assert_string_equal(vm_extension_named("windows")->type, "InfiniBandDriverWindows");
    assert_null(vm_extension_named("plan9"));
    assert_ptr_equal(vm_extension_kind_of("microsoft.hpccompute",
                                          "infinibanddriverlinux"),
                     vm_extension_named("linux"));
    assert_null(vm_extension_kind_of("Microsoft.HpcCompute", "NvidiaGpuDriverLinux"));
    assert_null(vm_extension_kind_of("Somebody", "InfiniBandDriverLinux"));
    assert_null(vm_extension_kind_of(NULL, "InfiniBandDriverLinux"));
}

/* Only what has ended well may have no remedy. */
static void assert_explained(const char *system, const int *codes, size_t count)
{
    const struct vm_extension_kind *kind = vm_extension_named(system);

    assert_int_equal(kind->exit_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct vm_extension_exit *e = vm_extension_exit_of(kind, codes[i]);

        assert_non_null(e);
        assert_int_equal(e->code, codes[i]);
        assert_int_equal(e->is_well, codes[i] == 0 || codes[i] == 3010);
        assert_true(strlen(e->meaning) > 10);
        assert_int_equal(e->remedy == NULL, codes[i] == 0);
    }
    assert_null(vm_extension_exit_of(kind, 77));
}

static void every_exit_code_says_what_to_do(void **state)
{
    static const int of_linux[] = {0, 1, 10, 11, 12, 13, 14};
    static const int of_windows[] = {0, 3010, 100, 240, 840, -1};

    (void)state;
    assert_explained("linux", of_linux, 7);
    assert_explained("windows", of_windows, 6);
    assert_null(vm_extension_exit_of(NULL, 0));
}

static void a_version_is_major_and_minor(void **state)
{
    static const char *const bad[] = {"",        "1",    "1.",   ".2",
                                      "1.2.0.0", "1.2 ", "v1.2", "1.22222"};
    struct fail why;

    (void)state;
    assert_int_equal(vm_extension_check_version("1.2", NULL), 0);
    assert_int_equal(vm_extension_check_version("10.15", NULL), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(vm_extension_check_version(bad[i], NULL), -1);
    assert_int_equal(vm_extension_check_version("1.2.0.0", &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_string_equal(why.text,
                        "not a version that Azure takes: '1.2.0.0': MAJOR.MINOR, "
                        "such as 1.2");
}

/* ---- what ARM takes ------------------------------------------------------------------------- */

#define PROPERTIES(version, settings)                                             \
    "{\"publisher\":\"Microsoft.HpcCompute\",\"type\":\"InfiniBandDriverLinux\"," \
    "\"typeHandlerVersion\":\"" version "\",\"autoUpgradeMinorVersion\":true,"    \
    "\"settings\":" settings "}"

static void a_wish_that_says_nothing_is_the_documented_one(void **state)
{
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux")};

    (void)state;
    assert_json(vm_extension_properties(&wish), PROPERTIES("1.2", "{}"));
    assert_json(vm_extension_of_model(&wish),
                "{\"name\":\"InfiniBandDriverLinux\","
                "\"properties\":" PROPERTIES("1.2", "{}") "}");
    assert_json(vm_extension_of_machine(&wish, "westeurope"),
                "{\"location\":\"westeurope\",\"properties\":" PROPERTIES("1.2",
                                                                          "{}") "}");
    assert_json(vm_extension_of_machine(&wish, NULL),
                "{\"properties\":" PROPERTIES("1.2", "{}") "}");
}

static void a_wish_is_sent_as_it_was_said(void **state)
{
    CLEANUP(json_done) struct json *settings = parse("{\"a\":[1,null]}");
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux"),
                                     .name = "ib",
                                     .version = "1.1",
                                     .settings = settings};

    (void)state;
    assert_json(vm_extension_of_model(&wish),
                "{\"name\":\"ib\",\"properties\":" PROPERTIES("1.1",
                                                              "{\"a\":[1,null]}") "}");
}

static void settings_may_stay_as_they_are(void **state)
{
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux"),
                                     .keeps_settings = true};

    (void)state;
    assert_json(vm_extension_of_machine(&wish, NULL),
                "{\"properties\":{\"publisher\":\"Microsoft.HpcCompute\",\"type\":"
                "\"InfiniBandDriverLinux\",\"typeHandlerVersion\":\"1.2\","
                "\"autoUpgradeMinorVersion\":true}}");
}

/* ---- how it stands --------------------------------------------------------------------------- */

#define RESOURCE(state, version, settings)                                     \
    "{\"name\":\"ib\",\"properties\":{\"publisher\":\"Microsoft.HpcCompute\"," \
    "\"type\":\"InfiniBandDriverLinux\",\"typeHandlerVersion\":\"" version     \
    "\",\"settings\":" settings ",\"provisioningState\":\"" state "\"}}"
#define VIEW(code, message)                                                     \
    "{\"name\":\"ib\",\"type\":\"Microsoft.HpcCompute.InfiniBandDriverLinux\"," \
    "\"typeHandlerVersion\":\"1.2.0.0\",\"statuses\":[{\"code\":"               \
    "\"ProvisioningState/" code "\",\"message\":\"" message "\"}]}"
#define MACHINE(resource, view)                                                      \
    "{\"properties\":{\"latestModelApplied\":true,\"instanceView\":{\"extensions\":" \
    "[" view "]}},\"resources\":[" resource "]}"

static void assert_seen(const char *machine, enum vm_extension_state wanted, int code)
{
    CLEANUP(json_done) struct json *doc = parse(machine);
    struct vm_extension_seen seen;

    vm_extension_read(doc, NULL, &seen);
    assert_string_equal(vm_extension_state_name(seen.state),
                        vm_extension_state_name(wanted));
    assert_int_equal(seen.has_exit ? seen.exit_code : 777, code);
}

static void a_machine_without_it_has_none(void **state)
{
    struct vm_extension_seen seen;

    (void)state;
    assert_seen("{}", VM_EXTENSION_ABSENT, 777);
    assert_seen(MACHINE("", ""), VM_EXTENSION_ABSENT, 777);
    assert_seen(MACHINE("{\"id\":\"/x\"}", "{\"name\":\"health\",\"type\":\"A.B\"}"),
                VM_EXTENSION_ABSENT, 777);
    vm_extension_read(NULL, NULL, &seen);
    assert_int_equal(seen.state, VM_EXTENSION_ABSENT);
    assert_null(seen.kind);
}

static void the_exit_code_is_in_the_message_or_the_status(void **state)
{
    (void)state;
    assert_seen(MACHINE("", VIEW("succeeded", "Enable succeeded")),
                VM_EXTENSION_SUCCEEDED, 0);
    assert_seen(MACHINE("", VIEW("failed/1", "it failed with exit code 11: no device")),
                VM_EXTENSION_FAILED, 11);
    assert_seen(MACHINE("", VIEW("failed/14", "no words")), VM_EXTENSION_FAILED, 14);
    assert_seen(MACHINE("", VIEW("failed/1", "exit status: -1")), VM_EXTENSION_FAILED,
                -1);
    assert_seen(MACHINE("", VIEW("failed", "ExitCode=4294967295")), VM_EXTENSION_FAILED,
                -1);
    assert_seen(MACHINE("", VIEW("succeeded/3010", "")), VM_EXTENSION_SUCCEEDED, 3010);
    assert_seen(MACHINE("", VIEW("failed", "exit code unknown")), VM_EXTENSION_FAILED,
                777);
    assert_seen(MACHINE("", VIEW("transitioning", "")), VM_EXTENSION_CHANGING, 777);
}

static void what_azure_is_at_is_not_over(void **state)
{
    (void)state;
    assert_seen(MACHINE(RESOURCE("Updating", "1.2", "{}"), VIEW("succeeded", "")),
                VM_EXTENSION_CHANGING, 0);
    assert_seen(MACHINE(RESOURCE("Creating", "1.2", "{}"), ""), VM_EXTENSION_CHANGING,
                777);
    assert_seen(MACHINE(RESOURCE("Succeeded", "1.2", "{}"), VIEW("failed/12", "")),
                VM_EXTENSION_FAILED, 12);
    assert_seen(MACHINE(RESOURCE("Succeeded", "1.2", "{}"), ""), VM_EXTENSION_SUCCEEDED,
                777);
}

static void a_machine_says_whether_it_has_the_model(void **state)
{
    CLEANUP(json_done)
    struct json *old = parse("{\"properties\":{\"latestModelApplied\":"
                             "false}}");
    CLEANUP(json_done) struct json *latest = parse(MACHINE("", ""));
    CLEANUP(json_done) struct json *mute = parse("{}");
    struct vm_extension_seen seen;

    (void)state;
    vm_extension_read(old, NULL, &seen);
    assert_true(seen.is_old && !seen.is_latest);
    vm_extension_read(latest, NULL, &seen);
    assert_true(seen.is_latest && !seen.is_old);
    vm_extension_read(mute, NULL, &seen);
    assert_false(seen.is_latest || seen.is_old);
}

static void another_kind_is_passed_over(void **state)
{
    CLEANUP(json_done)
    struct json *doc = parse(MACHINE(RESOURCE("Succeeded", "1.2", "{}"), ""));
    struct vm_extension_seen seen;

    (void)state;
    vm_extension_read(doc, vm_extension_named("windows"), &seen);
    assert_int_equal(seen.state, VM_EXTENSION_ABSENT);
    vm_extension_read(doc, vm_extension_named("linux"), &seen);
    assert_string_equal(seen.name, "ib");
    assert_string_equal(seen.wanted, "1.2");
}

/* ---- beside a wish ----------------------------------------------------------------------------- */

static bool is_as(const char *machine, const char *version, const char *settings)
{
    CLEANUP(json_done) struct json *doc = parse(machine);
    CLEANUP(json_done) struct json *said = settings ? parse(settings) : NULL;
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux"),
                                     .version = version,
                                     .settings = said};
    struct vm_extension_seen seen;

    vm_extension_read(doc, wish.kind, &seen);
    return vm_extension_is_as(&seen, &wish);
}

static void what_was_asked_for_is_compared_with_what_is_wished(void **state)
{
    const char *with =
        MACHINE(RESOURCE("Succeeded", "1.2", "{\"a\":1,\"b\":{\"c\":[2]}}"), "");

    (void)state;
    assert_true(is_as(with, "1.2", "{\"b\":{\"c\":[2]},\"a\":1}"));
    assert_false(is_as(with, "1.2", "{\"b\":{\"c\":[3]},\"a\":1}"));
    assert_false(is_as(with, "1.2", "{\"b\":{\"c\":[2,2]},\"a\":1}"));
    assert_false(is_as(with, "1.2", "{\"a\":1}"));
    assert_false(is_as(with, "1.2", "{\"b\":{\"c\":[2]},\"a\":1,\"d\":0}"));
    assert_false(is_as(with, "1.2", NULL));
    assert_false(is_as(with, "1.1", "{\"b\":{\"c\":[2]},\"a\":1}"));
    assert_true(is_as(MACHINE(RESOURCE("Failed", "1.2", "{}"), ""), "1.2", NULL));
    assert_false(is_as(MACHINE("", ""), "1.2", NULL));
}

static void a_later_minor_version_serves_where_only_the_machine_speaks(void **state)
{
    (void)state;
    assert_true(is_as(MACHINE("", VIEW("succeeded", "")), "1.2", NULL));
    assert_true(is_as(MACHINE("", VIEW("succeeded", "")), "1.1", NULL));
    assert_false(is_as(MACHINE("", VIEW("succeeded", "")), "1.3", NULL));
    assert_false(is_as(MACHINE("", VIEW("succeeded", "")), "2.0", NULL));
    assert_false(is_as(MACHINE(RESOURCE("Succeeded", "1.3", "{}"), VIEW("succeeded", "")),
                       "1.3", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_system_has_one),
        cmocka_unit_test(every_exit_code_says_what_to_do),
        cmocka_unit_test(a_version_is_major_and_minor),
        cmocka_unit_test(a_wish_that_says_nothing_is_the_documented_one),
        cmocka_unit_test(a_wish_is_sent_as_it_was_said),
        cmocka_unit_test(settings_may_stay_as_they_are),
        cmocka_unit_test(a_machine_without_it_has_none),
        cmocka_unit_test(the_exit_code_is_in_the_message_or_the_status),
        cmocka_unit_test(what_azure_is_at_is_not_over),
        cmocka_unit_test(a_machine_says_whether_it_has_the_model),
        cmocka_unit_test(another_kind_is_passed_over),
        cmocka_unit_test(what_was_asked_for_is_compared_with_what_is_wished),
        cmocka_unit_test(a_later_minor_version_serves_where_only_the_machine_speaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
