#include "controller/scheduler/command_answer.h"

#include <string.h>

#include "controller/scheduler/namebook.h"
#include "controller/scheduler/sighting.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.scheduler/1"

struct chosen {
    const struct namebook *book;
    const size_t *nodes;
};

static struct json *name_of(const void *arg, size_t i)
{
    const struct chosen *c = arg;

    return json_text(namebook_name(c->book, c->nodes[i]));
}

char *hook_question(const char *run, const char *reason, const struct namebook *book,
                    const size_t *nodes, size_t count)
{
    CLEANUP(json_done) struct json *doc = json_object();
    CLEANUP(text_done) char *text = NULL;
    const struct chosen chosen = {book, nodes};
    char *line;

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_text(doc, "run", run) < 0 || json_put_text(doc, "reason", reason) < 0 ||
        json_put(doc, "nodes", json_list(count, name_of, &chosen)) < 0)
        return NULL;
    text = json_print(doc);
    line = text ? malloc(strlen(text) + 2) : NULL;
    if (line)
        strcat(strcpy(line, text), "\n");
    return line;
}

static int note_standing(struct sighting *s, const char *word)
{
    for (int i = 0; i < SCHEDULER_STANDINGS; i++) {
        enum scheduler_standing standing = (enum scheduler_standing)i;

        if (strcmp(scheduler_standing_name(standing), word) != 0)
            continue;
        s->is_known = standing != SCHEDULER_UNKNOWN;
        s->is_down = standing == SCHEDULER_DOWN;
        s->has_jobs = standing == SCHEDULER_BUSY || standing == SCHEDULER_DRAINING;
        s->is_drained = standing == SCHEDULER_DRAINING || standing == SCHEDULER_DRAINED;
        return sighting_keep(&s->state, word, strlen(word));
    }
    return -1;
}

static int read_line(char *line, const struct namebook *book, struct sighting *seen,
                     struct fail *why)
{
    char *name, *state, *reason = line + strspn(line, " \t\r");
    size_t i;

    if (!*reason)
        return 0;
    name = strsep(&reason, " \t\r");
    if (!namebook_find(book, name, &i))
        return 0;
    if (seen[i].state)
        return fail_set(why, FAIL_SCHEDULER_ANSWER, "look: it names %s twice", name);
    while (reason && (*reason == ' ' || *reason == '\t'))
        reason++;
    state = strsep(&reason, " \t\r");
    if (!state || note_standing(&seen[i], state) < 0)
        return fail_set(
            why, FAIL_SCHEDULER_ANSWER,
            "look: the state of %s is to be free, busy, draining, drained, down "
            "or unknown, not '%.40s'",
            name, state ? state : "");
    if (!reason)
        return 0;
    reason += strspn(reason, " \t\r");
    return sighting_keep(&seen[i].reason, reason, strcspn(reason, "\r")) < 0
               ? fail_memory(why)
               : 0;
}

int command_answer_read(char *text, const struct namebook *book, struct sighting *seen,
                     struct fail *why)
{
    char *line;

    while ((line = strsep(&text, "\n")))
        if (read_line(line, book, seen, why) < 0)
            return -1;
    for (size_t i = 0; i < namebook_count(book); i++)
        if (!seen[i].state)
            return fail_set(why, FAIL_SCHEDULER_ANSWER, "look: it says nothing of %s",
                            namebook_name(book, i));
    return 0;
}
