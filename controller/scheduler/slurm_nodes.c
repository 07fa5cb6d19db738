#include "controller/scheduler/slurm_nodes.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "protocol/fail.h"

/* A record begins with NodeName= at the start of a line; its other lines are indented. */
struct reader {
    const struct namebook *book;
    struct sighting *seen;
    struct sighting *at; /* NULL: a node that is not ours, or none yet */
    size_t records;
};

/* ---- the state ---------------------------------------------------------------------------- */

/* Of older versions: a sign behind the state instead of a flag. */
static void note_sign(struct sighting *s, char sign)
{
    s->is_silent |= sign == '*';
    s->is_rebooting |= sign == '@' || sign == '^';
}

/* By what follows from each word; the rest ("CLOUD", "PLANNED") changes nothing for us. */
static const struct {
    const char *word;
    size_t flag;
} flags[] = {
    {"ALLOCATED", offsetof(struct sighting, has_jobs)},
    {"MIXED", offsetof(struct sighting, has_jobs)},
    {"COMPLETING", offsetof(struct sighting, has_jobs)},
    {"DOWN", offsetof(struct sighting, is_down)},
    {"ERROR", offsetof(struct sighting, is_down)},
    {"FUTURE", offsetof(struct sighting, is_down)},
    {"DRAIN", offsetof(struct sighting, is_drained)},
    {"DRAINED", offsetof(struct sighting, is_drained)},
    {"DRAINING", offsetof(struct sighting, is_drained)},
    {"FAIL", offsetof(struct sighting, is_drained)},
    {"UNKNOWN", offsetof(struct sighting, is_unsettled)},
    {"NOT_RESPONDING", offsetof(struct sighting, is_silent)},
    {"INVALID_REG", offsetof(struct sighting, is_invalid)},
    {"REBOOT_REQUESTED", offsetof(struct sighting, is_rebooting)},
    {"REBOOT_ISSUED", offsetof(struct sighting, is_rebooting)},
    {"REBOOT", offsetof(struct sighting, is_rebooting)},
};

static void note_word(struct sighting *s, const char *word, size_t len)
{
    while (len && strchr("*~#!%$@^-", word[len - 1]))
        note_sign(s, word[--len]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strlen(flags[i].word) == len && strncmp(flags[i].word, word, len) == 0)
            *(bool *)((char *)s + flags[i].flag) = true;
}

static int note_state(struct sighting *s, const char *state)
{
    size_t whole = strcspn(state, " ");

    for (const char *word = state; word < state + whole;) {
        size_t len = strcspn(word, "+ ");

        note_word(s, word, len);
        word += len + (word[len] == '+');
    }
    return sighting_keep(&s->state, state, whole);
}

/* ---- a line -------------------------------------------------------------------------------- */

/* "NHC: no ib0 [root@1796068721]": without who set it and when. */
static int note_reason(struct sighting *s, const char *reason)
{
    size_t len = strlen(reason);
    const char *bracket = strrchr(reason, '[');

    while (len && reason[len - 1] == ' ')
        len--;
    if (bracket > reason && bracket[-1] == ' ' && reason[len - 1] == ']' &&
        strchr(bracket, '@'))
        len = (size_t)(bracket - reason) - 1;
    return sighting_keep(&s->reason, reason, len);
}

static const char *value_of(const char *line, const char *key)
{
    size_t len = strlen(key);

    return strncmp(line, key, len) == 0 ? line + len : NULL;
}

/* The first of its kind counts: a reason is a line that others have written. */
static int read_field(struct sighting *s, const char *line)
{
    const char *value;

    if ((value = value_of(line, "State=")) && !s->state)
        return note_state(s, value);
    if ((value = value_of(line, "Partitions=")) && !s->partitions)
        return sighting_keep(&s->partitions, value, strcspn(value, " "));
    if ((value = value_of(line, "Reason=")) && !s->reason)
        return note_reason(s, value);
    if ((value = value_of(line, "BootTime=")) && !s->boot_s)
        s->boot_s = strtoll(value, NULL, 10); /* "None" is 0 */
    return 0;
}

/* A second record for a node of ours is no answer of Slurm's. */
static int begin_record(struct reader *r, char *name, struct fail *why)
{
    size_t i;

    name[strcspn(name, " ")] = '\0';
    r->records++;
    r->at = NULL;
    if (!namebook_find(r->book, name, &i))
        return 0;
    if (r->seen[i].is_known)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "scontrol show node names %s twice",
                        name);
    r->at = &r->seen[i];
    r->at->is_known = true;
    return 0;
}

static int read_line(struct reader *r, char *line, struct fail *why)
{
    if (value_of(line, "NodeName="))
        return begin_record(r, line + strlen("NodeName="), why);
    if (*line && *line != ' ' && r->records == 0)
        return fail_set(why, FAIL_SCHEDULER_ANSWER,
                        "scontrol show node: not an answer of Slurm's: %.80s", line);
    if (!r->at)
        return 0;
    return read_field(r->at, line + strspn(line, " ")) < 0 ? fail_memory(why) : 0;
}

/* An answer that was cut has a last node without a state. */
static int check(const struct reader *r, struct fail *why)
{
    if (r->records == 0)
        return fail_set(why, FAIL_SCHEDULER_ANSWER,
                        "scontrol show node: an empty answer");
    for (size_t i = 0; i < namebook_count(r->book); i++)
        if (r->seen[i].is_known && !r->seen[i].state)
            return fail_set(why, FAIL_SCHEDULER_ANSWER,
                            "scontrol show node: node %s has no State=",
                            namebook_name(r->book, i));
    return 0;
}

int slurm_nodes_read(char *text, const struct namebook *book, struct sighting *seen,
                     struct fail *why)
{
    struct reader r = {.book = book, .seen = seen};
    char *line;

    while ((line = strsep(&text, "\n")))
        if (read_line(&r, line, why) < 0)
            return -1;
    return check(&r, why);
}
