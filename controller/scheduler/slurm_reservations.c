#include "controller/scheduler/slurm_reservations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_NUMBER 100000

void slurm_reservations_done(struct slurm_reservations *made)
{
    for (size_t i = 0; i < made->count; i++) {
        free(made->list[i].name);
        hostset_free(made->list[i].nodes);
    }
    free(made->list);
    *made = (struct slurm_reservations){0};
}

/* Takes name and nodes, also when it fails. */
static int push(struct slurm_reservations *made, char *name, struct hostset *nodes,
                bool has_begun, struct fail *why)
{
    struct slurm_reservation *grown =
        realloc(made->list, (made->count + 1) * sizeof *grown);

    if (grown)
        made->list = grown;
    if (!grown || !name || made->count >= SLURM_RESERVATIONS_MAX) {
        free(name);
        hostset_free(nodes);
        return grown && name ? fail_set(why, FAIL_SCHEDULER_ANSWER,
                                        "more than %d reservations of this run",
                                        SLURM_RESERVATIONS_MAX)
                             : fail_memory(why);
    }
    grown[made->count++] = (struct slurm_reservation){name, has_begun, nodes};
    return 0;
}

static void mark(const struct hostset *nodes, bool has_begun, const struct namebook *book,
                 struct sighting *seen)
{
    size_t at;

    for (size_t i = 0; i < hostset_count(nodes); i++)
        if (namebook_find(book, hostset_name(nodes, i), &at)) {
            seen[at].is_reserved = true;
            seen[at].is_reserved_now |= has_begun;
        }
}

/* The number at the end of one of ours; 0: it is not ours. */
static unsigned number_of(const char *name, const char *run)
{
    char prefix[160];
    int len = snprintf(prefix, sizeof prefix, "ibfleet_%s_", run);
    char *end;
    long number;

    if (len >= (int)sizeof prefix || strncmp(name, prefix, (size_t)len) != 0)
        return 0;
    number = strtol(name + len, &end, 10);
    return *end == '\0' && number > 0 && number < MAX_NUMBER ? (unsigned)number : 0;
}

struct fields {
    const char *name, *nodes, *state;
};

static void cut(char *line, struct fields *f)
{
    char *word;

    while ((word = strsep(&line, " "))) {
        if (!f->name && strncmp(word, "ReservationName=", 16) == 0)
            f->name = word + 16;
        else if (!f->nodes && strncmp(word, "Nodes=", 6) == 0)
            f->nodes = word + 6;
        else if (!f->state && strncmp(word, "State=", 6) == 0)
            f->state = word + 6;
    }
}

static int read_reservation(char *line, const char *run, const struct namebook *book,
                            struct sighting *seen, struct slurm_reservations *made,
                            struct fail *why)
{
    struct fields f = {0};
    struct hostset *nodes = NULL;
    struct fail cause;
    unsigned number;
    bool has_begun;

    if (strncmp(line, "No reservations", 15) == 0)
        return 0;
    if (strncmp(line, "ReservationName=", 16) != 0)
        return fail_set(why, FAIL_SCHEDULER_ANSWER,
                        "scontrol show reservation: not an answer of Slurm's: %.80s",
                        line);
    cut(line, &f);
    number = number_of(f.name, run);
    if (!number)
        return 0;
    if (number >= made->next)
        made->next = number + 1;
    has_begun = f.state && strcmp(f.state, "ACTIVE") == 0;
    if (!f.nodes || hostset_parse(f.nodes, NULL, &nodes, &cause) < 0)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "nodes of reservation %s: %s", f.name,
                        f.nodes ? cause.text : "missing");
    mark(nodes, has_begun, book, seen);
    return push(made, strdup(f.name), nodes, has_begun, why);
}

int slurm_reservations_read(char *text, const char *run, const struct namebook *book,
                            struct sighting *seen, struct slurm_reservations *made,
                            struct fail *why)
{
    char *line;

    if (made->next == 0)
        made->next = 1;
    while ((line = strsep(&text, "\n")))
        if (*line && read_reservation(line, run, book, seen, made, why) < 0)
            return -1;
    return 0;
}
