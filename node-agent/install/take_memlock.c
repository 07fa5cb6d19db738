#include "node-agent/install/take.h"

#include "node-agent/home.h"
#include "node-agent/install/kept.h"
#include "protocol/steps.h"

#define REEXEC_DEADLINE_MS 60000

/* Root is not among "*" there. */
static const char limits[] = "# ibfleet: RDMA registers memory, which locks it\n"
                             "*    soft memlock unlimited\n"
                             "*    hard memlock unlimited\n"
                             "root soft memlock unlimited\n"
                             "root hard memlock unlimited\n";

/* The limits above are those of logins.  Services have systemd's, and the jobs of a batch
 * system those of its daemon.
 */
static const char manager[] = "# ibfleet: RDMA registers memory, which locks it\n"
                              "[Manager]\n"
                              "DefaultLimitMEMLOCK=infinity\n";

/* systemd reads its own settings at its start only.  A service has them after its next. */
static void restart_manager(const struct taking *t)
{
    static const char *const reexec[] = {"systemctl", "daemon-reexec", NULL};
    int status;

    if (t->home->systemd)
        take_program(t, reexec, NULL, 0, REEXEC_DEADLINE_MS, &status, NULL);
}

int take_memlock(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why)
{
    bool same = true;

    (void)step;
    if (take_file(t, KEPT_MEMLOCK_FILE, limits, already, why) < 0 ||
        take_file(t, KEPT_MANAGER_FILE, manager, &same, why) < 0)
        return -1;
    if (same)
        return 0;
    *already = false;
    restart_manager(t);
    return 0;
}
