/* Before the first look: what Slurm is configured to do, and whether it listens to us.
 * Nothing is changed by any of it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_calls.h"

void scheduler_refuse(struct scheduler *s, const struct fail *why)
{
    s->phase = SCHEDULER_BROKEN;
    s->hooks->ready(s->arg, why);
}

static void on_failure(struct scheduler *s, const struct fail *why)
{
    scheduler_refuse(s, why);
}

static void ask(struct scheduler *s, enum slurm_question question,
                void (*on_answer)(struct scheduler *s, char *out),
                void (*failed)(struct scheduler *s, const struct fail *why))
{
    struct words words = {0};
    struct fail why;

    if (slurm_question(question, &words) == 0) {
        scheduler_call(s, &words, on_answer, failed);
        return;
    }
    words_done(&words);
    fail_memory(&why);
    scheduler_refuse(s, &why);
}

/* That node cannot be there, so it cannot have worked. */
static void on_rights_answer(struct scheduler *s, char *out)
{
    struct fail why;

    (void)out;
    slurm_rights(0, "", &why);
    scheduler_refuse(s, &why);
}

/* Refused for the name and not for the user is what was hoped for. */
static void on_rights(struct scheduler *s, const struct fail *said)
{
    struct fail why;

    if (said->code == FAIL_SCHEDULER_SILENT || said->code == FAIL_NO_PROGRAM)
        scheduler_refuse(s, said);
    else if (slurm_rights(1, said->text, &why) < 0)
        scheduler_refuse(s, &why);
    else
        scheduler_sight(s);
}

static void pass_on(void *arg, const char *text)
{
    scheduler_note(arg, "%s", text);
}

static void on_config(struct scheduler *s, char *out)
{
    struct fail why;

    if (slurm_settings_read(out, &s->settings, &why) < 0 ||
        slurm_settings_judge(&s->settings, &s->config, pass_on, s, &why) < 0) {
        scheduler_refuse(s, &why);
        return;
    }
    if (s->is_closing)
        return;
    s->rules.kill_wait_ms = (uint64_t)s->settings.kill_wait_s * 1000;
    if (getuid() == 0 || (int64_t)getuid() == s->settings.user_id)
        scheduler_sight(s);
    else
        ask(s, SLURM_ASK_RIGHTS, on_rights_answer, on_rights);
}

void scheduler_begin(struct scheduler *s)
{
    struct fail why;

    switch (s->config.kind) {
    case SCHEDULER_NONE:
        scheduler_sight(s);
        break;
    case SCHEDULER_SLURM:
        ask(s, SLURM_ASK_CONFIG, on_config, on_failure);
        break;
    case SCHEDULER_COMMAND:
        if (access(s->command, X_OK) == 0) {
            scheduler_sight(s);
            break;
        }
        fail_set(&why, FAIL_NO_PROGRAM, "the scheduler's command %s cannot be executed",
                 s->command);
        scheduler_refuse(s, &why);
        break;
    }
}
