#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* A node as it might be: the fixture of all tests.  Every list has an element. */
static const char *const node =
    "{\"schema\":1,\"hostname\":\"ib1\",\"boot_id\":\"b-1\",\"hypervisor\":\"microsoft\","
    "\"size\":null,\"physical_host\":\"HOST7\",\"cpus\":4,\"memory_bytes\":"
    "\"8589934592\","
    "\"memlock_bytes\":\"18446744073709551615\",\"free_bytes\":\"1024\",\"uid\":0,"
    "\"os\":{\"id\":\"debian\",\"id_like\":null,\"version_id\":\"12\","
    "\"pretty\":\"Debian 12\",\"kernel\":\"6.1.0\",\"machine\":\"x86_64\","
    "\"packages\":\"apt\",\"systemd\":true},"
    "\"pci\":[{\"address\":\"0101:00:00.0\",\"vendor\":\"0x15b3\",\"device\":\"0x101e\","
    "\"class_code\":\"0x020700\",\"driver\":\"mlx5_core\",\"numa\":-1}],"
    "\"netdevs\":[{\"name\":\"ib0\",\"driver\":null,\"mtu\":2044,\"up\":true}],"
    "\"hcas\":[{\"name\":\"mlx5_ib0\",\"driver\":\"mlx5_core\",\"firmware\":\"20.28\","
    "\"board_id\":null,\"node_guid\":\"0015:5dff:fe33:ff3e\",\"pci\":\"0101:00:00.0\","
    "\"netdev\":\"ib0\",\"numa\":0,\"ports\":[{\"number\":1,"
    "\"link_layer\":\"InfiniBand\",\"state\":\"ACTIVE\",\"phys_state\":\"LinkUp\","
    "\"rate_gbps\":200,\"width\":\"4X HDR\",\"active_mtu\":-1,\"lid\":1028,\"sm_lid\":1,"
    "\"pkeys\":[\"0x8001\",\"0x7fff\"],\"gids\":[{\"index\":0,"
    "\"gid\":\"fe80:0000:0000:0000:0015:5dff:fe33:ff3e\",\"type\":\"IB/RoCE v1\"}]}]}],"
    "\"modules\":[\"ib_core\"],\"modules_available\":[\"ib_core\",\"rdma_rxe\"],"
    "\"packages\":[{\"name\":\"rdma-core\",\"version\":\"44.0-2\"}],"
    "\"rxe_kept\":null,\"memlock_kept\":false,"
    "\"azure\":{\"metadata\":\"ok\",\"metadata_detail\":null,\"events_asked\":\"ok\","
    "\"events_detail\":null,\"name\":\"hb_0\",\"location\":\"westus\",\"zone\":null,"
    "\"publisher\":null,\"offer\":null,\"sku\":null,\"image_version\":null,"
    "\"os_type\":null,\"environment\":null,\"security_type\":null,"
    "\"secure_boot\":true,\"scale_set\":null,\"placement_group\":null,"
    "\"vm_id\":null,\"resource_id\":null,\"refused\":[\"zone\"],\"events\":[{"
    "\"id\":\"A\",\"type\":\"Reboot\",\"status\":null,\"not_before\":null,"
    "\"source\":null,\"duration_s\":-1}]}}";

/* The fixture with one piece of its text replaced. */
static char *node_with(const char *old, const char *new)
{
    const char *hit = strstr(node, old);
    char *text = malloc(strlen(node) + strlen(new) + 1);

    assert_non_null(hit);
    memcpy(text, node, (size_t)(hit - node));
    strcpy(text + (hit - node), new);
    strcat(text, hit + strlen(old));
    return text;
}

static int decode(const char *text, struct facts **f, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, why), 0);
    return facts_decode(doc, f, why);
}

static struct facts *facts_of(const char *old, const char *new)
{
    CLEANUP(text_done) char *text = node_with(old, new);
    struct facts *f = NULL;
    struct fail why;

    assert_int_equal(decode(text, &f, &why), 0);
    return f;
}

static void refused(const char *old, const char *new, const char *because)
{
    CLEANUP(text_done) char *text = node_with(old, new);
    struct facts *f = NULL;
    struct fail why = {0};

    assert_int_equal(decode(text, &f, &why), -1);
    assert_null(f);
    assert_int_equal(why.code, FAIL_GARBAGE);
    if (!strstr(why.text, because))
        fail_msg("'%s' does not say '%s'", why.text, because);
}

static void facts_survive_the_wire(void **state)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    CLEANUP(facts_done) struct facts *again = NULL;
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(json_done) struct json *twice = NULL;
    CLEANUP(text_done) char *one = NULL;
    CLEANUP(text_done) char *two = NULL;
    struct fail why;

    (void)state;
    assert_int_equal(decode(node, &f, &why), 0);
    assert_int_equal(f->memlock_bytes, UINT64_MAX);
    assert_int_equal(f->pci[0].class_code, 0x020700);
    assert_int_equal(f->pci[0].numa, FACTS_UNKNOWN);
    assert_int_equal(f->hcas[0].ports[0].pkeys[1], 0x7fff);
    assert_null(f->hcas[0].board_id);
    assert_string_equal(f->modules_available[1], "rdma_rxe");
    assert_int_equal(f->azure->secure_boot, 1);
    assert_string_equal(f->azure->events[0].type, "Reboot");
    doc = facts_encode(f);
    assert_int_equal(facts_decode(doc, &again, &why), 0);
    twice = facts_encode(again);
    one = json_print(doc);
    two = json_print(twice);
    assert_string_equal(one, two);
}

static void every_bad_field_is_named(void **state)
{
    (void)state;
    refused("\"schema\":1", "\"schema\":2", "schema");
    refused("\"hostname\":\"ib1\",", "", "hostname");
    refused("\"hostname\":\"ib1\"", "\"hostname\":7", "hostname");
    refused("\"cpus\":4", "\"cpus\":-2", "cpus");
    refused("\"8589934592\"", "\"many\"", "memory_bytes");
    refused("\"systemd\":true", "\"systemd\":1", "os: ");
    refused("\"0x15b3\"", "\"0x115b3\"", "pci 0: 'vendor'");
    refused("\"0x101e\"", "\"4126\"", "pci 0: 'device'");
    refused("\"0x020700\"", "\"0x-1\"", "pci 0: 'class_code'");
    refused("\"mtu\":2044", "\"mtu\":1e99", "netdevs 0: ");
    refused("\"number\":1", "\"number\":0", "hcas 0: ports 0: ");
    refused("\"0x7fff\"", "3", "pkeys 1: 'pkeys'");
    refused("\"index\":0", "\"index\":-1", "gids 0: ");
    refused("[\"ib_core\"]", "[null]", "modules 0: ");
    refused("\"azure\":{", "\"azure\":7,\"x\":{", "azure");
    refused("\"metadata\":\"ok\"", "\"metadata\":null", "azure: ");
    refused("\"secure_boot\":true", "\"secure_boot\":\"on\"", "azure: ");
    refused("\"duration_s\":-1", "\"duration_s\":-2", "azure: events 0: ");
    refused("\"memlock_kept\":false", "\"memlock_kept\":null", "memlock_kept");
}

/* Those that an older agent sent, or that were stored by an older controller. */
static void facts_of_before_azure_was_asked_are_still_read(void **state)
{
    CLEANUP(facts_done)
    struct facts *missing = facts_of("\"azure\":{", "\"of_old\":{");
    CLEANUP(facts_done)
    struct facts *null = facts_of("\"azure\":{", "\"azure\":null,\"x\":{");
    CLEANUP(facts_done)
    struct facts *unsure = facts_of("\"secure_boot\":true", "\"secure_boot\":null");

    (void)state;
    assert_null(missing->azure);
    assert_null(null->azure);
    assert_int_equal(unsure->azure->secure_boot, FACTS_UNKNOWN);
}

static void a_list_past_its_ceiling_is_refused(void **state)
{
    char list[FACTS_MAX_MODULES * 8] = "[";

    (void)state;
    for (int i = 0; i <= FACTS_MAX_MODULES; i++)
        strcat(list, i ? ",\"m\"" : "\"m\"");
    strcat(list, "]");
    refused("[\"ib_core\"]", list, "'modules' has 257 elements");
}

static void a_text_past_its_ceiling_is_refused(void **state)
{
    char text[1100];

    (void)state;
    memset(text, 'x', sizeof text);
    text[0] = '"';
    strcpy(text + sizeof text - 2, "\"");
    refused("\"Debian 12\"", text, "'pretty' is too long");
}

static void modules_and_packages_are_looked_up(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("ib1", "ib2");

    (void)state;
    assert_true(facts_have_module(f, "ib_core"));
    assert_false(facts_have_module(f, "rdma_rxe"));
    assert_true(facts_can_load(f, "rdma_rxe"));
    assert_false(facts_can_load(f, "rdma"));
    assert_string_equal(facts_package_version(f, "rdma-core"), "44.0-2");
    assert_null(facts_package_version(f, "perftest"));
}

static void an_infiniband_port_measures(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("\"ACTIVE\"", "\"DOWN\"");
    const struct facts_port *port = NULL;

    (void)state;
    assert_string_equal(facts_best_hca(f, &port)->name, "mlx5_ib0");
    assert_int_equal(port->number, 1);
}

static void azures_accelerated_networking_never_measures(void **state)
{
    CLEANUP(facts_done) struct facts *azure = facts_of("\"InfiniBand\"", "\"Ethernet\"");
    CLEANUP(facts_done) struct facts *other = facts_of("\"InfiniBand\"", "\"Ethernet\"");
    const struct facts_port *port = NULL;

    (void)state;
    assert_null(facts_best_hca(azure, &port));
    free(other->hypervisor);
    other->hypervisor = strdup("kvm");
    assert_string_equal(facts_best_hca(other, &port)->name, "mlx5_ib0");
}

static void soft_roce_measures_when_there_is_nothing_better(void **state)
{
    CLEANUP(facts_done)
    struct facts *f = facts_of("\"name\":\"mlx5_ib0\",\"driver\":\"mlx5_core\"",
                               "\"name\":\"rxe0\",\"driver\":\"rxe\"");
    const struct facts_port *port = NULL;

    (void)state;
    free(f->hcas[0].ports[0].link_layer);
    f->hcas[0].ports[0].link_layer = strdup("Ethernet");
    assert_string_equal(facts_best_hca(f, &port)->name, "rxe0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_survive_the_wire),
        cmocka_unit_test(every_bad_field_is_named),
        cmocka_unit_test(facts_of_before_azure_was_asked_are_still_read),
        cmocka_unit_test(a_list_past_its_ceiling_is_refused),
        cmocka_unit_test(a_text_past_its_ceiling_is_refused),
        cmocka_unit_test(modules_and_packages_are_looked_up),
        cmocka_unit_test(an_infiniband_port_measures),
        cmocka_unit_test(azures_accelerated_networking_never_measures),
        cmocka_unit_test(soft_roce_measures_when_there_is_nothing_better),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
