#include "node-agent/install/installer.h"

#include <stdint.h>

#include "node-agent/install/steplog.h"
#include "node-agent/install/take.h"
#include "protocol/fail.h"

/* It may build packages from source for the kernel before it installs them. */
#define DEADLINE_S (40 * 60)

int installer_program(const struct installer *i, const char *name,
                      const char *const *before, char *const *args, size_t count,
                      int *status, struct fail *why)
{
    int64_t deadline_ms = take_patience_ms("IBFLEET_INSTALLER_SECONDS", DEADLINE_S);

    if (take_program(i->t, before, args, count, (unsigned)deadline_ms, status, why) == 0)
        return 0;
    if (why->code != FAIL_TIMEOUT)
        return -1;
    return fail_set(why, FAIL_INSTALLER,
                    "%s was ended after %lld s, for it did not by itself; "
                    "its last words: %s",
                    name, (long long)(deadline_ms / 1000), steplog_telling(i->t->log));
}

void installer_note_reboot(const struct installer *i)
{
    if (steplog_saw(i->t->log, STEPLOG_REBOOT))
        steplog_line(i->t->log, "# the installer asks for a reboot");
}
