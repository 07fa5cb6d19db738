#include "tests/fake/decide_node.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/catalog.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

static struct catalog *catalog;

int node_catalog_read(void **state)
{
    struct fail why;

    (void)state;
    return catalog_builtin(&catalog, &why);
}

int node_catalog_free(void **state)
{
    (void)state;
    catalog_free(catalog);
    return 0;
}

struct decide_want node_want(enum fleet_driver driver, const char *version)
{
    return (struct decide_want){.driver = driver,
                                .driver_version = version,
                                .catalog = catalog,
                                .hold = FLEET_HOLD_NOTHING};
}

/* ---- nodes ---------------------------------------------------------------------------- */

void node_set(char **field, const char *text)
{
    free(*field);
    *field = text ? strdup(text) : NULL;
}

void *node_grow(void *list, size_t *count, size_t size)
{
    char *grown = realloc(list, (*count + 1) * size);

    assert_non_null(grown);
    memset(grown + *count * size, 0, size);
    ++*count;
    return grown;
}

void node_add_name(char ***list, size_t *count, const char *name)
{
    *list = node_grow(*list, count, sizeof **list);
    (*list)[*count - 1] = strdup(name);
}

void node_add_package(struct facts *f, const char *name)
{
    f->packages = node_grow(f->packages, &f->package_count, sizeof *f->packages);
    node_set(&f->packages[f->package_count - 1].name, name);
    node_set(&f->packages[f->package_count - 1].version, "1.0");
}

void node_add_dkms(struct facts *f, const char *module, const char *version,
                   const char *state)
{
    struct facts_platform *on = &f->platform;
    struct platform_dkms *entry;

    on->dkms = node_grow(on->dkms, &on->dkms_count, sizeof *on->dkms);
    entry = &on->dkms[on->dkms_count - 1];
    node_set(&entry->module, module);
    node_set(&entry->version, version);
    node_set(&entry->state, state);
}

void node_add_holder(struct facts *f, const char *kind, const char *what)
{
    struct facts_platform *on = &f->platform;

    on->holders = node_grow(on->holders, &on->holder_count, sizeof *on->holders);
    node_set(&on->holders[on->holder_count - 1].kind, kind);
    node_set(&on->holders[on->holder_count - 1].what, what);
}

void node_add_nic(struct facts *f, const char *pci, const char *family, const char *role)
{
    struct facts_platform *on = &f->platform;

    on->nics = node_grow(on->nics, &on->nic_count, sizeof *on->nics);
    node_set(&on->nics[on->nic_count - 1].pci, pci);
    node_set(&on->nics[on->nic_count - 1].family, family);
    node_set(&on->nics[on->nic_count - 1].role, role);
}

void node_add_event(struct facts *f, const char *type, const char *not_before)
{
    struct facts_azure *a = f->azure;

    a->events = node_grow(a->events, &a->event_count, sizeof *a->events);
    node_set(&a->events[a->event_count - 1].id, "1");
    node_set(&a->events[a->event_count - 1].type, type);
    node_set(&a->events[a->event_count - 1].not_before, not_before);
}

void node_add_ipoib(struct facts *f, const char *mac, const char *address)
{
    struct facts_platform *on = &f->platform;

    on->ipoib = node_grow(on->ipoib, &on->ipoib_count, sizeof *on->ipoib);
    node_set(&on->ipoib[on->ipoib_count - 1].mac, mac);
    node_set(&on->ipoib[on->ipoib_count - 1].address, address);
}

void node_set_driver(struct facts *f, const char *driver, const char *version)
{
    node_set(&f->platform.driver, driver);
    node_set(&f->platform.driver_version, version);
}

void node_add_hca(struct facts *f, const char *pci)
{
    struct facts_hca *hca;

    f->hcas = node_grow(f->hcas, &f->hca_count, sizeof *f->hcas);
    hca = &f->hcas[f->hca_count - 1];
    node_set(&hca->name, "mlx5_ib0");
    node_set(&hca->driver, "mlx5_core");
    node_set(&hca->pci, pci);
    hca->ports = node_grow(NULL, &hca->port_count, sizeof *hca->ports);
    hca->ports[0].number = 1;
    node_set(&hca->ports[0].link_layer, "InfiniBand");
    node_set(&hca->ports[0].state, "ACTIVE");
    node_set(&hca->ports[0].phys_state, "LinkUp");
}

void node_add_function(struct facts *f, uint16_t device, const char *family)
{
    struct facts_pci *pci;

    f->pci = node_grow(f->pci, &f->pci_count, sizeof *f->pci);
    pci = &f->pci[f->pci_count - 1];
    pci->vendor = 0x15b3;
    pci->device = device;
    pci->class_code = 0x020700;
    node_set(&pci->address, "0101:00:00.0");
    node_add_nic(f, "0101:00:00.0", family, "rdma");
}

static const char *const modules[] = {"mlx5_ib", "ib_uverbs", "rdma_ucm", "ib_umad",
                                      "ib_ipoib"};

/* Azure, Ubuntu 22.04, no NIC yet. */
struct facts *node_machine(const char *size)
{
    struct facts *f = facts_new();

    assert_non_null(f);
    node_set(&f->os.id, "ubuntu");
    node_set(&f->os.version_id, "22.04");
    node_set(&f->os.pretty, "Ubuntu 22.04 LTS");
    node_set(&f->os.kernel, NODE_KERNEL);
    node_set(&f->os.machine, "x86_64");
    node_set(&f->os.packages, "apt");
    node_set(&f->hypervisor, "microsoft");
    node_set(&f->size, size);
    node_set(&f->platform.headers, "present");
    node_set(&f->platform.driver, "inbox");
    node_set(&f->platform.driver_module, "kernel/drivers/infiniband/hw/mlx5/mlx5_ib.ko");
    f->platform.vmbus = f->platform.pass_through = f->platform.azure = true;
    f->azure = calloc(1, sizeof *f->azure);
    f->memlock_bytes = UINT64_MAX;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        node_add_name(&f->modules, &f->module_count, modules[i]);
    return f;
}

/* An HBv4 as it comes from the store, with the kernel's own driver at work. */
struct facts *node_hbv4(void)
{
    struct facts *f = node_machine("Standard_HB176rs_v4");

    node_add_function(f, 0x101e, "ConnectX-7");
    node_add_hca(f, "0101:00:00.0");
    return f;
}

/* An HPC image of it. */
struct facts *node_hbv4_image(void)
{
    struct facts *f = node_hbv4();

    node_set_driver(f, "doca-ofed", "3.2.1-044000");
    node_set(&f->platform.driver_module, "updates/dkms/mlx5_ib.ko");
    node_set(&f->platform.image_driver, "3.2.1");
    node_add_dkms(f, "mlnx-ofed-kernel", "25.10", "installed");
    node_add_dkms(f, "iser", "25.10", "installed");
    node_add_dkms(f, "nvidia", "570", "failed"); /* no concern of ours */
    return f;
}

/* ---- asking ----------------------------------------------------------------------------- */

/* "VERDICT[ code]: summary", freed by the next call. */
const char *node_judge(const struct facts *f, const struct decide_want *want)
{
    static const char *const verdicts[] = {"fine", "steps", "refused"};
    static char text[1024];
    CLEANUP(decision_clear) struct decision d = {0};
    CLEANUP(text_done) char *summary = NULL;
    struct fail why;

    assert_int_equal(decide(f, want, &d, &why), 0);
    summary = decision_summary(&d);
    snprintf(text, sizeof text, "%s%s%s: %s", verdicts[d.verdict],
             d.refusal.code ? " " : "",
             d.refusal.code ? fail_code_name(d.refusal.code) : "", summary);
    return text;
}

const char *node_judge_as(const struct facts *f, enum fleet_driver driver,
                          const char *version)
{
    struct decide_want want = node_want(driver, version);

    return node_judge(f, &want);
}

const char *node_judge_auto(const struct facts *f)
{
    return node_judge_as(f, FLEET_DRIVER_AUTO, NULL);
}

bool node_says(const char *text, const char *words)
{
    if (strstr(text, words))
        return true;
    print_error("%s\nlacks %s\n", text, words);
    return false;
}

struct decision node_decide(const struct facts *f, const struct decide_want *want)
{
    struct decision d = {0};
    struct fail why;

    assert_int_equal(decide(f, want, &d, &why), 0);
    return d;
}

const struct step *node_find_step(const struct decision *d, enum step_verb verb)
{
    for (size_t i = 0; i < d->steps.count; i++)
        if (d->steps.list[i].verb == verb)
            return &d->steps.list[i];
    return NULL;
}
