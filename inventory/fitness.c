#include "inventory/fitness.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "inventory/sku.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

/* Of a partition key: the key itself, and whether it may talk to all members. */
#define PKEY_KEY     0x7fff
#define PKEY_FULL    0x8000
#define PKEY_DEFAULT 0x7fff

/* From NDR on.  A kernel that is older than a speed says SDR for it (drivers/infiniband/
 * core/sysfs.c, rate_show()), as of any that it does not know.
 */
#define NEW_SPEED_GBPS 400

/* 99.9 is 100. */
#define NEARLY 0.99

struct gauge {
    const struct facts *f, *before; /* before: NULL */
    const struct sku_known *size;   /* NULL: none that is known */
    const char *size_name;          /* "HB120rs_v3"             */
};

static struct gauge gauge_of(const struct facts *f, const struct facts *before)
{
    static const char standard[] = "Standard_";
    struct gauge g = {.f = f, .before = before, .size_name = f->size};

    if (!f->size)
        return g;
    g.size = sku_known(f->size);
    if (g.size && !g.size->is_sr_iov) /* decide() has refused it */
        g.size = NULL;
    if (strncmp(f->size, standard, sizeof standard - 1) == 0)
        g.size_name += sizeof standard - 1;
    return g;
}

/* ---- whose ports? ---------------------------------------------------------------------- */

static const struct facts_pci *function_of(const struct facts *f,
                                           const struct facts_hca *hca)
{
    for (size_t i = 0; hca->pci && i < f->pci_count; i++)
        if (decide_text_is(f->pci[i].address, hca->pci))
            return &f->pci[i];
    return NULL;
}

static bool has_infiniband(const struct facts_hca *hca)
{
    for (size_t i = 0; i < hca->port_count; i++)
        if (decide_text_is(hca->ports[i].link_layer, "InfiniBand"))
            return true;
    return false;
}

/* Neither Soft-RoCE nor what Azure's Accelerated Networking goes through. */
static bool is_judged(const struct facts *f, const struct facts_hca *hca)
{
    const struct facts_pci *function = function_of(f, hca);

    return function ? decide_is_hca(f, function) : has_infiniband(hca);
}

static size_t count_judged(const struct facts *f)
{
    size_t count = 0;

    for (size_t i = 0; i < f->hca_count; i++)
        count += is_judged(f, &f->hcas[i]);
    return count;
}

static bool is_active(const struct facts_port *port)
{
    return decide_text_is(port->state, "ACTIVE");
}

static bool is_up(const struct facts_port *port)
{
    return decide_text_is(port->phys_state, "LinkUp");
}

/* By its place on the bus: a driver may have given it another name. */
static const struct facts_hca *find_hca(const struct facts *f,
                                        const struct facts_hca *like)
{
    for (size_t i = 0; f && i < f->hca_count; i++)
        if (f->hcas[i].pci && decide_text_is(like->pci, f->hcas[i].pci))
            return &f->hcas[i];
    return NULL;
}

static const struct facts_port *find_port(const struct facts_hca *hca, int number)
{
    for (size_t i = 0; hca && i < hca->port_count; i++)
        if (hca->ports[i].number == number)
            return &hca->ports[i];
    return NULL;
}

/* As it was once, if it did its work then. */
static const struct facts_port *port_before(const struct gauge *g,
                                            const struct facts_hca *hca, int number)
{
    const struct facts_port *port = find_port(find_hca(g->before, hca), number);

    return port && is_active(port) ? port : NULL;
}

/* Azure's functions have what they need, always.  Elsewhere a port may have no cable, which
 * is nobody's fault, as long as it had none before.
 */
static bool should_be_up(const struct gauge *g, const struct facts_hca *hca,
                         const struct facts_port *port)
{
    return g->f->size || is_up(port) || port_before(g, hca, port->number);
}

/* ---- one port ---------------------------------------------------------------------------- */

struct spot {
    const struct gauge *g;
    const char *device;
    const struct facts_port *port, *before; /* before: NULL */
};

static int judge_layer(const struct spot *s, struct fail *why)
{
    if (!s->g->size || decide_text_is(s->port->link_layer, "InfiniBand"))
        return 0;
    return fail_set(why, FAIL_VERIFY,
                    "%s port %d: its link layer is %s, %s has InfiniBand", s->device,
                    s->port->number, decide_or_unknown(s->port->link_layer),
                    s->g->size_name);
}

static int judge_state(const struct spot *s, struct fail *why)
{
    if (is_active(s->port) && is_up(s->port))
        return 0;
    return fail_set(why, FAIL_PORT_DOWN,
                    "%s port %d: it is %s (%s), and should be ACTIVE (LinkUp)%s",
                    s->device, s->port->number, decide_or_unknown(s->port->state),
                    decide_or_unknown(s->port->phys_state),
                    s->before ? ", as it was before" : "");
}

static int judge_manager(const struct spot *s, struct fail *why)
{
    if (!decide_text_is(s->port->link_layer, "InfiniBand") || s->port->sm_lid > 0)
        return 0;
    return fail_set(why, FAIL_VERIFY,
                    "%s port %d: it knows no subnet manager (SM LID 0), and should",
                    s->device, s->port->number);
}

/* Azure gives each scale set a partition of its own; limited members do not hear each
 * other.
 */
static bool is_usable(const struct spot *s, uint16_t pkey)
{
    return !s->g->f->size || ((pkey & PKEY_FULL) && (pkey & PKEY_KEY) != PKEY_DEFAULT);
}

static int judge_pkeys(const struct spot *s, struct fail *why)
{
    char keys[60] = "no";
    size_t len = 0;

    if (!decide_text_is(s->port->link_layer, "InfiniBand"))
        return 0;
    for (size_t i = 0; i < s->port->pkey_count; i++) {
        if (is_usable(s, s->port->pkeys[i]))
            return 0;
        if (len + 8 < sizeof keys)
            len += (size_t)snprintf(keys + len, sizeof keys - len, "%s0x%04x",
                                    i ? " " : "only ", s->port->pkeys[i]);
    }
    return fail_set(why, FAIL_VERIFY, "%s port %d: it has %s pkey%s, and should have %s",
                    s->device, s->port->number, keys, s->port->pkey_count == 1 ? "" : "s",
                    s->g->f->size ? "a full one of its scale set, 0x8001 or the like"
                                  : "one");
}

static double rate_expected(const struct spot *s)
{
    return s->g->size ? s->g->size->gbps : s->before ? s->before->rate_gbps : 0;
}

static bool is_rate_known(const struct facts_port *port, double expected)
{
    return port->rate_gbps > 0 &&
           !(expected >= NEW_SPEED_GBPS && port->width && strstr(port->width, "SDR"));
}

static int judge_rate(const struct spot *s, struct fail *why)
{
    const struct facts_port *port = s->port;
    double expected = rate_expected(s);

    if (!is_rate_known(port, expected) || port->rate_gbps >= expected * NEARLY)
        return 0;
    return fail_set(why, FAIL_VERIFY, "%s port %d: %g Gb/s%s%s%s, %s %s %g", s->device,
                    port->number, port->rate_gbps, port->width ? " (" : "",
                    port->width ? port->width : "", port->width ? ")" : "",
                    s->g->size ? s->g->size_name : "it", s->g->size ? "has" : "had",
                    expected);
}

static int judge_port(const struct gauge *g, const struct facts_hca *hca,
                      const struct facts_port *port, struct fail *why)
{
    struct spot s = {.g = g,
                     .device = decide_or_unknown(hca->name),
                     .port = port,
                     .before = port_before(g, hca, port->number)};

    if (judge_layer(&s, why) < 0 || judge_state(&s, why) < 0 ||
        judge_manager(&s, why) < 0 || judge_pkeys(&s, why) < 0)
        return -1;
    return judge_rate(&s, why);
}

/* ---- all of them --------------------------------------------------------------------------- */

static int judge_count(const struct gauge *g, struct fail *why)
{
    size_t count = count_judged(g->f);

    if (!g->size || count >= g->size->hcas)
        return 0;
    return fail_set(why, FAIL_NO_HCA, "%zu of %u HCAs that %s has", count, g->size->hcas,
                    g->size_name);
}

/* Whoever had a port that did its work. */
static bool was_at_work(const struct facts_hca *hca)
{
    for (size_t i = 0; i < hca->port_count; i++)
        if (is_active(&hca->ports[i]))
            return true;
    return false;
}

static int judge_lost(const struct gauge *g, struct fail *why)
{
    for (size_t i = 0; g->before && i < g->before->hca_count; i++) {
        const struct facts_hca *hca = &g->before->hcas[i];

        if (is_judged(g->before, hca) && was_at_work(hca) && !find_hca(g->f, hca))
            return fail_set(why, FAIL_NO_HCA,
                            "%s (%s): it is not there, and was before: %zu of %zu HCAs",
                            decide_or_unknown(hca->name), decide_or_unknown(hca->pci),
                            count_judged(g->f), count_judged(g->before));
    }
    return 0;
}

static int judge_ports(const struct gauge *g, struct fail *why)
{
    for (size_t i = 0; i < g->f->hca_count; i++) {
        const struct facts_hca *hca = &g->f->hcas[i];

        if (!is_judged(g->f, hca))
            continue;
        for (size_t k = 0; k < hca->port_count; k++)
            if (should_be_up(g, hca, &hca->ports[k]) &&
                judge_port(g, hca, &hca->ports[k], why) < 0)
                return -1;
    }
    return 0;
}

/* Where there is no HCA and Soft-RoCE was asked for instead. */
static int judge_rxe(const struct facts *f, const char *netdev, struct fail *why)
{
    const struct facts_hca *rxe = decide_find_rxe(f, netdev);

    if (!rxe)
        return fail_set(why, FAIL_NO_HCA, "no Soft-RoCE device is on %s, and should be",
                        netdev);
    for (size_t i = 0; i < rxe->port_count; i++)
        if (!is_active(&rxe->ports[i]))
            return fail_set(why, FAIL_PORT_DOWN,
                            "%s port %d: it is %s (%s), and should be ACTIVE",
                            decide_or_unknown(rxe->name), rxe->ports[i].number,
                            decide_or_unknown(rxe->ports[i].state),
                            decide_or_unknown(rxe->ports[i].phys_state));
    return 0;
}

bool fitness_can_judge(const struct facts *f)
{
    return gauge_of(f, NULL).size || count_judged(f);
}

int fitness_judge(const struct facts *f, const struct facts *before,
                  const struct decide_want *want, struct fail *why)
{
    struct gauge g = gauge_of(f, before);

    if (want && (want->remove || (want->driver == FLEET_DRIVER_NONE && !want->back)))
        return 0;
    if (judge_count(&g, why) < 0 || judge_lost(&g, why) < 0 || judge_ports(&g, why) < 0)
        return -1;
    return want && want->rxe && !decide_find_hca(f) ? judge_rxe(f, want->rxe, why) : 0;
}
