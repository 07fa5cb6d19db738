/* What a later step will want of the package manager is brought ahead, so that the node need
 * not be out of service while it comes.  What is installed stays as it is.
 */
#include "node-agent/install/take.h"

#include <string.h>

#include "node-agent/install/manager.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

/* Those that are installed would only be marked as wanted. */
static size_t keep_absent(const struct manager *m, char *const *names, size_t count,
                          char *absent[STEPS_MAX_ARGS])
{
    size_t kept = 0;

    for (size_t i = 0; i < count && kept < STEPS_MAX_ARGS; i++)
        if (!manager_has(m, &names[i], 1))
            absent[kept++] = names[i];
    return kept;
}

/* What an earlier dpkg has only begun is ended by the install, as it needs it: that is no
 * download.
 */
int take_download_packages(const struct taking *t, char *const *names, size_t count,
                           bool *already, struct fail *why)
{
    const struct manager *m = manager_find(t->home, why);
    char *absent[STEPS_MAX_ARGS];
    size_t n;

    if (!m)
        return -1;
    n = keep_absent(m, names, count, absent);
    if (!n)
        return 0;
    *already = false;
    if (manager_download(t, m, absent, n, why) == 0)
        return 0;
    if (!steplog_saw(t->log, STEPLOG_UNFINISHED))
        return take_explain_packages(t, absent, n, why);
    steplog_line(t->log, "# not to be had ahead: left for the install");
    return 0;
}

int take_download(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why)
{
    const char *word = step->args[0];
    struct step rest = {step->verb, step->args + 1, step->arg_count - 1};

    if (strcmp(word, STEPS_FOR_PACKAGES) == 0)
        return take_download_packages(t, rest.args, rest.arg_count, already, why);
    if (strcmp(word, STEPS_FOR_DROP) == 0 && rest.arg_count >= 2)
        return take_download_drop(t, &rest, already, why);
    return fail_set(why, FAIL_UNSUPPORTED, "no way to download what '%s' needs", word);
}
