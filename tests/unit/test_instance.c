#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/instance.h"
#include "protocol/scope.h"

/* Facts own what is read, so that they free it. */
static struct facts *fresh(void)
{
    struct facts *f = facts_new();

    f->azure = calloc(1, sizeof *f->azure);
    f->azure->secure_boot = FACTS_UNKNOWN;
    return f;
}

static int parse(struct facts *f, const char *text, struct fail *why)
{
    return instance_parse(text, strlen(text), f->azure, &f->size, why);
}

static struct facts *read(const char *text)
{
    struct facts *f = fresh();
    struct fail why;

    if (parse(f, text, &why) < 0)
        fail_msg("%s: %s", text, why.text);
    return f;
}

static struct facts *events(const char *name, const char *text)
{
    struct facts *f = fresh();
    struct fail why;

    f->azure->name = name ? strdup(name) : NULL;
    if (instance_parse_events(text, strlen(text), f->azure, &why) < 0)
        fail_msg("%s: %s", text, why.text);
    return f;
}

/* ---- the machine -------------------------------------------------------------------- */

static void every_field_finds_its_place(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = read(
        "{\"vmSize\":\"Standard_HB120rs_v3\",\"location\":\"westus2\",\"zone\":\"3\","
        "\"publisher\":\"Canonical\",\"offer\":\"ubuntu-24_04\",\"sku\":\"server\","
        "\"version\":\"24.04.1\",\"osType\":\"Linux\",\"azEnvironment\":\"AzureCloud\","
        "\"securityProfile\":{\"secureBootEnabled\":\"false\",\"securityType\":"
        "\"ConfidentialVM\"},\"vmScaleSetName\":\"hb\",\"placementGroupId\":\"f67c14ab\","
        "\"vmId\":\"02aab8a4-74ef-476e-8182-f6d2ba4166a6\",\"name\":\"hb_0\","
        "\"resourceId\":\"/subscriptions/1/resourceGroups/gr\xc3\xbc\xc3\x9f(e)/x\"}");
    const struct facts_azure *a = f->azure;

    (void)state;
    assert_string_equal(f->size, "Standard_HB120rs_v3");
    assert_string_equal(a->location, "westus2");
    assert_string_equal(a->zone, "3");
    assert_string_equal(a->publisher, "Canonical");
    assert_string_equal(a->offer, "ubuntu-24_04");
    assert_string_equal(a->sku, "server");
    assert_string_equal(a->image_version, "24.04.1");
    assert_string_equal(a->os_type, "Linux");
    assert_string_equal(a->environment, "AzureCloud");
    assert_string_equal(a->security_type, "ConfidentialVM");
    assert_int_equal(a->secure_boot, 0);
    assert_string_equal(a->scale_set, "hb");
    assert_string_equal(a->placement_group, "f67c14ab");
    assert_string_equal(a->vm_id, "02aab8a4-74ef-476e-8182-f6d2ba4166a6");
    assert_string_equal(a->name, "hb_0");
    assert_non_null(strstr(a->resource_id, "gr\xc3\xbc\xc3\x9f(e)"));
    assert_int_equal(a->refused_count, 0);
}

static void what_is_missing_or_empty_is_unknown(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = read("{\"vmSize\":\"Standard_D2s_v5\",\"zone\":\"\",\"offer\":null,"
                           "\"securityProfile\":{\"secureBootEnabled\":\"\"}}");

    (void)state;
    assert_null(f->azure->zone);
    assert_null(f->azure->offer);
    assert_null(f->azure->location);
    assert_int_equal(f->azure->secure_boot, FACTS_UNKNOWN);
    assert_int_equal(f->azure->refused_count, 0);
}

static void secure_boot_is_read_in_any_spelling(void **state)
{
    static const struct {
        const char *said;
        int is;
    } all[] = {
        {"\"true\"", 1},  {"\"True\"", 1},  {"true", 1},    {"1", 1},
        {"\"false\"", 0}, {"\"FALSE\"", 0}, {"false", 0},   {"\"0\"", 0},
        {"\"no\"", -1},   {"2", -1},        {"[true]", -1}, {"\"true \"", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CLEANUP(text_done) char *text = NULL;
        CLEANUP(facts_done) struct facts *f = NULL;

        assert_true(asprintf(&text,
                             "{\"location\":\"westus\","
                             "\"securityProfile\":{\"secureBootEnabled\":%s}}",
                             all[i].said) > 0);
        f = read(text);
        assert_int_equal(f->azure->secure_boot, all[i].is);
        assert_int_equal(f->azure->refused_count, all[i].is == FACTS_UNKNOWN);
    }
}

static void numbers_are_taken_for_strings(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = read("{\"vmSize\":\"Standard_A3\",\"zone\":1,\"version\":20,"
                           "\"vmScaleSetName\":17}");

    (void)state;
    assert_string_equal(f->azure->zone, "1");
    assert_string_equal(f->azure->image_version, "20");
    assert_string_equal(f->azure->scale_set, "17");
    assert_int_equal(f->azure->refused_count, 0);
}

/* KEY: VALUE leaves that one unknown, by its name, and nothing else. */
static void refuses(const char *key, const char *value)
{
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(facts_done) struct facts *f = NULL;

    assert_true(asprintf(&text, "{\"location\":\"westus\",\"%s\":%s}", key, value) > 0);
    f = read(text);
    assert_int_equal(f->azure->refused_count, 1);
    assert_string_equal(f->azure->refused[0], key);
    assert_string_equal(f->azure->location, "westus");
    assert_null(f->size);
    assert_null(f->azure->zone);
    assert_null(f->azure->vm_id);
    assert_null(f->azure->resource_id);
    assert_null(f->azure->sku);
}

static void what_is_absurd_is_refused_by_its_name(void **state)
{
    char huge[700] = "\"/";

    (void)state;
    refuses("vmSize", "\"Standard_A3\\nrm -rf /\"");
    refuses("vmSize", "\"$(reboot)\"");
    refuses("vmSize", "\"-rf\"");
    refuses("vmSize", "7");
    refuses("vmSize", "{\"name\":\"Standard_A3\"}");
    refuses("zone", "[\"1\"]");
    refuses("zone", "1.5");
    refuses("vmId", "\"02aab8a4\"");
    refuses("sku", "\"a b\"");
    refuses("sku", "\"\xc2\x9b\"");
    refuses("resourceId", "\"subscriptions/1\"");
    refuses("resourceId", "\"/x\\u001b[2J\"");
    refuses("resourceId", "\"/x\\u009b2J\"");
    refuses("resourceId", "\"/x\xff\"");
    memset(huge + 2, 'a', sizeof huge - 4);
    strcpy(huge + sizeof huge - 2, "\"");
    refuses("resourceId", huge);
}

static void an_image_of_a_flexible_set_is_found_where_it_is(void **state)
{
    CLEANUP(facts_done)
    struct facts *f =
        read("{\"offer\":\"\",\"storageProfile\":{\"imageReference\":{\"offer\":\"o\","
             "\"publisher\":\"p\",\"sku\":\"s\",\"version\":\"latest\",\"exactVersion\":"
             "\"1.2.3\"}},\"vmScaleSetName\":\"\",\"virtualMachineScaleSet\":{\"id\":"
             "\"/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/"
             "virtualMachineScaleSets/flex\"}}");

    (void)state;
    assert_string_equal(f->azure->publisher, "p");
    assert_string_equal(f->azure->offer, "o");
    assert_string_equal(f->azure->sku, "s");
    assert_string_equal(f->azure->image_version, "1.2.3");
    assert_string_equal(f->azure->scale_set, "flex");
}

static void the_first_that_says_something_counts(void **state)
{
    CLEANUP(facts_done)
    struct facts *f =
        read("{\"sku\":\"first\",\"storageProfile\":{\"imageReference\":{\"sku\":"
             "\"second\"}},\"vmScaleSetName\":\"uniform\","
             "\"virtualMachineScaleSet\":{\"id\":\"/x/flex\"}}");

    (void)state;
    assert_string_equal(f->azure->sku, "first");
    assert_string_equal(f->azure->scale_set, "uniform");
}

static void what_is_no_such_document_is_said_to_be_none(void **state)
{
    static const char *const all[] = {
        "",     "{",
        "[]",   "\"vmSize\"",
        "7",    "<html>",
        "{}",   "{\"error\":\"Bad request\"}",
        "null", "{\"storageProfile\":[],\"securityProfile\":\"on\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CLEANUP(facts_done) struct facts *f = fresh();
        struct fail why = {0};

        assert_int_equal(parse(f, all[i], &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_null(f->size);
    }
}

/* ---- its events --------------------------------------------------------------------- */

static const char *const two =
    "{\"DocumentIncarnation\":7,\"Events\":[{\"EventId\":\"A-1\",\"EventType\":"
    "\"Reboot\","
    "\"ResourceType\":\"VirtualMachine\",\"Resources\":[\"hb_0\",\"HB_1\"],"
    "\"EventStatus\":\"Scheduled\",\"NotBefore\":\"Mon, 11 Apr 2022 22:26:58 GMT\","
    "\"EventSource\":\"Platform\",\"DurationInSeconds\":9},"
    "{\"EventId\":\"B-2\",\"EventType\":\"Freeze\",\"Resources\":[\"hb_2\"],"
    "\"EventStatus\":\"Started\",\"NotBefore\":\"\",\"DurationInSeconds\":\"5\"}]}";

static void only_events_of_this_machine_are_told(void **state)
{
    CLEANUP(facts_done) struct facts *f = events("hb_1", two);
    const struct facts_event *e = f->azure->events;

    (void)state;
    assert_int_equal(f->azure->event_count, 1);
    assert_string_equal(e->id, "A-1");
    assert_string_equal(e->type, "Reboot");
    assert_string_equal(e->status, "Scheduled");
    assert_string_equal(e->not_before, "Mon, 11 Apr 2022 22:26:58 GMT");
    assert_string_equal(e->source, "Platform");
    assert_int_equal(e->duration_s, 9);
}

static void a_machine_without_a_name_is_told_them_all(void **state)
{
    CLEANUP(facts_done) struct facts *f = events(NULL, two);

    (void)state;
    assert_int_equal(f->azure->event_count, 2);
    assert_null(f->azure->events[1].not_before);
    assert_int_equal(f->azure->events[1].duration_s, 5);
}

static void an_event_of_nobody_concerns_everybody(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = events("hb_1", "{\"Events\":[{\"DurationInSeconds\":-1}]}");

    (void)state;
    assert_int_equal(f->azure->event_count, 1);
    assert_string_equal(f->azure->events[0].id, "unknown");
    assert_string_equal(f->azure->events[0].type, "unknown");
    assert_int_equal(f->azure->events[0].duration_s, FACTS_UNKNOWN);
}

static void events_are_cut_at_their_ceiling(void **state)
{
    char text[FACTS_MAX_EVENTS * 8] = "{\"Events\":[{}";
    CLEANUP(facts_done) struct facts *f = NULL;

    (void)state;
    for (int i = 0; i < FACTS_MAX_EVENTS + 10; i++)
        strcat(text, ",{}");
    f = events("hb_1", strcat(text, "]}"));
    assert_int_equal(f->azure->event_count, FACTS_MAX_EVENTS);
}

static void what_is_no_list_of_events_is_refused(void **state)
{
    static const char *const all[] = {"{}", "[]", "{\"Events\":{}}", "{\"Events\":[7]}"};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CLEANUP(facts_done) struct facts *f = fresh();
        struct fail why = {0};

        assert_int_equal(instance_parse_events(all[i], strlen(all[i]), f->azure, &why),
                         -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_finds_its_place),
        cmocka_unit_test(what_is_missing_or_empty_is_unknown),
        cmocka_unit_test(secure_boot_is_read_in_any_spelling),
        cmocka_unit_test(numbers_are_taken_for_strings),
        cmocka_unit_test(what_is_absurd_is_refused_by_its_name),
        cmocka_unit_test(an_image_of_a_flexible_set_is_found_where_it_is),
        cmocka_unit_test(the_first_that_says_something_counts),
        cmocka_unit_test(what_is_no_such_document_is_said_to_be_none),
        cmocka_unit_test(only_events_of_this_machine_are_told),
        cmocka_unit_test(a_machine_without_a_name_is_told_them_all),
        cmocka_unit_test(an_event_of_nobody_concerns_everybody),
        cmocka_unit_test(events_are_cut_at_their_ceiling),
        cmocka_unit_test(what_is_no_list_of_events_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
