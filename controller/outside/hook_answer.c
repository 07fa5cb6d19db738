#include "controller/outside/hook_answer.h"

#include <stdio.h>
#include <string.h>

#include "controller/program/program.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "controller/tail.h"
#include "protocol/character.h"
#include "protocol/scope.h"

/* Harmless, on one line, cut between characters. */
static void say(char said[HOOK_SAID_BYTES], const char *bytes, size_t len_bytes)
{
    CLEANUP(text_clear) struct text text = {0};

    if (len_bytes > HOOK_SAID_BYTES)
        len_bytes = HOOK_SAID_BYTES;
    escape_put(&text, bytes, len_bytes, ESCAPE_LINE);
    snprintf(said, HOOK_SAID_BYTES, "%.*s",
             character_cut(text_of(&text), HOOK_SAID_BYTES - 1), text_of(&text));
}

static void say_last(char said[HOOK_SAID_BYTES], const char *words)
{
    size_t len_bytes;
    const char *line = tail_last_words(words, &len_bytes);

    said[0] = '\0';
    if (line)
        say(said, line, len_bytes);
}

static enum hook_word word_of(const struct program_result *result)
{
    if (result->end != PROGRAM_EXITED)
        return HOOK_NO;
    return result->status == 0                   ? HOOK_GO
           : result->status == HOOK_STATUS_LATER ? HOOK_LATER
                                                 : HOOK_NO;
}

static void explain(struct hook_answer *a, const struct program_result *result,
                    double deadline_s)
{
    const char *colon = *a->said ? ": " : "";

    switch (result->end) {
    case PROGRAM_LATE:
        fail_set(&a->why, FAIL_HOOK, "has not ended within %g s%s%s", deadline_s, colon,
                 a->said);
        return;
    case PROGRAM_FLOODED:
        fail_set(&a->why, FAIL_HOOK, "printed more than %zu MiB",
                 PROGRAM_FLOOD_BYTES >> 20);
        return;
    case PROGRAM_SIGNAL:
        fail_set(&a->why, FAIL_HOOK, "was ended by signal %d%s%s", result->signal, colon,
                 a->said);
        return;
    case PROGRAM_EXITED:
        fail_set(&a->why, FAIL_HOOK, "%s %d%s%s",
                 a->word == HOOK_LATER ? "asks to be asked again, status" : "ended with",
                 result->status, colon, a->said);
    }
}

struct hook_answer hook_answer_of(enum hook_kind kind, const char *program,
                                  const struct program_result *result, double deadline_s)
{
    struct hook_answer a = {.word = word_of(result),
                            .status = result->end == PROGRAM_EXITED
                                          ? result->status
                                          : 128 + result->signal,
                            .is_late = result->end == PROGRAM_LATE,
                            .seconds = result->seconds};

    if (a.word == HOOK_LATER && !hook_decides(kind))
        a.word = HOOK_NO;
    say(a.printed, result->out, strcspn(result->out, "\n"));
    say_last(a.said, result->words);
    if (a.word == HOOK_GO)
        return a;
    explain(&a, result, deadline_s);
    fail_prefix(&a.why, "%s hook %s", hook_name(kind), program);
    return a;
}

struct hook_answer hook_answer_failed(enum hook_kind kind, const struct fail *why)
{
    struct hook_answer a = {.word = HOOK_NO};

    fail_set(&a.why, FAIL_HOOK, "%s hook: %s", hook_name(kind), why->text);
    return a;
}
