/* fakes: decide_node */
/* Whatever a node is and whatever is wanted of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/decide_node.h"

/* ---- properties ---------------------------------------------------------------------------------- */

static const char *any(unsigned *seed, const char *const *list, int count)
{
    return list[rand_r(seed) % count];
}

/* Any system, any driver, whole or not, anything in the way. */
static struct facts *any_node(unsigned *seed)
{
    static const char *const ids[] = {"ubuntu", "almalinux", "rhel", "sles",
                                      "azurelinux"};
    static const char *const managers[] = {"apt", "dnf", "yum", "zypper", "tdnf"};
    static const char *const versions[] = {"22.04", "24.04", "18.04", "8.10",
                                           "9.4",   "7.9",   "15.5",  "3.0"};
    static const char *const families[] = {"ConnectX-3 Pro", "ConnectX-5", "ConnectX-7",
                                           NULL};
    static const char *const drivers[] = {"inbox", "doca-ofed", "mlnx-ofed", "none"};
    static const char *const found[] = {
        "3.2.1-044000",  "25.10-1.2.8", "5.4-1.0.3.0", "4.9-6.0.6.0",
        "24.01-0.3.3.1", "1~rc1/2",     NULL};
    static const char *const states[] = {"installed", "added", "failed", "built"};
    static const char *const headers[] = {"present", "offered", "missing", NULL};
    static const char *const earlier[] = {"inbox", "mlnx-ofed 24.01-0.3.3.1", NULL};
    struct facts *f = node_hbv4();

    node_set(&f->os.id, any(seed, ids, 5));
    node_set(&f->os.packages, any(seed, managers, 5));
    node_set(&f->os.version_id, any(seed, versions, 8));
    node_set(&f->platform.nics[0].family, any(seed, families, 4));
    node_set_driver(f, any(seed, drivers, 4), any(seed, found, 7));
    if (rand_r(seed) % 2)
        node_set(&f->platform.driver_module, "extra/mlnx-ofa_kernel/mlx5_ib.ko");
    for (int i = rand_r(seed) % 3; i > 0; i--)
        node_add_dkms(f, i == 1 ? "mlnx-ofed-kernel" : "srp", "1", any(seed, states, 4));
    node_set(&f->platform.headers, any(seed, headers, 4));
    node_set(&f->platform.earlier, any(seed, earlier, 3));
    f->memlock_bytes = rand_r(seed) % 2 ? UINT64_MAX : 65536;
    if (rand_r(seed) % 2)
        node_add_ipoib(f, "00:15:5d:33:ff:10", "172.16.1.2");
    if (rand_r(seed) % 8 == 0)
        node_add_holder(f, "nfs", "/data");
    if (rand_r(seed) % 8 == 0)
        node_add_event(f, "Reboot", NULL);
    if (rand_r(seed) % 8 == 0)
        node_add_nic(f, "7870:00:00.0", "MANA", "ethernet");
    return f;
}

static struct decide_want any_want(unsigned *seed)
{
    struct decide_want want =
        node_want((enum fleet_driver)(rand_r(seed) % (FLEET_DRIVER_NONE + 1)), NULL);

    want.reboot = (enum fleet_reboot)(rand_r(seed) % 3);
    want.hold = (enum fleet_hold)(rand_r(seed) % 3);
    want.ipoib = rand_r(seed) % 2;
    want.names = rand_r(seed) % 2;
    want.remove = rand_r(seed) % 8 == 0;
    want.back = !want.remove && rand_r(seed) % 8 == 0;
    return want;
}

static void build_all(struct facts_platform *on)
{
    for (size_t i = 0; i < on->dkms_count; i++)
        node_set(&on->dkms[i].state, "installed");
}

static void forget_driver(struct facts *f)
{
    node_set_driver(f, "inbox", NULL);
    node_set(&f->platform.driver_module, "kernel/drivers/mlx5_ib.ko");
    build_all(&f->platform);
}

/* What an agent that does its work makes of the node. */
static void take(struct facts *f, const struct step *step)
{
    struct facts_platform *on = &f->platform;

    switch (step->verb) {
    case STEP_DROP:
        forget_driver(f);
        break;
    case STEP_PACKAGES:
        for (size_t i = 0; i < step->arg_count; i++)
            node_add_package(f, step->args[i]);
        break;
    case STEP_DRIVER:
        node_set_driver(f, step->args[0], step->args[1]);
        node_set(&on->driver_module, "extra/mlnx-ofa_kernel/mlx5_ib.ko");
        build_all(on); /* its installer does, too */
        break;
    case STEP_DKMS:
        build_all(on);
        break;
    case STEP_MODULES:
        for (size_t i = 0; i < step->arg_count; i++)
            node_add_name(&f->modules, &f->module_count, step->args[i]);
        break;
    case STEP_NAMES:
        on->names_kept = true;
        break;
    case STEP_MEMLOCK:
        f->memlock_kept = true;
        break;
    case STEP_IPOIB:
        on->ipoib[0].kept = true;
        break;
    case STEP_HOLD:
        node_set(&on->held, step->arg_count == 2 ? "driver kernel" : step->args[0]);
        break;
    default:
        break;
    }
}

/* The agent refuses what is not written as steps are. */
static void assert_acceptable(const struct decision *d)
{
    CLEANUP(json_done) struct json *list = steps_encode(&d->steps);
    struct steps back = {0};
    struct fail why = {0};

    if (steps_decode(list, &back, &why) < 0)
        fail_msg("%s", why.text);
    assert_int_equal(back.count, d->steps.count);
    steps_clear(&back);
}

static void after_all_steps_a_node_is_up_to_date(void **state)
{
    unsigned seed = 1;
    size_t taken = 0, refused = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        CLEANUP(facts_done) struct facts *f = any_node(&seed);
        struct decide_want want = any_want(&seed);
        CLEANUP(decision_clear) struct decision d = node_decide(f, &want);

        assert_acceptable(&d);
        assert_int_equal(d.verdict == DECIDE_STEPS, d.steps.count > 0);
        assert_true(d.verdict == DECIDE_STEPS || !d.reboot);
        assert_int_equal(d.verdict == DECIDE_REFUSE, d.refusal.code != FAIL_NONE);
        refused += d.verdict == DECIDE_REFUSE;
        if (d.verdict != DECIDE_STEPS)
            continue;
        taken++;
        for (size_t s = 0; s < d.steps.count; s++)
            take(f, &d.steps.list[s]);
        assert_string_equal(node_judge(f, &want), "fine: up to date");
    }
    assert_true(taken > 2000 && refused > 2000);
}

/* A driver changes only where nothing speaks against it. */
static void nothing_is_changed_against_an_objection(void **state)
{
    unsigned seed = 2;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        CLEANUP(facts_done) struct facts *f = any_node(&seed);
        struct decide_want want = any_want(&seed);
        CLEANUP(decision_clear) struct decision d = node_decide(f, &want);
        bool changes = node_find_step(&d, STEP_DROP) || node_find_step(&d, STEP_DRIVER) ||
                       node_find_step(&d, STEP_DKMS);

        if (!changes)
            continue;
        assert_int_equal(f->platform.holder_count, 0);
        assert_int_equal(f->azure->event_count, 0);
        if (node_find_step(&d, STEP_DRIVER) || node_find_step(&d, STEP_DKMS))
            assert_true(!f->platform.headers ||
                        strcmp(f->platform.headers, "missing") != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_all_steps_a_node_is_up_to_date),
        cmocka_unit_test(nothing_is_changed_against_an_objection),
    };

    return cmocka_run_group_tests(tests, node_catalog_read, node_catalog_free);
}
