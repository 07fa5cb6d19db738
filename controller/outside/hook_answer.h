/* hook_answer - what the end of a hook means (pure)
 *
 *     struct hook_answer a = hook_answer_of(HOOK_BEFORE_NODE, "/etc/ibfleet/before", &result);
 *
 *     a.word == HOOK_GO         nothing speaks against it
 *     a.word == HOOK_LATER      it has asked to be asked again
 *     a.word == HOOK_NO         a.why is FAIL_HOOK with the hook's last words
 */
#ifndef CONTROLLER_HOOK_ANSWER_H
#define CONTROLLER_HOOK_ANSWER_H

#include "controller/outside/hook_doc.h"
#include "protocol/fail.h"

struct program_result;

/* EX_TEMPFAIL of sysexits.h: not now. */
#define HOOK_STATUS_LATER 75

/* What is told of what it printed; whatever it was, one line of valid UTF-8. */
#define HOOK_SAID_BYTES 160

enum hook_word { HOOK_GO, HOOK_LATER, HOOK_NO };

struct hook_answer {
    enum hook_word word;           /* an after-hook's is GO or NO, too: a warning */
    int status;                    /* 128 and the signal, when it was one         */
    bool is_late;                  /* it was ended at its deadline                */
    char said[HOOK_SAID_BYTES];    /* the last line of its stderr that has words  */
    char printed[HOOK_SAID_BYTES]; /* the first line of its stdout                */
    double seconds;
    struct fail why; /* of NO and LATER: FAIL_HOOK, names the hook and its program */
};

/* deadline_s: for words only. */
struct hook_answer hook_answer_of(enum hook_kind kind, const char *program,
                                  const struct program_result *result, double deadline_s);

/* Of one that could not be started or asked at all. */
struct hook_answer hook_answer_failed(enum hook_kind kind, const struct fail *why);

#endif
