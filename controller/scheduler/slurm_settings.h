/* slurm_settings - what Slurm is configured to do, and whether a rollout can live with it
 *
 * Pure.  slurm_settings_read() takes what `scontrol show config` printed.
 */
#ifndef CONTROLLER_SLURM_SETTINGS_H
#define CONTROLLER_SLURM_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct scheduler_config;

struct slurm_settings {
    char cluster[64];
    int64_t return_to_service;
    int64_t resume_timeout_s;
    int64_t kill_wait_s;
    int64_t user_id; /* of SlurmUser */
    bool has_reboot_program;
};

/* text is taken to pieces.  -1: FAIL_SCHEDULER_ANSWER, a line that is needed is missing. */
int slurm_settings_read(char *text, struct slurm_settings *settings, struct fail *why);

/* Each warning goes to note.  -1: FAIL_PREFLIGHT, it cannot be done like this. */
int slurm_settings_judge(const struct slurm_settings *settings,
                         const struct scheduler_config *config,
                         void (*note)(void *arg, const char *text), void *arg,
                         struct fail *why);

#endif
