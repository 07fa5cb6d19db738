#include "node-agent/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/detect.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static char *lines_of(struct json *doc, struct fail *why)
{
    CLEANUP(json_done) struct json *owned = doc;
    char *text = owned ? json_print_pretty(owned) : NULL;
    char *lines = NULL;

    if (!text || asprintf(&lines, "%s\n", text) < 0) {
        fail_memory(why);
        lines = NULL;
    }
    free(text);
    return lines;
}

/* ---- facts --------------------------------------------------------------------- */

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void write_hca(FILE *out, const struct facts_hca *h)
{
    for (size_t i = 0; i < h->port_count; i++) {
        const struct facts_port *p = &h->ports[i];

        fprintf(out,
                "hca        %s port %d: %s, %s, %.1f Gb/s (%s), driver %s, netdev %s\n",
                h->name, p->number, p->link_layer, p->state, p->rate_gbps,
                or_dash(p->width), h->driver, or_dash(h->netdev));
    }
}

static void write_image(FILE *out, const struct facts_azure *a)
{
    if (a->publisher || a->offer || a->sku)
        fprintf(out, "image      %s:%s:%s:%s\n", or_dash(a->publisher), or_dash(a->offer),
                or_dash(a->sku), or_dash(a->image_version));
    if (a->secure_boot != FACTS_UNKNOWN || a->security_type)
        fprintf(out, "security   secure boot %s, type %s\n",
                a->secure_boot == FACTS_UNKNOWN ? "unknown"
                : a->secure_boot                ? "on"
                                                : "off",
                or_dash(a->security_type));
}

static void write_events(FILE *out, const struct facts_azure *a)
{
    for (size_t i = 0; i < a->event_count; i++) {
        const struct facts_event *e = &a->events[i];

        fprintf(out, "event      %s, %s, not before %s, by %s\n", e->type,
                or_dash(e->status), e->not_before ? e->not_before : "now",
                or_dash(e->source));
    }
    if (a->events_detail)
        fprintf(out, "event      not known, %s: %s\n", or_dash(a->events_asked),
                a->events_detail);
}

static void write_azure(FILE *out, const char *size, const struct facts_azure *a)
{
    if (size || a->location)
        fprintf(out, "azure      %s in %s, zone %s, scale set %s, placement group %s\n",
                or_dash(size), or_dash(a->location), or_dash(a->zone),
                or_dash(a->scale_set), or_dash(a->placement_group));
    write_image(out, a);
    write_events(out, a);
    for (size_t i = 0; i < a->refused_count; i++)
        fprintf(out, "metadata   '%s' makes no sense and was left out\n", a->refused[i]);
    if (a->metadata_detail)
        fprintf(out, "metadata   %s: %s\n", a->metadata, a->metadata_detail);
}

static void write_driver(FILE *out, const struct facts_platform *on)
{
    fprintf(out, "driver     %s %s, module %s%s%s\n", or_dash(on->driver),
            on->driver_version ? on->driver_version : "", or_dash(on->driver_module),
            on->image_driver ? ", an HPC image with " : "",
            on->image_driver ? on->image_driver : "");
    for (size_t i = 0; i < on->dkms_count; i++)
        fprintf(out, "dkms       %s %s: %s\n", on->dkms[i].module, on->dkms[i].version,
                on->dkms[i].state);
    for (size_t i = 0; i < on->holder_count; i++)
        fprintf(out, "in use by  %s: %s\n", on->holders[i].kind, on->holders[i].what);
}

static void write_platform(FILE *out, const struct facts_platform *on)
{
    fprintf(out, "platform   %s%s%s%s\n",
            on->azure   ? "Azure"
            : on->vmbus ? "Hyper-V"
                        : "not seen to be Hyper-V",
            on->vmbus ? ", vmbus" : "", on->pass_through ? ", PCI pass-through" : "",
            on->network_direct ? ", Network Direct" : "");
    for (size_t i = 0; i < on->nic_count; i++)
        fprintf(out, "nic        %s %s, %s, %s\n", on->nics[i].pci,
                on->nics[i].family ? on->nics[i].family : "of an unknown family",
                on->nics[i].role, or_dash(on->nics[i].hca));
    write_driver(out, on);
    for (size_t i = 0; i < on->ipoib_count; i++)
        fprintf(out, "ipoib      %s for %s\n", on->ipoib[i].address, on->ipoib[i].mac);
}

static void write_facts(FILE *out, const struct facts *f)
{
    fprintf(out, "host       %s, %s, %d CPUs, %.1f GiB, hypervisor %s\n", f->hostname,
            f->os.machine, f->cpus, (double)f->memory_bytes / (1 << 30),
            or_dash(f->hypervisor));
    fprintf(out, "system     %s, kernel %s, packages by %s\n", f->os.pretty, f->os.kernel,
            or_dash(f->os.packages));
    if (f->azure)
        write_azure(out, f->size, f->azure);
    for (size_t i = 0; i < f->hca_count; i++)
        write_hca(out, &f->hcas[i]);
    if (!f->hca_count)
        fputs("hca        none\n", out);
    write_platform(out, &f->platform);
    fputs("modules   ", out);
    for (size_t i = 0; i < f->module_count; i++)
        fprintf(out, " %s", f->modules[i]);
    fprintf(out, "%s (%zu on disk)\n", f->module_count ? "" : " none",
            f->module_available_count);
    for (size_t i = 0; i < f->package_count; i++)
        fprintf(out, "package    %s %s\n", f->packages[i].name, f->packages[i].version);
    if (f->memlock_bytes == UINT64_MAX)
        fputs("memlock    unlimited\n", out);
    else
        fprintf(out, "memlock    %llu bytes\n", (unsigned long long)f->memlock_bytes);
    if (f->rxe_kept)
        fprintf(out, "kept       Soft-RoCE on %s\n", f->rxe_kept);
}

char *tell_facts(const char *root, bool json, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    char *text = NULL;
    size_t bytes;
    FILE *out;

    if (detect(root, &f, why) < 0)
        return NULL;
    if (json)
        return lines_of(facts_encode(f), why);
    out = open_memstream(&text, &bytes);
    if (!out) {
        fail_memory(why);
        return NULL;
    }
    write_facts(out, f);
    fclose(out);
    return text;
}
