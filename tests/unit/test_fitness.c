/* fakes: machines */
/* Every machine of tests/data/trees against what its size has, whole and with one thing
 * broken at a time; and machines of no size that is known, against what they were before.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fitness.h"
#include "inventory/sku.h"
#include "node-agent/detect/detect.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/machines.h"

#define LINE_BYTES 1024

static struct machines machines;

static void set(char **field, const char *text)
{
    free(*field);
    *field = strdup(text);
}

/* make.py has written them below what is built.  Not each was captured with its metadata;
 * its size is known all the same.
 */
static int read_machines(void **state)
{
    const char *build = getenv("BUILD");
    char folder[1024];

    (void)state;
    snprintf(folder, sizeof folder, "%s/trees", build && *build ? build : "build");
    machines_read(folder, &machines);
    for (size_t i = 0; i < machines.count; i++)
        if (strcmp(machines.list[i].size, "none") != 0)
            set(&machines.list[i].facts->size, machines.list[i].size);
    return 0;
}

static int forget_machines(void **state)
{
    (void)state;
    machines_done(&machines);
    return 0;
}

/* "CODE: SENTENCE", good until the next call. */
static const char *judged(const struct facts *f, const struct facts *before,
                          const struct decide_want *want)
{
    static char text[300];
    struct fail why = {.code = FAIL_NONE};

    if (fitness_judge(f, before, want, &why) < 0)
        snprintf(text, sizeof text, "%s: %s", fail_code_name(why.code), why.text);
    else
        snprintf(text, sizeof text, "%s", fitness_can_judge(f) ? "fit" : "nothing");
    return text;
}

static bool says(const char *text, const char *words)
{
    if (strstr(text, words))
        return true;
    print_error("'%s' does not say '%s'\n", text, words);
    return false;
}

/* ---- fitness.txt ------------------------------------------------------------------------- */

static bool next_expected(FILE *table, char line[LINE_BYTES])
{
    while (fgets(line, LINE_BYTES, table)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line && *line != '#')
            return true;
    }
    return false;
}

static void each_machine_is_judged_as_expected(void **state)
{
    FILE *table = fopen("tests/data/trees/fitness.txt", "r");
    char line[LINE_BYTES], told[LINE_BYTES];
    size_t wrong = 0;

    (void)state;
    assert_non_null(table);
    for (size_t i = 0; i < machines.count; i++) {
        const struct machine *m = &machines.list[i];

        snprintf(told, sizeof told, "%-26s | %s", m->name, judged(m->facts, NULL, NULL));
        *line = '\0';
        if (next_expected(table, line) && strcmp(line, told) == 0)
            continue;
        print_error("expected  %s\njudged    %s\n", line, told);
        wrong++;
    }
    assert_false(next_expected(table, line));
    fclose(table);
    assert_int_equal(wrong, 0);
}

/* ---- one thing broken at a time ------------------------------------------------------------ */

static void be_down(struct facts_port *port)
{
    set(&port->state, "DOWN");
    set(&port->phys_state, "Polling");
}

static void be_waiting(struct facts_port *port)
{
    set(&port->state, "INIT");
}

static void lose_link(struct facts_port *port)
{
    set(&port->phys_state, "LinkErrorRecovery");
}

static void be_ethernet(struct facts_port *port)
{
    set(&port->link_layer, "Ethernet");
}

static void lose_manager(struct facts_port *port)
{
    port->sm_lid = 0;
}

static void have_default_pkeys(struct facts_port *port)
{
    port->pkeys[0] = 0xffff;
    port->pkeys[1] = 0x7fff;
}

static void be_limited(struct facts_port *port)
{
    port->pkeys[0] = 0x0001;
}

static void have_no_pkey(struct facts_port *port)
{
    port->pkey_count = 0;
}

static void be_slow(struct facts_port *port)
{
    port->rate_gbps /= 2;
    set(&port->width, "2X HALF");
}

/* clang-format off */
static const struct {
    void (*harm)(struct facts_port *port);
    const char *code, *words;
} harms[] = {
    {be_down,            "port-down: ",     "it is DOWN (Polling), and should be ACTIVE (LinkUp)"},
    {be_waiting,         "port-down: ",     "it is INIT (LinkUp), and should be ACTIVE (LinkUp)"},
    {lose_link,          "port-down: ",     "it is ACTIVE (LinkErrorRecovery), and should"},
    {be_ethernet,        "verify-failed: ", "its link layer is Ethernet, "},
    {lose_manager,       "verify-failed: ", "it knows no subnet manager (SM LID 0)"},
    {have_default_pkeys, "verify-failed: ", "it has only 0xffff 0x7fff pkeys, and should have a full one"},
    {be_limited,         "verify-failed: ", "it has only 0x0001 0x7fff pkeys, and should have a full one"},
    {have_no_pkey,       "verify-failed: ", "it has no pkeys, and should have a full one"},
    {be_slow,            "verify-failed: ", " Gb/s (2X HALF), "},
};
/* clang-format on */

/* A copy of its own, by the wire's form. */
static struct facts *copy_of(const struct facts *f)
{
    CLEANUP(json_done) struct json *doc = facts_encode(f);
    struct facts *copy = NULL;

    assert_non_null(doc);
    assert_int_equal(facts_decode(doc, &copy, NULL), 0);
    return copy;
}

static bool has_fabric(const struct facts_hca *hca)
{
    return strcmp(hca->ports[0].link_layer, "InfiniBand") == 0;
}

/* The last one is harmed: whoever looks at the first only does not see it. */
static size_t last_of(const struct facts *f)
{
    size_t last = 0;

    for (size_t i = 0; i < f->hca_count; i++)
        if (has_fabric(&f->hcas[i]))
            last = i;
    return last;
}

static void harm_each_way(const struct machine *m)
{
    char words[64];

    for (size_t n = 0; n < sizeof harms / sizeof *harms; n++) {
        CLEANUP(facts_done) struct facts *f = copy_of(m->facts);
        struct facts_hca *hca = &f->hcas[last_of(f)];
        const char *said;

        harms[n].harm(&hca->ports[0]);
        said = judged(f, NULL, NULL);
        snprintf(words, sizeof words, "%s%s port 1: ", harms[n].code, hca->name);
        assert_int_equal(strncmp(said, words, strlen(words)), 0);
        assert_true(says(said, harms[n].words));
    }
}

static void every_fault_of_the_last_port_of_every_size_is_found(void **state)
{
    size_t harmed = 0;

    (void)state;
    for (size_t i = 0; i < machines.count; i++) {
        const struct machine *m = &machines.list[i];

        if (!sku_known(m->size) || strcmp(judged(m->facts, NULL, NULL), "fit") != 0)
            continue;
        harm_each_way(m);
        harmed++;
    }
    assert_true(harmed > 40);
}

/* Out of the list, and back to where facts_free() finds it. */
static struct facts_hca take_out(struct facts *f, size_t at)
{
    struct facts_hca gone = f->hcas[at];

    f->hcas[at] = f->hcas[--f->hca_count];
    return gone;
}

static void put_back(struct facts *f, const struct facts_hca *gone)
{
    f->hcas[f->hca_count++] = *gone;
}

static void an_hca_that_is_missing_is_counted_on_every_size(void **state)
{
    char words[64];

    (void)state;
    for (size_t i = 0; i < machines.count; i++) {
        const struct machine *m = &machines.list[i];
        const struct sku_known *size = sku_known(m->size);
        struct facts_hca gone;

        if (!size || strcmp(judged(m->facts, NULL, NULL), "fit") != 0)
            continue;
        gone = take_out(m->facts, last_of(m->facts));
        snprintf(words, sizeof words, "no-hca: %u of %u HCAs that %s has", size->hcas - 1,
                 size->hcas, m->size + strlen("Standard_"));
        assert_string_equal(judged(m->facts, NULL, NULL), words);
        put_back(m->facts, &gone);
    }
}

/* ---- what is no fault -------------------------------------------------------------------- */

static const struct machine *machine_of(const char *name)
{
    for (size_t i = 0; i < machines.count; i++)
        if (strcmp(machines.list[i].name, name) == 0)
            return &machines.list[i];
    fail_msg("no machine %s", name);
    return NULL;
}

static struct facts_port *fabric_port(struct facts *f)
{
    return &f->hcas[last_of(f)].ports[0];
}

static void accelerated_networking_is_not_judged(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = copy_of(machine_of("hb120v3-ubuntu2204")->facts);

    (void)state;
    for (size_t i = 0; i < f->hca_count; i++)
        if (!has_fabric(&f->hcas[i]))
            be_down(&f->hcas[i].ports[0]);
    assert_string_equal(judged(f, NULL, NULL), "fit");
}

/* Whose speed is SDR, then, or is not told. */
static void a_kernel_that_does_not_know_a_speed_is_not_taken_at_its_word(void **state)
{
    CLEANUP(facts_done)
    struct facts *ndr = copy_of(machine_of("hb176v4-debian12")->facts);
    CLEANUP(facts_done)
    struct facts *hdr = copy_of(machine_of("hb120v3-ubuntu2204")->facts);

    (void)state;
    fabric_port(ndr)->rate_gbps = fabric_port(hdr)->rate_gbps = 10;
    set(&fabric_port(ndr)->width, "4X SDR");
    set(&fabric_port(hdr)->width, "4X SDR");
    assert_string_equal(judged(ndr, NULL, NULL), "fit");
    assert_true(says(judged(hdr, NULL, NULL), "10 Gb/s (4X SDR), HB120-96rs_v3 has 200"));
    fabric_port(hdr)->rate_gbps = 0;
    assert_string_equal(judged(hdr, NULL, NULL), "fit");
}

static void only_what_was_asked_for_is_judged(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = copy_of(machine_of("hb120v3-ubuntu2204")->facts);
    struct decide_want want = {.driver = FLEET_DRIVER_INBOX};

    (void)state;
    be_down(fabric_port(f));
    assert_true(says(judged(f, NULL, &want), "port-down"));
    want.remove = true;
    assert_string_equal(judged(f, NULL, &want), "fit");
    want = (struct decide_want){.driver = FLEET_DRIVER_NONE};
    assert_string_equal(judged(f, NULL, &want), "fit");
    want.back = true;
    assert_true(says(judged(f, NULL, &want), "port-down"));
}

/* ---- of no size that is known --------------------------------------------------------------- */

static struct facts *onprem(void)
{
    return copy_of(machine_of("onprem-rocky810")->facts);
}

/* The default partition is one; a port without a cable is nobody's fault. */
static void elsewhere_no_cable_and_the_default_partition_are_fine(void **state)
{
    CLEANUP(facts_done) struct facts *f = onprem();

    (void)state;
    have_default_pkeys(fabric_port(f));
    assert_string_equal(judged(f, NULL, NULL), "fit");
    be_down(fabric_port(f));
    assert_string_equal(judged(f, NULL, NULL), "fit");
}

static void elsewhere_a_link_that_is_up_has_to_become_active(void **state)
{
    CLEANUP(facts_done) struct facts *f = onprem();

    (void)state;
    be_waiting(fabric_port(f));
    assert_true(says(judged(f, NULL, NULL), "port-down: mlx5_ib0 port 1: it is INIT"));
}

static void what_did_its_work_before_has_to_do_it_again(void **state)
{
    CLEANUP(facts_done) struct facts *before = onprem();
    CLEANUP(facts_done) struct facts *f = onprem();
    struct facts_hca gone;

    (void)state;
    set(&f->hcas[0].name, "ibp1s0"); /* by another driver */
    assert_string_equal(judged(f, before, NULL), "fit");
    be_slow(fabric_port(f));
    assert_true(says(judged(f, before, NULL),
                     "verify-failed: ibp1s0 port 1: 100 Gb/s (2X HALF), it had 200"));
    be_down(fabric_port(f));
    assert_true(
        says(judged(f, before, NULL), "and should be ACTIVE (LinkUp), as it was"));
    gone = take_out(f, 0);
    assert_true(says(judged(f, before, NULL), "no-hca: mlx5_ib0 ("));
    be_down(fabric_port(before));
    assert_string_equal(judged(f, before, NULL), "nothing");
    put_back(f, &gone);
    assert_string_equal(judged(f, before, NULL), "fit");
}

static struct facts *soft_roce(void)
{
    struct facts *f = NULL;

    assert_int_equal(detect("tests/data/trees/soft-roce", &f, NULL), 0);
    return f;
}

static void soft_roce_has_to_be_there_where_it_was_asked_for(void **state)
{
    CLEANUP(facts_done) struct facts *f = soft_roce();
    struct decide_want want = {.driver = FLEET_DRIVER_INBOX};
    char other[] = "eth9";

    (void)state;
    want.rxe = f->hcas[0].netdev;
    assert_string_equal(judged(f, NULL, &want), "nothing");
    set(&f->hcas[0].ports[0].state, "DOWN");
    assert_true(says(judged(f, NULL, &want), "port-down: rxe0 port 1: it is DOWN"));
    want.rxe = other;
    assert_string_equal(judged(f, NULL, &want),
                        "no-hca: no Soft-RoCE device is on eth9, and should be");
}

/* It is for where there is no HCA, not for where one is missing. */
static void soft_roce_does_not_stand_for_what_a_size_has(void **state)
{
    CLEANUP(facts_done) struct facts *f = soft_roce();
    struct decide_want want = {.driver = FLEET_DRIVER_INBOX, .rxe = f->hcas[0].netdev};

    (void)state;
    f->size = strdup("Standard_HB176rs_v4");
    assert_string_equal(judged(f, NULL, &want),
                        "no-hca: 0 of 1 HCAs that HB176rs_v4 has");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_judged_as_expected),
        cmocka_unit_test(every_fault_of_the_last_port_of_every_size_is_found),
        cmocka_unit_test(an_hca_that_is_missing_is_counted_on_every_size),
        cmocka_unit_test(accelerated_networking_is_not_judged),
        cmocka_unit_test(a_kernel_that_does_not_know_a_speed_is_not_taken_at_its_word),
        cmocka_unit_test(only_what_was_asked_for_is_judged),
        cmocka_unit_test(elsewhere_no_cable_and_the_default_partition_are_fine),
        cmocka_unit_test(elsewhere_a_link_that_is_up_has_to_become_active),
        cmocka_unit_test(what_did_its_work_before_has_to_do_it_again),
        cmocka_unit_test(soft_roce_has_to_be_there_where_it_was_asked_for),
        cmocka_unit_test(soft_roce_does_not_stand_for_what_a_size_has),
    };

    return cmocka_run_group_tests(tests, read_machines, forget_machines);
}
