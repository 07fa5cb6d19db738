#include "controller/scheduler/slurm_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/scheduler/scheduler.h"
#include "protocol/fail.h"

/* ---- reading --------------------------------------------------------------------------------- */

/* "ResumeTimeout           = 60 sec" into its name and its value; NULL: not such a line. */
static char *cut(char *line)
{
    char *equals = strchr(line, '='), *value;

    if (!equals)
        return NULL;
    value = equals + 1 + strspn(equals + 1, " ");
    while (equals > line && equals[-1] == ' ')
        equals--;
    *equals = '\0';
    value[strcspn(value, "\r\n")] = '\0';
    return value;
}

/* "root(0)" */
static int64_t user_id_of(const char *value)
{
    const char *bracket = strrchr(value, '(');

    return bracket ? strtoll(bracket + 1, NULL, 10) : -1;
}

static bool is_set(const char *value)
{
    return *value && strcmp(value, "(null)") != 0;
}

enum { CLUSTER, RETURN, RESUME, KILL, USER, REBOOT, NEEDED };
static const char *const needed[NEEDED] = {
    [CLUSTER] = "ClusterName", [RETURN] = "ReturnToService", [RESUME] = "ResumeTimeout",
    [KILL] = "KillWait",       [USER] = "SlurmUser",         [REBOOT] = "RebootProgram",
};

static void take(struct slurm_settings *s, int what, const char *value)
{
    switch (what) {
    case CLUSTER:
        snprintf(s->cluster, sizeof s->cluster, "%.63s", value);
        break;
    case RETURN:
        s->return_to_service = strtoll(value, NULL, 10);
        break;
    case RESUME:
        s->resume_timeout_s = strtoll(value, NULL, 10);
        break;
    case KILL:
        s->kill_wait_s = strtoll(value, NULL, 10);
        break;
    case USER:
        s->user_id = user_id_of(value);
        break;
    case REBOOT:
        s->has_reboot_program = is_set(value);
        break;
    }
}

int slurm_settings_read(char *text, struct slurm_settings *settings, struct fail *why)
{
    struct slurm_settings read = {0};
    bool has[NEEDED] = {false};
    char *line, *value;

    while ((line = strsep(&text, "\n"))) {
        value = cut(line);
        for (int i = 0; value && i < NEEDED; i++)
            if (!has[i] && strcmp(line, needed[i]) == 0) {
                take(&read, i, value);
                has[i] = true;
            }
    }
    for (int i = 0; i < NEEDED; i++)
        if (!has[i])
            return fail_set(why, FAIL_SCHEDULER_ANSWER,
                            "scontrol show config: no %s in the answer", needed[i]);
    *settings = read;
    return 0;
}

/* ---- judging ----------------------------------------------------------------------------------- */

static void note_return(const struct slurm_settings *s,
                        void (*note)(void *arg, const char *text), void *arg)
{
    if (s->return_to_service >= 2)
        note(arg,
             "ReturnToService=2: a node that Slurm has DOWN comes back into service by "
             "itself when it has rebooted; one that is worked on is then drained again");
}

static void note_resume(const struct slurm_settings *s, const struct scheduler_config *c,
                        void (*note)(void *arg, const char *text), void *arg)
{
    char text[400];
    uint64_t reboot_s = c->reboot_ms / 1000;

    if (!c->reboots || reboot_s <= (uint64_t)s->resume_timeout_s)
        return;
    snprintf(
        text, sizeof text,
        "ResumeTimeout is %" PRId64 " s and a reboot may take %" PRIu64
        " s: Slurm will call such a node DOWN (reboot timed out) until it is given back; "
        "ResumeTimeout=%" PRIu64 " in slurm.conf avoids it",
        s->resume_timeout_s, reboot_s, reboot_s);
    note(arg, text);
}

int slurm_settings_judge(const struct slurm_settings *settings,
                         const struct scheduler_config *config,
                         void (*note)(void *arg, const char *text), void *arg,
                         struct fail *why)
{
    if (config->reboots && !settings->has_reboot_program)
        return fail_set(
            why, FAIL_PREFLIGHT,
            "Slurm of cluster '%s' cannot reboot nodes: RebootProgram is not set; "
            "set it in slurm.conf, or let ibfleet reboot them",
            settings->cluster);
    note_return(settings, note, arg);
    note_resume(settings, config, note, arg);
    return 0;
}
