#include "node-agent/install/reboot.h"

#include <stdio.h>
#include <string.h>

#include "node-agent/claim.h"
#include "node-agent/home.h"
#include "node-agent/install/ledger.h"
#include "node-agent/install/unit.h"
#include "protocol/fail.h"

static int note_intent(const struct home *h, const char *run, const char *boot_id,
                       int *attempt, struct fail *why)
{
    struct ledger_entry last, e = {.step = "reboot", .state = LEDGER_INTENT};

    if (ledger_last(h, run, e.step, &last, why) < 0)
        return -1;
    *attempt = e.attempt = last.attempt + 1;
    ledger_clear(&last);
    snprintf(e.run, sizeof e.run, "%s", run);
    snprintf(e.boot_id, sizeof e.boot_id, "%s", boot_id);
    return ledger_append(h, &e, why);
}

static int begin(const struct home *h, const char *run, int attempt, struct fail *why)
{
    static const char *const with_systemd[] = {"systemctl", "reboot", NULL};
    static const char *const without[] = {"reboot", NULL};
    char name[128];

    snprintf(name, sizeof name, "ibfleet-%s-reboot-%d", run, attempt);
    if (unit_detach(h, name, REBOOT_DELAY_S, h->systemd ? with_systemd : without, why) ==
        0)
        return 0;
    why->code = FAIL_REBOOT;
    return -1;
}

int reboot_node(const struct home *h, const char *run, int64_t epoch, const char *boot_id,
                bool *already, struct fail *why)
{
    char now[HOME_BOOT_ID_BYTES];
    int attempt;

    if (claim_check(h, run, epoch, why) < 0)
        return -1;
    home_boot_id(h, now);
    *already = strcmp(now, boot_id) != 0;
    if (*already)
        return 0;
    if (note_intent(h, run, now, &attempt, why) < 0)
        return -1;
    return begin(h, run, attempt, why);
}
