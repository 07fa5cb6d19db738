#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/health/health.h"
#include "inventory/armfield.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct health_report report;

static int set_up(void **state)
{
    (void)state;
    report = (struct health_report){
        .category = HEALTH_PERFORMANCE,
        .description = "ib1 is slow with all its partners: 96.1 of 190.0 Gb/s",
        .resource = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/"
                    "virtualMachineScaleSets/ib/virtualMachines/1",
        .vm_id = "6b2f0000-1111-2222-3333-444455556666",
        .host = "GGBB0042117",
        .seen = "2026-11-20T14:12:03Z",
        .now = "2026-11-20T15:00:00Z",
    };
    return 0;
}

/* ---- the body --------------------------------------------------------------------------- */

static void a_report_has_what_azure_wants(void **state)
{
    CLEANUP(json_done) struct json *body = health_body(&report);
    CLEANUP(text_done) char *text = json_print(body);

    (void)state;
    assert_string_equal(
        text,
        "{\"properties\":{\"startDateTime\":\"2026-11-20T14:12:03Z\","
        "\"reportedTimeUtc\":\"2026-11-20T15:00:00Z\","
        "\"impactCategory\":\"Resource.Hpc.Unhealthy.IBPerformance\","
        "\"impactDescription\":\"ib1 is slow with all its partners: 96.1 of 190.0 Gb/s\","
        "\"impactedResourceId\":\"/subscriptions/s/resourceGroups/rg/providers/"
        "Microsoft.Compute/virtualMachineScaleSets/ib/virtualMachines/1\","
        "\"additionalProperties\":{\"PhysicalHostName\":\"GGBB0042117\","
        "\"VmUniqueId\":\"6b2f0000-1111-2222-3333-444455556666\"}}}");
}

static void what_is_not_known_is_not_said(void **state)
{
    struct json *body;

    (void)state;
    report.host = NULL;
    body = health_body(&report);
    assert_null(armfield_at(body, "properties.additionalProperties.PhysicalHostName"));
    assert_non_null(armfield_at(body, "properties.additionalProperties.VmUniqueId"));
    json_free(body);
    report.host = "H";
    report.vm_id = NULL;
    body = health_body(&report);
    assert_null(armfield_at(body, "properties.additionalProperties.VmUniqueId"));
    json_free(body);
}

static void a_report_without_a_machine_is_none(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(health_check(&report, &why), 0);
    report.host = NULL;
    assert_int_equal(health_check(&report, &why), 0);
    report.vm_id = NULL;
    assert_int_equal(health_check(&report, &why), -1);
    assert_non_null(strstr(why.text, "--physical-host"));
}

static void a_long_description_is_cut_between_characters(void **state)
{
    char words[HEALTH_MOST_WORDS + 20];
    struct json *body;
    const char *said;

    (void)state;
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = '\0';
    memcpy(words + HEALTH_MOST_WORDS - 1, "\xc3\xa4", 2);
    report.description = words;
    body = health_body(&report);
    said = armfield_text(body, "properties.impactDescription");
    assert_int_equal(strlen(said), HEALTH_MOST_WORDS - 1);
    json_free(body);
}

/* ---- its name ------------------------------------------------------------------------------ */

static void the_same_report_again_has_the_same_name(void **state)
{
    char name[HEALTH_NAME_BYTES], again[HEALTH_NAME_BYTES];

    (void)state;
    health_name(&report, name);
    assert_int_equal(strlen(name), 36);
    report.now = "2026-11-20T16:00:00Z";
    report.description = "in other words";
    health_name(&report, again);
    assert_string_equal(name, again);
    report.vm_id = "another machine under that id";
    health_name(&report, again);
    assert_string_not_equal(name, again);
}

static void what_was_seen_later_is_another_report(void **state)
{
    char name[HEALTH_NAME_BYTES], again[HEALTH_NAME_BYTES];

    (void)state;
    health_name(&report, name);
    report.seen = "2026-11-21T14:12:03Z";
    health_name(&report, again);
    assert_string_not_equal(name, again);
    set_up(NULL);
    report.category = HEALTH_PORT_DOWN;
    health_name(&report, again);
    assert_string_not_equal(name, again);
}

/* ---- categories ------------------------------------------------------------------------------ */

static void a_category_is_known_by_its_name(void **state)
{
    enum health_category category;
    struct fail why;

    (void)state;
    for (int i = 0; i < HEALTH_CATEGORY_COUNT; i++) {
        assert_int_equal(health_category_named(health_category_name(
                                                   (enum health_category)i),
                                               &category, &why),
                         0);
        assert_int_equal(category, i);
    }
    assert_int_equal(health_category_named("IBPerformance", &category, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_non_null(strstr(why.text, "ib-port-flapping"));
}

static void no_device_and_a_dead_port_are_categories(void **state)
{
    enum health_category category;

    (void)state;
    assert_true(health_category_of_code("no-hca", &category));
    assert_int_equal(category, HEALTH_MISSING);
    assert_true(health_category_of_code("port-down", &category));
    assert_int_equal(category, HEALTH_PORT_DOWN);
    assert_false(health_category_of_code("ok", &category));
    assert_false(health_category_of_code("not-reachable", &category));
}

static bool judges(const char *text, enum health_category *category)
{
    CLEANUP(json_done) struct json *finding = NULL;

    assert_int_equal(json_parse(text, strlen(text), &finding, NULL), 0);
    return health_category_of_finding(finding, "ib1", category);
}

#define FINDING(kind, symptom, nodes, proved)                              \
    "{\"kind\":\"" kind "\",\"symptom\":\"" symptom "\",\"nodes\":[" nodes \
    "],\"proved\":" proved "}"

static void a_node_that_is_proved_slow_is_one(void **state)
{
    enum health_category category;

    (void)state;
    assert_true(judges(FINDING("node", "slow", "\"ib1\"", "true"), &category));
    assert_int_equal(category, HEALTH_PERFORMANCE);
    assert_true(judges(FINDING("node", "high-latency", "\"ib1\"", "true"), &category));
    assert_int_equal(category, HEALTH_PERFORMANCE);
    assert_true(judges(FINDING("node", "failed", "\"ib1\"", "true"), &category));
    assert_int_equal(category, HEALTH_GENERIC);
}

/* Azure takes a node out of service on our word. */
static void a_suspicion_or_a_pair_accuses_nobody(void **state)
{
    enum health_category category;

    (void)state;
    assert_false(judges(FINDING("node", "slow", "\"ib1\"", "false"), &category));
    assert_false(judges(FINDING("pair", "slow", "\"ib1\",\"ib2\"", "true"), &category));
    assert_false(judges(FINDING("node", "slow", "\"ib2\"", "true"), &category));
    assert_false(judges(FINDING("node", "slow", "\"ib1\",\"ib2\"", "true"), &category));
    assert_false(judges(FINDING("config", "none", "\"ib1\"", "true"), &category));
    assert_false(judges("{}", &category));
}

#define RUN(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_report_has_what_azure_wants),
        RUN(what_is_not_known_is_not_said),
        RUN(a_report_without_a_machine_is_none),
        RUN(a_long_description_is_cut_between_characters),
        RUN(the_same_report_again_has_the_same_name),
        RUN(what_was_seen_later_is_another_report),
        RUN(a_category_is_known_by_its_name),
        RUN(no_device_and_a_dead_port_are_categories),
        RUN(a_node_that_is_proved_slow_is_one),
        RUN(a_suspicion_or_a_pair_accuses_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
