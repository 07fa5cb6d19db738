/* standing: a scale set for people */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/azure/preflight.h"
#include "controller/screen/text.h"
#include "controller/vmss/standing.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct scaleset_instance instances[3];
static const struct scaleset_instance *const all[] = {&instances[0], &instances[1],
                                                      &instances[2]};
static struct scaleset set;
static const struct scaleset *const sets[] = {&set};

static int set_up(void **state)
{
    static const char *const names[] = {"ib000000", "ib000001", "ib000002"};

    (void)state;
    set = (struct scaleset){.group = "hpc",
                            .name = "ib",
                            .location = "westeurope",
                            .size = "Standard_HB120rs_v3",
                            .upgrade_mode = "Manual",
                            .is_single_placement_group = true,
                            .count = 3};
    for (size_t i = 0; i < 3; i++)
        instances[i] = (struct scaleset_instance){.name = names[i],
                                                  .size = set.size,
                                                  .power = SCALESET_RUNNING,
                                                  .model = SCALESET_MODEL_LATEST,
                                                  .fault_domain = 0};
    return 0;
}

static void assert_rendered(const struct preflight *found, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};
    const struct standing s = {.sets = sets,
                               .set_count = 1,
                               .instances = all,
                               .instance_count = 3,
                               .found = found};
    struct fail why;

    assert_int_equal(standing_render(&s, 80, false, &text, &why), 0);
    assert_string_equal(text_of(&text), wanted);
}

#define HEAD                                                            \
    "hpc/ib: Uniform, 3 instances, Standard_HB120rs_v3 in westeurope\n" \
    "  1 HCA of 200 Gb/s on each\n"                                     \
    "  upgrades Manual, repairs off, one placement group\n"             \
    "\n"

static void equal_instances_are_one_row_and_say_once_what_they_share(void **state)
{
    (void)state;
    assert_rendered(&(struct preflight){.count = 0},
                    HEAD "INSTANCES          COUNT  STATE\n"
                         "ib[000000-000002]      3  running\n"
                         "\n"
                         "All: model latest, fault domain 0, size Standard_HB120rs_v3\n");
}

static void what_differs_is_a_column(void **state)
{
    (void)state;
    instances[1].power = SCALESET_DEALLOCATED;
    instances[2].zone = "2";
    instances[2].keeps_from_scale_in = true;
    assert_rendered(&(struct preflight){.count = 0},
                    HEAD "INSTANCES  COUNT  STATE        ZONE  PROTECTED\n"
                         "ib000000       1  running      -     -\n"
                         "ib000001       1  deallocated  -     -\n"
                         "ib000002       1  running      2     scale-in\n"
                         "\n"
                         "All: model latest, fault domain 0, size Standard_HB120rs_v3\n");
}

static void findings_follow_with_what_to_do(void **state)
{
    char object[] = "nodes ib000000", words[] = "they are Spot", remedy[] = "wait";
    struct preflight_finding finding = {.check = PREFLIGHT_SPOT,
                                        .refuses = true,
                                        .object = object,
                                        .text = words,
                                        .remedy = remedy};

    (void)state;
    assert_rendered(&(struct preflight){.findings = &finding, .count = 1},
                    HEAD "INSTANCES          COUNT  STATE\n"
                         "ib[000000-000002]      3  running\n"
                         "\n"
                         "All: model latest, fault domain 0, size Standard_HB120rs_v3\n"
                         "\n"
                         "! nodes ib000000: they are Spot\n"
                         "  wait\n");
}

static void what_azure_says_cannot_move_the_cursor(void **state)
{
    (void)state;
    set.location = "we\033[2Jst";
    instances[0].zone = instances[1].zone = instances[2].zone = "\033[31m";
    assert_rendered(&(struct preflight){.count = 0},
                    "hpc/ib: Uniform, 3 instances, Standard_HB120rs_v3 in we^[[2Jst\n"
                    "  1 HCA of 200 Gb/s on each\n"
                    "  upgrades Manual, repairs off, one placement group\n"
                    "\n"
                    "INSTANCES          COUNT  STATE\n"
                    "ib[000000-000002]      3  running\n"
                    "\n"
                    "All: model latest, zone ^[[31m, fault domain 0, size "
                    "Standard_HB120rs_v3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(equal_instances_are_one_row_and_say_once_what_they_share,
                               set_up),
        cmocka_unit_test_setup(what_differs_is_a_column, set_up),
        cmocka_unit_test_setup(findings_follow_with_what_to_do, set_up),
        cmocka_unit_test_setup(what_azure_says_cannot_move_the_cursor, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
