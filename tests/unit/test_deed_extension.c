#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_kinds.h"
#include "controller/extension/deed_extension.h"
#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define GROUP "/subscriptions/s/resourceGroups/hpc/providers/Microsoft.Compute"

static struct scaleset set = {.subscription = "s",
                              .group = "hpc",
                              .name = "ib",
                              .location = "westeurope"};
static const struct scaleset_instance instance = {.id = "3",
                                                  .name = "ib000003",
                                                  .resource = "/x/3"};
static struct vm_extension_wish wish;
static struct extension_deed *deed;

static int set_up(void **state)
{
    (void)state;
    set.is_flexible = false;
    wish = (struct vm_extension_wish){.kind = vm_extension_named("linux")};
    return extension_deed_new(&wish, EXTENSION_BY_MACHINE, &deed, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    extension_deed_free(deed);
    deed = NULL;
    return 0;
}

static void renew(enum extension_way way)
{
    extension_deed_free(deed);
    assert_int_equal(extension_deed_new(&wish, way, &deed, NULL), 0);
}

static struct json *parse(const char *text)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return doc;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void assert_asked(const char *kind, const char *method, const char *path,
                         const char *body)
{
    struct deed_ask ask = {.method = NULL};
    CLEANUP(json_done) struct json *asked = NULL;
    CLEANUP(text_done) char *text = NULL;

    assert_int_equal(deed_kind_named(kind)->ask(deed, &set, &instance, &ask, NULL), 0);
    asked = ask.body;
    text = asked ? json_print(asked) : strdup("");
    assert_string_equal(ask.method, method);
    assert_string_equal(ask.path, path);
    assert_non_null(strstr(text, body));
}

static void a_machine_is_asked_for_its_own(void **state)
{
    (void)state;
    assert_asked("extension-add", "PUT",
                 GROUP "/virtualMachineScaleSets/ib/virtualMachines/3/extensions/"
                       "InfiniBandDriverLinux",
                 "{\"location\":\"westeurope\",\"properties\":{");
    set.is_flexible = true;
    assert_asked("extension-remove", "DELETE",
                 GROUP "/virtualMachines/3/extensions/InfiniBandDriverLinux", "");
}

static void one_of_another_name_is_changed_by_that(void **state)
{
    (void)state;
    assert_int_equal(extension_deed_put_name(deed, "/x/3", "mine", NULL), 0);
    assert_int_equal(extension_deed_put_name(deed, "/x/4", "not this", NULL), 0);
    assert_asked("extension-remove", "DELETE",
                 GROUP "/virtualMachineScaleSets/ib/virtualMachines/3/extensions/mine",
                 "");
}

static void settings_that_stay_are_not_sent(void **state)
{
    (void)state;
    wish.keeps_settings = true;
    renew(EXTENSION_BY_MACHINE);
    assert_asked("extension-upgrade", "PATCH",
                 GROUP "/virtualMachineScaleSets/ib/virtualMachines/3/extensions/"
                       "InfiniBandDriverLinux",
                 "\"autoUpgradeMinorVersion\":true}}");
}

/* To Azure, an empty list means everybody. */
static void by_the_model_one_instance_is_named(void **state)
{
    (void)state;
    renew(EXTENSION_BY_MODEL);
    assert_asked("extension-add", "POST",
                 GROUP "/virtualMachineScaleSets/ib/manualupgrade",
                 "{\"instanceIds\":[\"3\"]}");
    assert_asked("extension-remove", "POST",
                 GROUP "/virtualMachineScaleSets/ib/manualupgrade",
                 "{\"instanceIds\":[\"3\"]}");
}

/* ---- looking ---------------------------------------------------------------------------------- */

#define LATEST "\"latestModelApplied\":true,"
#define OLD    "\"latestModelApplied\":false,"
#define HAS(model, state, code)                                                          \
    "{\"properties\":{" model "\"provisioningState\":\"" state                           \
    "\",\"instanceView\":{\"extensions\":[{\"name\":\"x\",\"type\":"                     \
    "\"Microsoft.HpcCompute.InfiniBandDriverLinux\",\"typeHandlerVersion\":\"1.2.0.0\"," \
    "\"statuses\":[{\"code\":\"ProvisioningState/" code "\"}]}]}}}"
#define BARE(model, state) \
    "{\"properties\":{" model "\"provisioningState\":\"" state "\"}}"

static enum deed_sight sight(const char *kind, const char *machine, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = machine ? parse(machine) : NULL;

    return deed_kind_named(kind)->judge(deed, &instance, doc, why);
}

static void assert_sights(const char *kind, const char *const *machines,
                          const enum deed_sight *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sight(kind, machines[i], NULL) != wanted[i])
            fail_msg("%s: %s is seen as %d", kind, machines[i],
                     sight(kind, machines[i], NULL));
}

static void it_is_there_when_it_has_succeeded(void **state)
{
    static const char *const machines[] = {
        HAS("", "Succeeded", "succeeded"),
        HAS("", "Succeeded", "transitioning"),
        HAS("", "Updating", "succeeded"),
        HAS("", "Failed", "failed/11"),
        BARE("", "Succeeded"),
        HAS(OLD, "Succeeded", "succeeded"),
    };
    static const enum deed_sight wanted[] = {SIGHT_AS_WANTED, SIGHT_NOT_YET,
                                             SIGHT_NOT_YET,   SIGHT_FAILED,
                                             SIGHT_OTHERWISE, SIGHT_AS_WANTED};

    (void)state;
    assert_sights("extension-add", machines, wanted, 6);
    assert_sights("extension-upgrade", machines, wanted, 6);
}

static void by_the_model_an_old_one_is_not_enough(void **state)
{
    (void)state;
    renew(EXTENSION_BY_MODEL);
    assert_int_equal(sight("extension-add", HAS(OLD, "Succeeded", "succeeded"), NULL),
                     SIGHT_OTHERWISE);
    assert_int_equal(sight("extension-add", HAS(LATEST, "Succeeded", "succeeded"), NULL),
                     SIGHT_AS_WANTED);
    assert_int_equal(sight("extension-remove", BARE(OLD, "Succeeded"), NULL),
                     SIGHT_OTHERWISE);
    assert_int_equal(sight("extension-remove", BARE(LATEST, "Succeeded"), NULL),
                     SIGHT_AS_WANTED);
}

static void it_is_gone_when_it_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(sight("extension-remove", HAS("", "Succeeded", "failed/11"), NULL),
                     SIGHT_OTHERWISE);
    assert_int_equal(sight("extension-remove", BARE("", "Updating"), NULL),
                     SIGHT_NOT_YET);
    assert_int_equal(sight("extension-remove", BARE("", "Succeeded"), NULL),
                     SIGHT_AS_WANTED);
}

static void a_machine_that_is_gone_has_failed(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(sight("extension-add", NULL, &why), SIGHT_FAILED);
    assert_int_equal(why.code, FAIL_AZURE_NOT_FOUND);
    assert_int_equal(sight("extension-remove", NULL, &why), SIGHT_FAILED);
}

/* ---- explained -------------------------------------------------------------------------------- */

static void every_exit_code_fits_into_a_failure(void **state)
{
    static const char *const systems[] = {"linux", "windows"};

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        const struct vm_extension_kind *kind = vm_extension_named(systems[s]);

        for (size_t e = 0; e < kind->exit_count; e++) {
            struct vm_extension_seen seen = {.kind = kind,
                                             .has_exit = true,
                                             .exit_code = kind->exits[e].code};
            struct fail why;

            if (!kind->exits[e].remedy)
                continue;
            assert_int_equal(extension_deed_explain(&seen, &why), -1);
            assert_non_null(strstr(why.text, kind->exits[e].remedy));
        }
    }
}

static void what_azure_says_at_length_is_explained(void **state)
{
    CLEANUP(json_done)
    struct json *answer = parse("{\"error\":{\"code\":\"VMExtensionProvisioningError\","
                                "\"message\":\"VM 'ib_3' has reported a failure. Error "
                                "message: 'Enable failed with exit code 13'\"}}");
    struct fail why = {.code = FAIL_AZURE_OPERATION, .text = "the operation ended"};

    (void)state;
    deed_kind_named("extension-add")->explain(deed, answer, &why);
    assert_non_null(strstr(why.text, "exit code 13: machines of this size have no RDMA"));
    why = (struct fail){.code = FAIL_AZURE_REFUSED, .text = "it was refused"};
    deed_kind_named("extension-add")->explain(deed, NULL, &why);
    assert_string_equal(why.text, "it was refused");
}

/* ---- in the journal ------------------------------------------------------------------------------ */

static void a_later_controller_wishes_the_same(void **state)
{
    CLEANUP(json_done) struct json *settings = parse("{\"a\":[1,{\"b\":null}]}");
    CLEANUP(json_done) struct json *said = NULL, *again = NULL;
    CLEANUP(text_done) char *before = NULL;
    CLEANUP(text_done) char *after = NULL;
    const struct deed_kind *kind = deed_kind_named("extension-add");
    void *arg;

    (void)state;
    wish.settings = settings;
    wish.version = "1.1";
    renew(EXTENSION_BY_MACHINE);
    assert_int_equal(extension_deed_put_name(deed, "/x/3", "mine", NULL), 0);
    said = kind->encode(deed);
    assert_int_equal(kind->decode(said, &arg, NULL), 0);
    again = kind->encode(arg);
    before = json_print(said);
    after = json_print(again);
    assert_string_equal(before, after);
    kind->discard(deed);
    deed = arg;
    assert_asked("extension-add", "PUT",
                 GROUP "/virtualMachineScaleSets/ib/virtualMachines/3/extensions/mine",
                 "\"typeHandlerVersion\":\"1.1\",\"autoUpgradeMinorVersion\":true,"
                 "\"settings\":{\"a\":[1,{\"b\":null}]}");
}

static void a_journal_that_says_nothing_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}", "{\"system\":\"plan9\",\"version\":\"1.2\",\"names\":{}}",
        "{\"system\":\"linux\",\"names\":{}}",
        "{\"system\":\"linux\",\"version\":\"1.2\"}"};
    void *arg;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP(json_done) struct json *said = parse(bad[i]);
        struct fail why;

        assert_int_equal(deed_kind_named("extension-add")->decode(said, &arg, &why), -1);
        assert_int_equal(why.code, FAIL_STATE);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_machine_is_asked_for_its_own),
        CASE(one_of_another_name_is_changed_by_that),
        CASE(settings_that_stay_are_not_sent),
        CASE(by_the_model_one_instance_is_named),
        CASE(it_is_there_when_it_has_succeeded),
        CASE(by_the_model_an_old_one_is_not_enough),
        CASE(it_is_gone_when_it_is_not_there),
        CASE(a_machine_that_is_gone_has_failed),
        CASE(every_exit_code_fits_into_a_failure),
        CASE(what_azure_says_at_length_is_explained),
        CASE(a_later_controller_wishes_the_same),
        CASE(a_journal_that_says_nothing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
