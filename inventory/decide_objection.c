/* What speaks against putting a driver in, taking it out or building it now */
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "protocol/facts.h"

static void check_extension(const struct decide_case *c, struct decision *d)
{
    const char *folder = c->f->platform.vm_extension;

    if (folder)
        decide_refuse(d, FAIL_VM_EXTENSION,
                      "Microsoft's extension is on this machine (%.100s) and installs a "
                      "driver at every boot: remove it from the machine first",
                      folder);
}

void decide_check_events(const struct decide_case *c, const char *what,
                         struct decision *d)
{
    const struct facts_azure *azure = c->f->azure;
    const struct facts_event *event =
        azure && azure->event_count ? &azure->events[0] : NULL;

    if (event)
        decide_refuse(
            d, FAIL_EVENT,
            "Azure is about to interrupt this machine (%.30s, %s%.60s), which %s "
            "must not meet: again, when that is over",
            decide_or_unknown(event->type),
            event->not_before ? "not before " : "at any moment",
            event->not_before ? event->not_before : "", what);
}

static void check_holders(const struct decide_case *c, struct decision *d)
{
    const struct facts_platform *on = &c->f->platform;
    const struct platform_holder *holder = on->holder_count ? &on->holders[0] : NULL;

    if (!holder)
        return;
    if (decide_text_is(holder->kind, "lustre"))
        decide_refuse(
            d, FAIL_IN_USE,
            "Lustre uses the RDMA modules (%.80s), and its client must be built "
            "anew for another driver: unmount it and unload it first",
            decide_or_unknown(holder->what));
    else
        decide_refuse(
            d, FAIL_IN_USE,
            "storage uses the RDMA modules (%.20s: %.80s): unmount or disconnect "
            "it first",
            decide_or_unknown(holder->kind), decide_or_unknown(holder->what));
}

static void check_secure_boot(const struct decide_case *c, struct decision *d)
{
    if (c->f->azure && c->f->azure->secure_boot == 1)
        decide_refuse(d, FAIL_SECURE_BOOT,
                      "Secure Boot is on, and the modules of %s are not signed: driver = "
                      "inbox, or a machine without Secure Boot",
                      catalog_method_name(c->method));
}

static void check_headers(const struct decide_case *c, struct decision *d)
{
    if (decide_text_is(c->f->platform.headers, "missing"))
        decide_refuse(
            d, FAIL_KERNEL_HEADERS,
            "the headers of kernel %.60s are not installed, and no repository of "
            "this machine has them: boot a kernel that it has headers of",
            decide_or_unknown(c->f->os.kernel));
}

/* In the order of who would have to act: the operator, then time, then the image. */
void decide_check_objections(const struct decide_case *c, struct decision *d)
{
    check_extension(c, d);
    if (d->verdict != DECIDE_REFUSE)
        decide_check_events(c, "work on its driver", d);
    if (d->verdict != DECIDE_REFUSE)
        check_holders(c, d);
    if (d->verdict == DECIDE_REFUSE || !(c->row || c->rebuild))
        return; /* what is only taken out needs neither signature nor headers */
    check_secure_boot(c, d);
    if (d->verdict != DECIDE_REFUSE)
        check_headers(c, d);
}
