#include "controller/probe/traits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/fold.h"
#include "controller/screen/text.h"
#include "inventory/fitness.h"
#include "inventory/rdma_stack.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define GIB ((double)(1u << 30))

/* ---- devices: what is equal together, under names or counted ------------------- */

struct devices {
    struct fold *fold; /* NULL: no memory */
    size_t count;
    struct text rest; /* of devices whose names do not fold */
};

/* Without a name it is only counted.  Takes what it is told of the device. */
static void note(struct devices *d, const char *name, struct text *what)
{
    char number[24];

    snprintf(number, sizeof number, "d%zu", d->count++);
    if (d->fold &&
        fold_add(d->fold, name ? name : number, text_of(what), what->len_bytes, NULL) < 0)
        text_add(&d->rest, "%s%s %s", d->rest.len_bytes ? ", " : "", name, text_of(what));
    text_clear(what);
}

/* "mlx5_ib[0-7] WHAT, mlx5_0 WHAT", or counted "8x WHAT, 1x WHAT"; frees d. */
static void add_devices(struct devices *d, bool counted, struct text *text)
{
    size_t groups = d->fold ? fold_count(d->fold) : 0;

    if (groups)
        fold_sort(d->fold);
    for (size_t i = 0; i < groups; i++) {
        const char *names = fold_hosts(d->fold, i), *what = fold_text(d->fold, i, NULL);

        text_add(text, "%s", i ? ", " : "");
        if (counted)
            text_add(text, "%zux %s", fold_size(d->fold, i), what);
        else
            text_add(text, "%s%s%s", names ? names : "?", *what ? " " : "", what);
    }
    text_add(text, "%s%s", groups && d->rest.len_bytes ? ", " : "", text_of(&d->rest));
    if (!d->count)
        text_add(text, "none");
    text->cut |= !d->fold;
    fold_free(d->fold);
    text_clear(&d->rest);
}

static void add_hcas(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->hca_count; i++) {
        struct text what = {0};

        text_add(&what, "%s", f->hcas[i].driver);
        note(&d, f->hcas[i].name, &what);
    }
    add_devices(&d, false, text);
}

static void add_firmware(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->hca_count; i++) {
        const struct facts_hca *h = &f->hcas[i];
        struct text what = {0};

        text_add(&what, "%s", h->firmware ? h->firmware : "unknown");
        if (h->board_id)
            text_add(&what, " %s", h->board_id);
        note(&d, h->name, &what);
    }
    add_devices(&d, false, text);
}

static void describe_port(const struct facts_port *p, struct text *what)
{
    text_add(what, "%s ", p->link_layer);
    if (p->rate_gbps > 0)
        text_add(what, "%g Gb/s ", p->rate_gbps);
    text_add(what, "%s", p->state);
    if (strcmp(p->state, "ACTIVE") != 0)
        text_add(what, " (%s)", p->phys_state);
}

static void add_ports(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->hca_count; i++) {
        for (size_t k = 0; k < f->hcas[i].port_count; k++) {
            struct text what = {0};

            describe_port(&f->hcas[i].ports[k], &what);
            note(&d, NULL, &what);
        }
    }
    add_devices(&d, true, text);
}

/* As a rollout judges it in the end. */
static void add_fit(const struct facts *f, struct text *text)
{
    struct fail why;

    if (fitness_judge(f, NULL, NULL, &why) < 0)
        text_add(text, "no: %s", why.text);
    else
        text_add(text, "%s", fitness_can_judge(f) ? "yes" : "nothing");
}

static void add_nics(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->pci_count; i++) {
        struct text what = {0};

        text_add(&what, "%04x:%04x %s", f->pci[i].vendor, f->pci[i].device,
                 f->pci[i].driver ? f->pci[i].driver : "no driver");
        note(&d, NULL, &what);
    }
    add_devices(&d, true, text);
}

/* ---- the others ---------------------------------------------------------------- */

static void add_os(const struct facts *f, struct text *text)
{
    text_add(text, "%s", f->os.pretty);
}

static void add_kernel(const struct facts *f, struct text *text)
{
    text_add(text, "%s %s", f->os.kernel, f->os.machine);
}

/* Two machines of one size differ by some KiB: whole GiB, or tenths of a few. */
static void add_machine(const struct facts *f, struct text *text)
{
    double gib = (double)f->memory_bytes / GIB;

    if (f->size)
        text_add(text, "%s, ", f->size);
    text_add(text, "%s", f->hypervisor ? f->hypervisor : "hypervisor unknown");
    if (f->cpus != FACTS_UNKNOWN)
        text_add(text, ", %d CPU%s", f->cpus, f->cpus == 1 ? "" : "s");
    text_add(text, ", %.*f GiB", gib < 8 ? 1 : 0, gib);
}

/* ---- Azure --------------------------------------------------------------------- */

/* "WORDS TEXT", with a comma before it where something stands already. */
static void add_part(struct text *text, size_t from, const char *words, const char *said)
{
    if (said)
        text_add(text, "%s%s%s", text->len_bytes > from ? ", " : "", words, said);
}

static void add_image(const struct facts_azure *a, size_t from, struct text *text)
{
    CLEANUP(text_clear) struct text image = {0};

    if (!a->publisher && !a->offer && !a->sku)
        return;
    text_add(&image, "%s:%s:%s:%s", a->publisher ? a->publisher : "-",
             a->offer ? a->offer : "-", a->sku ? a->sku : "-",
             a->image_version ? a->image_version : "-");
    add_part(text, from, "image ", text_of(&image));
    text->cut |= text_is_cut(&image);
}

/* When something will happen differs from node to node; what, is told alike. */
static void add_events(const struct facts_azure *a, size_t from, struct text *text)
{
    for (size_t i = 0; i < a->event_count; i++)
        add_part(text, from, "event ", a->events[i].type);
    if (a->events_detail)
        add_part(text, from, "events not known: ", a->events_asked);
}

/* What a node shares with its like: no ids of the machine itself. */
static void add_azure(const struct facts *f, struct text *text)
{
    const struct facts_azure *a = f->azure;
    size_t from = text->len_bytes;

    if (!a) {
        text_add(text, "none");
        return;
    }
    add_part(text, from, "", a->location);
    add_part(text, from, "zone ", a->zone);
    add_part(text, from, "scale set ", a->scale_set);
    add_part(text, from, "placement group ", a->placement_group);
    add_image(a, from, text);
    add_part(text, from, "", a->security_type);
    if (a->secure_boot != FACTS_UNKNOWN)
        add_part(text, from, "secure boot ", a->secure_boot ? "on" : "off");
    add_events(a, from, text);
    for (size_t i = 0; i < a->refused_count; i++)
        add_part(text, from, "makes no sense: ", a->refused[i]);
    if (a->metadata_detail)
        add_part(text, from, "metadata ", a->metadata);
    if (text->len_bytes == from)
        text_add(text, "unknown");
}

/* Not what a driver would be built with: compilers differ where nothing else does. */
static void add_packages(const struct facts *f, struct text *text)
{
    size_t from = text->len_bytes;

    for (size_t i = 0; i < f->package_count; i++)
        if (rdma_stack_has(f->packages[i].name))
            text_add(text, "%s%s %s", text->len_bytes > from ? ", " : "",
                     f->packages[i].name, f->packages[i].version);
    if (text->len_bytes == from)
        text_add(text, "none");
}

/* ---- the driver ---------------------------------------------------------------- */

static bool is_vendors(const struct facts *f)
{
    const char *driver = f->platform.driver;

    return driver && strcmp(driver, "inbox") != 0 && strcmp(driver, "none") != 0;
}

static void add_driver(const struct facts *f, struct text *text)
{
    const struct facts_platform *p = &f->platform;
    size_t from = text->len_bytes;

    text_add(text, "%s", p->driver ? p->driver : "unknown");
    if (p->driver_version)
        text_add(text, " %s", p->driver_version);
    add_part(text, from, "of the image ", p->image_driver);
    add_part(text, from, "Microsoft's extension ", p->vm_extension);
}

static bool is_good(const struct platform_dkms *d)
{
    return strcmp(d->state, "installed") == 0;
}

static void describe_dkms(const struct facts *f, const struct platform_dkms *d,
                          struct text *text)
{
    text_add(text, "%s %s ", d->module, d->version);
    if (is_good(d)) {
        text_add(text, "installed");
        return;
    }
    text_add(text, "%s for %s",
             strcmp(d->state, "failed") == 0  ? "failed to build"
             : strcmp(d->state, "built") == 0 ? "built, not installed"
                                              : "not built",
             f->os.kernel ? f->os.kernel : "this kernel");
}

static void add_dkms(const struct facts *f, struct text *text)
{
    for (size_t i = 0; i < f->platform.dkms_count; i++) {
        text_add(text, "%s", i ? ", " : "");
        describe_dkms(f, &f->platform.dkms[i], text);
    }
    if (!f->platform.dkms_count)
        text_add(text, "none");
}

static void add_storage(const struct facts *f, struct text *text)
{
    for (size_t i = 0; i < f->platform.holder_count; i++)
        text_add(text, "%s%s %s", i ? ", " : "", f->platform.holders[i].kind,
                 f->platform.holders[i].what);
    if (!f->platform.holder_count)
        text_add(text, "none");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The kernel lists them in the order of loading, which means nothing. */
static void add_modules(const struct facts *f, struct text *text)
{
    char **sorted = calloc(f->module_count + 1, sizeof *sorted);

    if (!sorted) {
        text->cut = true;
        return;
    }
    for (size_t i = 0; i < f->module_count; i++)
        sorted[i] = f->modules[i];
    qsort(sorted, f->module_count, sizeof *sorted, by_name);
    for (size_t i = 0; i < f->module_count; i++)
        text_add(text, "%s%s", i ? " " : "", sorted[i]);
    if (!f->module_count)
        text_add(text, "none loaded");
    free(sorted);
}

static void add_memlock(const struct facts *f, struct text *text)
{
    if (f->memlock_bytes == UINT64_MAX)
        text_add(text, "unlimited");
    else
        text_add(text, "%" PRIu64 " KiB", f->memlock_bytes / 1024);
}

static bool keeps_ipoib(const struct facts_platform *p)
{
    for (size_t i = 0; i < p->ipoib_count; i++)
        if (p->ipoib[i].kept)
            return true;
    return false;
}

static void add_kept(const struct facts *f, struct text *text)
{
    const struct facts_platform *p = &f->platform;
    size_t from = text->len_bytes;

    add_part(text, from, "Soft-RoCE on ", f->rxe_kept);
    add_part(text, from, "", f->memlock_kept ? "memlock limits" : NULL);
    add_part(text, from, "", p->names_kept ? "RDMA names" : NULL);
    add_part(text, from, "", keeps_ipoib(p) ? "IPoIB addresses" : NULL);
    add_part(text, from, "holds ", p->held);
    if (text->len_bytes == from)
        text_add(text, "nothing");
}

/* ---- the short forms of a table's cells ---------------------------------------- */

static const char *layer_of(const struct facts_port *p)
{
    return strcmp(p->link_layer, "InfiniBand") == 0 ? "IB" : "Eth";
}

void trait_add_hca_names(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->hca_count; i++) {
        struct text what = {0};

        note(&d, f->hcas[i].name, &what);
    }
    add_devices(&d, false, text);
}

void trait_add_links(const struct facts *f, struct text *text)
{
    struct devices d = {.fold = fold_new()};

    for (size_t i = 0; i < f->hca_count; i++) {
        for (size_t k = 0; k < f->hcas[i].port_count; k++) {
            const struct facts_port *p = &f->hcas[i].ports[k];
            struct text what = {0};

            text_add(&what, "%s", layer_of(p));
            if (strcmp(p->state, "ACTIVE") != 0)
                text_add(&what, " %s", p->state);
            else if (p->rate_gbps > 0)
                text_add(&what, " %gG", p->rate_gbps);
            note(&d, NULL, &what);
        }
    }
    add_devices(&d, true, text);
}

static const char *rdma_version(const struct facts *f)
{
    const char *version = facts_package_version(f, "rdma-core");

    if (!version)
        version = facts_package_version(f, "libibverbs1");
    for (size_t i = 0; i < f->package_count && !version; i++)
        if (rdma_stack_has(f->packages[i].name))
            version = f->packages[i].version;
    return version ? version : "none";
}

/* Is the vendor's driver one of DKMS's, in no version that the running kernel could load? */
static bool is_not_built(const struct facts *f)
{
    bool is_there = false;

    for (size_t i = 0; i < f->platform.dkms_count; i++) {
        const struct platform_dkms *d = &f->platform.dkms[i];

        if (strncmp(d->module, "mlnx-of", 7) != 0) /* mlnx-ofed-kernel, mlnx-ofa_kernel */
            continue;
        if (is_good(d))
            return false;
        is_there = true;
    }
    return is_there;
}

void trait_add_rdma(const struct facts *f, struct text *text)
{
    const char *version = f->platform.driver_version;

    if (is_vendors(f))
        text_add(text, "%s%s%s", f->platform.driver, version ? " " : "",
                 version ? version : "");
    else
        text_add(text, "%s", rdma_version(f));
    text_add(text, "%s", is_not_built(f) ? " NOT BUILT" : "");
}

/* clang-format off */
static const struct {
    const char *name;
    void (*add)(const struct facts *f, struct text *text);
} traits[TRAITS] = {
    [TRAIT_OS]       = {"os",       add_os},
    [TRAIT_KERNEL]   = {"kernel",   add_kernel},
    [TRAIT_MACHINE]  = {"machine",  add_machine},
    [TRAIT_AZURE]    = {"azure",    add_azure},
    [TRAIT_DRIVER]   = {"driver",   add_driver},
    [TRAIT_DKMS]     = {"dkms",     add_dkms},
    [TRAIT_STORAGE]  = {"storage",  add_storage},
    [TRAIT_HCA]      = {"hca",      add_hcas},
    [TRAIT_LINK]     = {"link",     add_ports},
    [TRAIT_FIT]      = {"fit",      add_fit},
    [TRAIT_FIRMWARE] = {"firmware", add_firmware},
    [TRAIT_NICS]     = {"nics",     add_nics},
    [TRAIT_PACKAGES] = {"packages", add_packages},
    [TRAIT_MODULES]  = {"modules",  add_modules},
    [TRAIT_MEMLOCK]  = {"memlock",  add_memlock},
    [TRAIT_KEPT]     = {"kept",     add_kept},
};
/* clang-format on */

const char *trait_name(enum trait trait)
{
    assert(trait < TRAITS);
    return traits[trait].name;
}

void trait_add(const struct facts *f, enum trait trait, struct text *text)
{
    assert(trait < TRAITS);
    traits[trait].add(f, text);
}
