/* Whatever Slurm's programs, or those of another scheduler, print: the readers take it or
 * refuse it by name, and what they keep is text for people.
 *
 * The first byte says whose answer it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/scheduler/custody.h"
#include "controller/scheduler/command_answer.h"
#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_jobs.h"
#include "controller/scheduler/slurm_nodes.h"
#include "controller/scheduler/slurm_reservations.h"
#include "controller/scheduler/slurm_settings.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define NODES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void is_clean(const char *text)
{
    for (; text && *text; text++)
        demand((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void judge(const struct sighting *s)
{
    struct custody_rules rules = {.prefix = "ibfleet:R1: ", .deadline_ms = 10};
    struct custody node = {0};
    struct fail why;
    char text[200];

    is_clean(s->state);
    is_clean(s->reason);
    is_clean(s->partitions);
    demand(s->jobs_end_s >= 0);
    custody_ask(&node, &rules, CUSTODY_TAKE, 1);
    custody_next(&node, &rules, s, 1, &why);
    custody_found_text(&node, &rules, s, text, sizeof text);
    demand(custody_restore(&node, text) == 0);
}

static int read_as(int whose, char *text, const struct namebook *book,
                   struct sighting *seen, struct fail *why)
{
    struct slurm_reservations made = {0};
    struct slurm_settings settings;
    int rc;

    switch (whose % 5) {
    case 0:
        return slurm_nodes_read(text, book, seen, why);
    case 1:
        return slurm_jobs_read(text, book, seen, why);
    case 2:
        return slurm_settings_read(text, &settings, why);
    case 3:
        rc = slurm_reservations_read(text, "R1", book, seen, &made, why);
        slurm_reservations_done(&made);
        return rc;
    default:
        return command_answer_read(text, book, seen, why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[NODES] = {"n1", "n2", "n3", "n10"};
    CLEANUP(text_done) char *text = NULL;
    struct namebook *book = namebook_new(names, NODES);
    struct sighting *seen = sightings_new(NODES);
    struct fail why = {.code = FAIL_NONE};

    if (size > 0) {
        text = strndup((const char *)data + 1, size - 1);
        if (read_as(*data, text, book, seen, &why) < 0)
            demand(why.code == FAIL_SCHEDULER_ANSWER && *why.text);
        else
            for (size_t i = 0; i < NODES; i++)
                judge(&seen[i]);
    }
    sightings_free(seen, NODES);
    namebook_free(book);
    return 0;
}
