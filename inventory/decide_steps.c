/* The steps, in the order in which they are to be taken: all that may be refused by somebody
 * else (repositories, a mirror) comes before anything is taken out.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "protocol/facts.h"

#define MODULES_MAX 8
#define NAME_BYTES  128 /* as steps.c allows */
#define URL_BYTES   1024

/* The first list whose device is there is the one. */
static const char *const modules_mlx5_ib[] = {"mlx5_ib", "ib_uverbs", "rdma_ucm",
                                              "ib_umad", "ib_ipoib",  NULL};
static const char *const modules_mlx5_roce[] = {"mlx5_ib", "ib_uverbs", "rdma_ucm", NULL};
static const char *const modules_mlx4_ib[] = {"mlx4_ib", "ib_uverbs", "rdma_ucm",
                                              "ib_umad", "ib_ipoib",  NULL};
static const char *const modules_rxe[] = {"rdma_rxe", "ib_uverbs", NULL};

static const char *const *modules_for(const struct facts_pci *hca)
{
    if (!hca)
        return modules_rxe;
    if (decide_is_connectx3(hca))
        return modules_mlx4_ib;
    return decide_is_infiniband(hca) ? modules_mlx5_ib : modules_mlx5_roce;
}

bool decide_changes_driver(const struct decide_case *c)
{
    return c->row || c->drop || c->rebuild;
}

/* ---- the driver ---------------------------------------------------------------------- */

#define NAME_LETTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+:@-"

/* What a step takes as a name of what a node or a file calls it: another letter ends it. */
static void copy_name(char name[NAME_BYTES], const char *text)
{
    size_t len = text ? strspn(text, NAME_LETTERS) : 0;

    snprintf(name, NAME_BYTES, "%.*s", len < 100 ? (int)len : 100, text ? text : "");
    if (!*name || strchr("._+:@-", *name))
        snprintf(name, NAME_BYTES, "unknown");
}

static const char *kernel_of(const struct facts *f)
{
    return decide_or_unknown(f->os.kernel);
}

static int add_drop(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *args[2] = {catalog_method_name(decide_installed_method(c->f))};
    char version[NAME_BYTES];

    if (!c->drop)
        return 0;
    copy_name(version, c->f->platform.driver_version);
    args[1] = version;
    return steps_add(&d->steps, STEP_DROP, args, 2, why);
}

/* The last part of a URL, without its query. */
static void name_file(char file[NAME_BYTES], const char *url)
{
    const char *end = url + strcspn(url, "?#"), *start = end;

    while (start > url && start[-1] != '/')
        start--;
    snprintf(file, NAME_BYTES, "%.*s", (int)(end - start < 100 ? end - start : 100),
             start);
    for (char *at = file; *at; at++)
        if (!strchr(NAME_LETTERS, *at))
            *at = '_';
    if (!*file || strchr("._+:@-", *file))
        snprintf(file, NAME_BYTES, "bundle");
}

/* MIRROR/FILE; a mirror's own query, such as a signature of Azure's, stays at the end. */
static bool name_url(char url[URL_BYTES], const char *mirror, const char *file,
                     const char *original)
{
    size_t len = mirror ? strcspn(mirror, "?#") : 0;
    int n;

    if (!mirror)
        return snprintf(url, URL_BYTES, "%s", original) < URL_BYTES;
    while (len && mirror[len - 1] == '/')
        len--;
    n = snprintf(url, URL_BYTES, "%.*s/%s%s", (int)len, mirror, file,
                 mirror + strcspn(mirror, "?#"));
    return n < URL_BYTES;
}

static int add_fetch(const struct decide_case *c, struct decision *d, struct fail *why)
{
    char file[NAME_BYTES], url[URL_BYTES];
    const char *args[4] = {NULL, file, url, c->want->proxy};

    if (!c->row)
        return 0;
    name_file(file, c->row->url);
    if (!name_url(url, c->want->mirror, file, c->row->url))
        return decide_refuse(d, FAIL_DRIVER, "the URL of %s is longer than %d bytes",
                             file, URL_BYTES - 1);
    args[0] = c->row->sha256;
    return steps_add(&d->steps, STEP_FETCH, args, c->want->proxy ? 4 : 3, why);
}

static int add_driver(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *args[5 + CATALOG_MAX_LIST];
    char file[NAME_BYTES];
    size_t count = 5;

    if (!c->row)
        return 0;
    name_file(file, c->row->url);
    args[0] = catalog_method_name(c->method);
    args[1] = c->version;
    args[2] = c->row->sha256;
    args[3] = file;
    args[4] = kernel_of(c->f);
    for (size_t i = 0; i < c->row->flag_count; i++)
        args[count++] = c->row->flags[i];
    return steps_add(&d->steps, STEP_DRIVER, args, count, why);
}

static int add_dkms(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *args[1 + DECIDE_MAX_DKMS] = {kernel_of(c->f)};
    size_t count = 0;

    if (c->row)
        count = decide_dkms_of_row(c, args + 1);
    else if (c->rebuild)
        count = decide_unbuilt(c->f, args + 1);
    return count ? steps_add(&d->steps, STEP_DKMS, args, count + 1, why) : 0;
}

static int add_initramfs(const struct decide_case *c, struct decision *d,
                         struct fail *why)
{
    const char *kernel = kernel_of(c->f);

    if (!decide_changes_driver(c))
        return 0;
    return steps_add(&d->steps, STEP_INITRAMFS, &kernel, 1, why);
}

/* Where nothing reboots; what is taken out stays loaded until somebody does. */
static bool is_restarted(const struct decide_case *c)
{
    return c->want->reboot == FLEET_REBOOT_NEVER && (c->row || c->rebuild);
}

static int add_restart(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *method = catalog_method_name(c->method);

    return is_restarted(c) ? steps_add(&d->steps, STEP_RESTART, &method, 1, why) : 0;
}

/* ---- modules ------------------------------------------------------------------------- */

/* Where a distribution keeps the modules that its smallest kernel leaves out. */
static void advise_module(const struct facts *f, char *advice, size_t size)
{
    const char *kernel = kernel_of(f);

    if (decide_text_is(f->os.id, "ubuntu"))
        snprintf(advice, size, "install linux-modules-extra-%s", kernel);
    else if (strstr(kernel, "cloud"))
        snprintf(advice, size, "Debian's cloud kernel has none; boot linux-image-amd64");
    else if (decide_text_is(f->os.packages, "dnf"))
        snprintf(advice, size, "install kernel-modules-extra-%s", kernel);
    else
        snprintf(advice, size, "boot a kernel that has it");
}

static int refuse_module(const struct facts *f, const char *module, struct decision *d)
{
    char advice[160];

    advise_module(f, advice, sizeof advice);
    return decide_refuse(d, FAIL_MODULE, "no module %s for kernel %s: %s", module,
                         kernel_of(f), advice);
}

/* Modules of two drivers do not go together: beside a driver that is loaded still, those of
 * the new one cannot be.  So where a reboot follows they are loaded before the change, and
 * are those of the new one after it; else once the new one has been restarted.
 */
static bool are_loaded_before(const struct decide_case *c)
{
    return decide_changes_driver(c) && !is_restarted(c);
}

static int add_missing(const struct decide_case *c, bool all, struct decision *d,
                       struct fail *why)
{
    const char *missing[MODULES_MAX];
    size_t count = 0;

    for (const char *const *module = modules_for(c->hca); *module; module++)
        if (!facts_have_module(c->f, *module) && (all || facts_can_load(c->f, *module)))
            missing[count++] = *module;
    return count ? steps_add(&d->steps, STEP_MODULES, missing, count, why) : 0;
}

/* What only the new driver has is loaded by its own service at the boot. */
static int add_modules_before(const struct decide_case *c, struct decision *d,
                              struct fail *why)
{
    return are_loaded_before(c) ? add_missing(c, false, d, why) : 0;
}

static int add_modules(const struct decide_case *c, struct decision *d, struct fail *why)
{
    if (are_loaded_before(c))
        return 0;
    for (const char *const *module = modules_for(c->hca); *module; module++)
        if (!decide_changes_driver(c) && !facts_can_load(c->f, *module))
            return refuse_module(c->f, *module, d);
    return add_missing(c, true, d, why);
}

/* ---- what stays ------------------------------------------------------------------------ */

static int add_rxe(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *netdev = c->want->rxe;

    if (c->hca ||
        (decide_find_rxe(c->f, netdev) && decide_text_is(c->f->rxe_kept, netdev)))
        return 0;
    return steps_add(&d->steps, STEP_RXE, &netdev, 1, why);
}

static int add_names(const struct decide_case *c, struct decision *d, struct fail *why)
{
    if (!c->want->names || !c->hca || c->f->platform.names_kept)
        return 0;
    return steps_add(&d->steps, STEP_NAMES, NULL, 0, why);
}

static int add_memlock(const struct decide_case *c, struct decision *d, struct fail *why)
{
    if (c->f->memlock_kept || c->f->memlock_bytes == UINT64_MAX)
        return 0;
    return steps_add(&d->steps, STEP_MEMLOCK, NULL, 0, why);
}

/* All or none, since they are kept in one place; a step has room for so many. */
static int add_ipoib(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const struct facts_platform *on = &c->f->platform;
    const char *args[STEPS_MAX_ARGS];
    size_t count = 0;
    bool kept = true;

    if (!c->want->ipoib || !c->hca || !decide_is_infiniband(c->hca))
        return 0;
    for (size_t i = 0; i < on->ipoib_count && count + 2 <= STEPS_MAX_ARGS; i++) {
        args[count++] = on->ipoib[i].mac;
        args[count++] = on->ipoib[i].address;
        kept = kept && on->ipoib[i].kept;
    }
    return kept ? 0 : steps_add(&d->steps, STEP_IPOIB, args, count, why);
}

static bool holds(const char *held, const char *word)
{
    const char *at = held ? strstr(held, word) : NULL;

    return at && (at == held || at[-1] == ' ') &&
           (!at[strlen(word)] || at[strlen(word)] == ' ');
}

static int add_hold(const struct decide_case *c, struct decision *d, struct fail *why)
{
    const char *held = c->f->platform.held, *args[2];
    size_t count = 0;

    if (decide_is_vendors(c->method) && c->want->hold != FLEET_HOLD_NOTHING)
        args[count++] = "driver";
    if (c->want->hold == FLEET_HOLD_KERNEL)
        args[count++] = "kernel";
    for (size_t i = 0; i < count; i++)
        if (decide_changes_driver(c) || !holds(held, args[i]))
            return steps_add(&d->steps, STEP_HOLD, args, count, why);
    return 0;
}

/* ---- all of them ----------------------------------------------------------------------- */

typedef int adding(const struct decide_case *c, struct decision *d, struct fail *why);

static int add_all(const struct decide_case *c, adding *const *list, struct decision *d,
                   struct fail *why)
{
    for (; *list && d->verdict != DECIDE_REFUSE; list++)
        if ((*list)(c, d, why) < 0)
            return -1;
    return 0;
}

static bool wants_reboot(const struct decide_case *c, const struct steps *steps)
{
    if (c->want->reboot != FLEET_REBOOT_AUTO)
        return c->want->reboot == FLEET_REBOOT_ALWAYS && steps->count;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].verb == STEP_PACKAGES)
            return true;
    return decide_changes_driver(c);
}

int decide_steps(const struct decide_case *c, struct decision *d, struct fail *why)
{
    static adding *const put_in[] = {decide_packages, add_fetch,   add_modules_before,
                                     add_drop,        add_driver,  add_dkms,
                                     add_initramfs,   add_restart, add_modules,
                                     add_rxe,         add_names,   add_memlock,
                                     add_ipoib,       add_hold,    NULL};
    static adding *const take_out[] = {add_modules_before, add_drop,      decide_packages,
                                       add_modules,        add_initramfs, add_rxe,
                                       add_names,          add_memlock,   add_ipoib,
                                       add_hold,           NULL};
    static adding *const only_drop[] = {add_drop, add_initramfs, NULL};
    adding *const *list = c->want->remove                ? only_drop
                          : decide_is_vendors(c->method) ? put_in
                                                         : take_out;

    if (c->want->remove && !c->drop)
        return 0;
    if (add_all(c, list, d, why) < 0)
        return -1;
    d->reboot = d->verdict != DECIDE_REFUSE && wants_reboot(c, &d->steps);
    return 0;
}
