#include "inventory/decide.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/nic.h"
#include "protocol/facts.h"

#define PCI_CLASS_NETWORK 0x02
#define LIST_MAX          8

/* What one package manager's distributions call the inbox stack.  Debian's
 * rdma-core only recommends the providers, and without them nothing works.
 */
static const struct {
    const char *manager;
    const char *names[LIST_MAX];
} stacks[] = {
    {"apt", {"rdma-core", "ibverbs-providers"}},
    {"dnf", {"rdma-core", "libibverbs"}},
};

/* The first list whose device is there is the one. */
static const char *const modules_mlx5_ib[] = {"mlx5_ib", "ib_uverbs", "rdma_ucm",
                                              "ib_umad", "ib_ipoib",  NULL};
static const char *const modules_mlx5_roce[] = {"mlx5_ib", "ib_uverbs", "rdma_ucm", NULL};
static const char *const modules_mlx4_ib[] = {"mlx4_ib", "ib_uverbs", "rdma_ucm",
                                              "ib_umad", "ib_ipoib",  NULL};
static const char *const modules_rxe[] = {"rdma_rxe", "ib_uverbs", NULL};

/* ---- what is there --------------------------------------------------------- */

static bool text_is(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

static bool is_rdma(const struct facts_pci *pci)
{
    return nic_role_of(pci->class_code, pci->device) == NIC_RDMA;
}

/* Of the driver mlx4, whether it is bound yet or not. */
static bool is_connectx3(const struct facts_pci *pci)
{
    struct nic_clues clues = {.device = pci->device};
    enum nic_family family = nic_family_of(&clues);

    return family == NIC_CONNECTX_3 || family == NIC_CONNECTX_3_PRO;
}

/* On Azure an Ethernet function is Accelerated Networking, not the fabric. */
static bool is_hca(const struct facts *f, const struct facts_pci *pci)
{
    if (pci->vendor != NIC_VENDOR)
        return false;
    if (is_rdma(pci))
        return true;
    return pci->class_code >> 16 == PCI_CLASS_NETWORK &&
           !text_is(f->hypervisor, "microsoft");
}

/* The InfiniBand one, when there are several. */
static const struct facts_pci *find_hca(const struct facts *f)
{
    const struct facts_pci *found = NULL;

    for (size_t i = 0; i < f->pci_count; i++) {
        if (!is_hca(f, &f->pci[i]))
            continue;
        if (is_rdma(&f->pci[i]))
            return &f->pci[i];
        if (!found)
            found = &f->pci[i];
    }
    return found;
}

static const struct facts_netdev *find_netdev(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->netdev_count; i++)
        if (text_is(f->netdevs[i].name, name))
            return &f->netdevs[i];
    return NULL;
}

static const struct facts_hca *find_rxe(const struct facts *f, const char *netdev)
{
    for (size_t i = 0; i < f->hca_count; i++)
        if (text_is(f->hcas[i].driver, "rxe") && text_is(f->hcas[i].netdev, netdev))
            return &f->hcas[i];
    return NULL;
}

static const char *const *modules_for(const struct facts_pci *hca)
{
    if (!hca)
        return modules_rxe;
    if (text_is(hca->driver, "mlx4_core") || is_connectx3(hca))
        return modules_mlx4_ib;
    return is_rdma(hca) ? modules_mlx5_ib : modules_mlx5_roce;
}

/* ---- refusing --------------------------------------------------------------- */

/* Returns 0: a refusal is a result, not a failure. */
static int refuse(struct decision *d, enum fail_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct decision *d, enum fail_code code, const char *fmt, ...)
{
    char text[sizeof d->refusal.text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    steps_clear(&d->steps);
    d->verdict = DECIDE_REFUSE;
    fail_set(&d->refusal, code, "%s", text);
    return 0;
}

static const char *or_unknown(const char *text)
{
    return text ? text : "unknown";
}

/* Where a distribution keeps the modules that its smallest kernel leaves out. */
static void advise_module(const struct facts *f, char *advice, size_t size)
{
    const char *kernel = or_unknown(f->os.kernel);

    if (text_is(f->os.id, "ubuntu"))
        snprintf(advice, size, "install linux-modules-extra-%s", kernel);
    else if (strstr(kernel, "cloud"))
        snprintf(advice, size, "Debian's cloud kernel has none; boot linux-image-amd64");
    else if (text_is(f->os.packages, "dnf"))
        snprintf(advice, size, "install kernel-modules-extra-%s", kernel);
    else
        snprintf(advice, size, "boot a kernel that has it");
}

static int refuse_module(const struct facts *f, const char *module, struct decision *d)
{
    char advice[160];

    advise_module(f, advice, sizeof advice);
    return refuse(d, FAIL_MODULE, "no module %s for kernel %s: %s", module,
                  or_unknown(f->os.kernel), advice);
}

/* Is there anything that we could bring up?  Leaves d alone when there is. */
static int check_device(const struct facts *f, const struct decide_want *want,
                        const struct facts_pci *hca, struct decision *d)
{
    const struct facts_netdev *netdev;

    if (hca)
        return 0;
    if (!want->rxe)
        return refuse(d, FAIL_NO_HCA, "%s%s has no RDMA device and no rxe is wanted",
                      f->size ? "size " : "this node", f->size ? f->size : "");
    netdev = find_netdev(f, want->rxe);
    if (!netdev)
        return refuse(d, FAIL_UNSUPPORTED, "rxe = %s: no such interface", want->rxe);
    if (!netdev->up)
        return refuse(d, FAIL_PORT_DOWN, "rxe = %s: the interface is down", want->rxe);
    return 0;
}

/* All is installed: is there a port that works? */
static int check_port(const struct facts *f, const struct decide_want *want,
                      const struct facts_pci *hca, struct decision *d)
{
    const struct facts_port *port = NULL;
    const struct facts_hca *found =
        hca ? facts_best_hca(f, &port) : find_rxe(f, want->rxe);

    if (found && !port && found->port_count)
        port = &found->ports[0];
    if (!found || !port)
        return refuse(d, FAIL_NO_HCA, "the driver is loaded but no device works");
    if (!text_is(port->state, "ACTIVE"))
        return refuse(d, FAIL_PORT_DOWN, "port %d of %s is %s (%s)", port->number,
                      or_unknown(found->name), or_unknown(port->state),
                      or_unknown(port->phys_state));
    return 0;
}

/* ---- steps ------------------------------------------------------------------- */

static int add_packages(const struct facts *f, struct decision *d, struct fail *why)
{
    const char *missing[LIST_MAX];
    size_t count = 0;

    for (size_t s = 0; s < sizeof stacks / sizeof *stacks; s++) {
        if (!text_is(f->os.packages, stacks[s].manager))
            continue;
        for (const char *const *name = stacks[s].names; *name; name++)
            if (!facts_package_version(f, *name))
                missing[count++] = *name;
        return count ? steps_add(&d->steps, STEP_PACKAGES, missing, count, why) : 0;
    }
    return refuse(d, FAIL_UNSUPPORTED, "%s: no way to install packages with %s",
                  f->os.pretty ? f->os.pretty : or_unknown(f->os.id),
                  f->os.packages ? f->os.packages : "neither apt nor dnf there");
}

static int add_modules(const struct facts *f, const char *const *modules,
                       struct decision *d, struct fail *why)
{
    const char *missing[LIST_MAX];
    size_t count = 0;

    for (; *modules; modules++) {
        if (!facts_can_load(f, *modules))
            return refuse_module(f, *modules, d);
        if (!facts_have_module(f, *modules))
            missing[count++] = *modules;
    }
    return count ? steps_add(&d->steps, STEP_MODULES, missing, count, why) : 0;
}

static int add_rxe(const struct facts *f, const char *netdev, struct decision *d,
                   struct fail *why)
{
    if (find_rxe(f, netdev) && text_is(f->rxe_kept, netdev))
        return 0;
    return steps_add(&d->steps, STEP_RXE, &netdev, 1, why);
}

static int add_memlock(const struct facts *f, struct decision *d, struct fail *why)
{
    if (f->memlock_kept || f->memlock_bytes == UINT64_MAX)
        return 0;
    return steps_add(&d->steps, STEP_MEMLOCK, NULL, 0, why);
}

/* In the order in which they are to be taken; stops where one is refused. */
static int add_steps(const struct facts *f, const struct decide_want *want,
                     const struct facts_pci *hca, struct decision *d, struct fail *why)
{
    if (add_packages(f, d, why) < 0)
        return -1;
    if (d->verdict != DECIDE_REFUSE && add_modules(f, modules_for(hca), d, why) < 0)
        return -1;
    if (d->verdict != DECIDE_REFUSE && !hca && add_rxe(f, want->rxe, d, why) < 0)
        return -1;
    return d->verdict != DECIDE_REFUSE ? add_memlock(f, d, why) : 0;
}

static bool wants_reboot(const struct decide_want *want, const struct steps *steps)
{
    if (want->reboot != FLEET_REBOOT_AUTO)
        return want->reboot == FLEET_REBOOT_ALWAYS;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].verb == STEP_PACKAGES)
            return true;
    return false;
}

int decide(const struct facts *f, const struct decide_want *want, struct decision *d,
           struct fail *why)
{
    const struct facts_pci *hca = find_hca(f);

    assert(!d->steps.count && d->verdict == DECIDE_UP_TO_DATE);
    if (want->driver == FLEET_DRIVER_NONE)
        return 0;
    check_device(f, want, hca, d);
    if (d->verdict == DECIDE_REFUSE)
        return 0;
    if (add_steps(f, want, hca, d, why) < 0) {
        decision_clear(d);
        return -1;
    }
    if (d->verdict == DECIDE_REFUSE)
        return 0;
    if (!d->steps.count)
        return check_port(f, want, hca, d);
    d->verdict = DECIDE_STEPS;
    d->reboot = wants_reboot(want, &d->steps);
    return 0;
}

void decision_clear(struct decision *d)
{
    steps_clear(&d->steps);
    memset(d, 0, sizeof *d);
}

/* ---- for people ---------------------------------------------------------------- */

static const char *const headings[STEP_VERBS] = {
    [STEP_PACKAGES] = "packages",
    [STEP_MODULES] = "modules",
    [STEP_RXE] = "Soft-RoCE on",
    [STEP_MEMLOCK] = "locked memory without limit",
};

static void print_step(FILE *out, const struct step *step)
{
    fputs(headings[step->verb], out);
    for (size_t i = 0; i < step->arg_count; i++)
        fprintf(out, " %s", step->args[i]);
    fputs("; ", out);
}

static char *summary_of_steps(const struct decision *d)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    for (size_t i = 0; i < d->steps.count; i++)
        print_step(out, &d->steps.list[i]);
    fputs(d->reboot ? "reboot" : "no reboot", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

char *decision_summary(const struct decision *d)
{
    switch (d->verdict) {
    case DECIDE_STEPS:
        return summary_of_steps(d);
    case DECIDE_REFUSE:
        return strdup(d->refusal.text);
    case DECIDE_UP_TO_DATE:
        break;
    }
    return strdup("up to date");
}
