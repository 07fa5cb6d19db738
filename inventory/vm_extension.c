#include "inventory/vm_extension.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- what there is ------------------------------------------------------------------------- */

static const struct vm_extension_exit linux_exits[] = {
    {0, true, "the driver is installed", NULL},
    {1, false, "it was called in a wrong way",
     "give it no settings, or those that its version knows; then `ibfleet azure "
     "extension "
     "upgrade`"},
    {10, false, "the drivers of Hyper-V are not there: no device is passed through",
     "look at `lspci` there: without any device, load pci_hyperv or take an image made "
     "for "
     "Azure"},
    {11, false, "no Mellanox InfiniBand device on a machine of this size",
     "look at `lspci` there, and redeploy it (ibfleet azure redeploy): its host may have "
     "lost the device"},
    {12, false, "the image is none that it supports",
     "remove it (ibfleet azure extension remove) and install the driver with `ibfleet "
     "rollout`, which goes by the kernel and not by the image"},
    {13, false, "machines of this size have no RDMA",
     "remove it (ibfleet azure extension remove), or take a size with an r in its name, "
     "as Standard_HB176rs_v4"},
    {14, false, "the driver's own installer has failed",
     "read /var/log/azure/ib-vmext-status there; `ibfleet rollout` installs with a "
     "driver "
     "that fits the kernel"},
};

static const struct vm_extension_exit windows_exits[] = {
    {0, true, "the driver is installed", NULL},
    {3010, true, "the driver is installed, and in force after a restart",
     "restart it: ibfleet azure restart"},
    {100, false,
     "not supported, or not to be completed: PowerShell's version, a size without "
     "InfiniBand, or a download",
     "read its log there, and see that the machine reaches the internet"},
    {240, false, "it took too long", "try again: ibfleet azure extension upgrade"},
    {840, false, "it took too long", "try again: ibfleet azure extension upgrade"},
    {-1, false, "an exception in its program",
     "read its log there; when it comes again, remove it and add it anew"},
};

#define COUNT(of) (sizeof(of) / sizeof *(of))

static const struct vm_extension_kind kinds[] = {
    {"linux", "Microsoft.HpcCompute", "InfiniBandDriverLinux", "1.2",
     "/var/log/azure/ib-vmext-status", linux_exits, COUNT(linux_exits)},
    {"windows", "Microsoft.HpcCompute", "InfiniBandDriverWindows", "1.5",
     "C:\\WindowsAzure\\Logs\\Plugins\\Microsoft.HpcCompute.InfiniBandDriverWindows\\",
     windows_exits, COUNT(windows_exits)},
};

const struct vm_extension_kind *vm_extension_named(const char *system)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].system, system) == 0)
            return &kinds[i];
    return NULL;
}

const struct vm_extension_kind *vm_extension_kind_of(const char *publisher,
                                                     const char *type)
{
    for (size_t i = 0; publisher && type && i < COUNT(kinds); i++)
        if (strcasecmp(kinds[i].publisher, publisher) == 0 &&
            strcasecmp(kinds[i].type, type) == 0)
            return &kinds[i];
    return NULL;
}

const struct vm_extension_exit *vm_extension_exit_of(const struct vm_extension_kind *kind,
                                                     int code)
{
    for (size_t i = 0; kind && i < kind->exit_count; i++)
        if (kind->exits[i].code == code)
            return &kind->exits[i];
    return NULL;
}

/* ---- words of the operator ------------------------------------------------------------------- */

static const char digits[] = "0123456789";

int vm_extension_check_version(const char *version, struct fail *why)
{
    size_t major = strspn(version, digits);
    size_t minor = version[major] == '.' ? strspn(version + major + 1, digits) : 0;

    if (major && major <= 4 && minor && minor <= 4 && !version[major + 1 + minor])
        return 0;
    return fail_set(why, FAIL_USAGE,
                    "not a version that Azure takes: '%s': MAJOR.MINOR, such as 1.2",
                    version);
}

/* ---- what ARM takes ---------------------------------------------------------------------------- */

const char *vm_extension_name_of(const struct vm_extension_wish *wish)
{
    return wish->name ? wish->name : wish->kind->type;
}

const char *vm_extension_version_of(const struct vm_extension_wish *wish)
{
    return wish->version ? wish->version : wish->kind->version;
}

struct json *vm_extension_properties(const struct vm_extension_wish *wish)
{
    struct json *p = json_object();

    if (!p || json_put_text(p, "publisher", wish->kind->publisher) < 0 ||
        json_put_text(p, "type", wish->kind->type) < 0 ||
        json_put_text(p, "typeHandlerVersion", vm_extension_version_of(wish)) < 0 ||
        json_put_flag(p, "autoUpgradeMinorVersion", true) < 0 ||
        (!wish->keeps_settings &&
         json_put(p, "settings",
                  wish->settings ? json_copy(wish->settings) : json_object()) < 0)) {
        json_free(p);
        return NULL;
    }
    return p;
}

static struct json *named(const char *key, const char *text,
                          const struct vm_extension_wish *wish)
{
    struct json *body = json_object();

    if (!body || (text && json_put_text(body, key, text) < 0) ||
        json_put(body, "properties", vm_extension_properties(wish)) < 0) {
        json_free(body);
        return NULL;
    }
    return body;
}

struct json *vm_extension_of_model(const struct vm_extension_wish *wish)
{
    return named("name", vm_extension_name_of(wish), wish);
}

struct json *vm_extension_of_machine(const struct vm_extension_wish *wish,
                                     const char *location)
{
    return named("location", location, wish);
}
