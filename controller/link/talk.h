/* talk - the conversation with one agent: requests out, messages in (pure)
 *
 * The agent greets first and is greeted back.  From then on it is asked, and each
 * request is answered exactly once: by the agent, by its deadline, or when the talk is
 * given up.  The agent is pinged now and then: so it knows that we are there, and we
 * notice its silence.  Knows no loop, no clock and no SSH: times are the owner's, in ms.
 *
 *     talk_begin(t);                                     the agent is being started
 *     talk_hear(t, bytes, n, why) < 0:                   it is no agent of ours
 *     talk_ask(t, &question, now_ms, on_answer, arg);    once it has greeted
 *     talk_tick(t, now_ms);                              at talk_due_ms()
 *     talk_end(t); talk_give_up(t, why);                 it is gone
 */
#ifndef CONTROLLER_TALK_H
#define CONTROLLER_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/link/link.h"
#include "controller/link/requests.h"

struct fail;
struct frame_reader;
struct json;

struct talk_hooks {
    /* Hand a frame to the agent, whole or not at all: 0, or -1 and *why. */
    int (*write)(void *arg, const void *bytes, size_t len_bytes, struct fail *why);

    /* The agent greeted, and was greeted; hello is borrowed for the call. */
    void (*greeted)(void *arg, const struct json *hello);

    /* An event from the agent; borrowed for the call. */
    void (*event)(void *arg, const char *name, const struct json *body);

    /* What is a relay's frame and no message, once greeted; -1 ends the talk.  May be
     * NULL: such a frame is garbage.
     */
    int (*frame)(void *arg, const char *text, size_t len_bytes, struct fail *why);

    /* Since a ping nothing came, not even its answer: FAIL_LINK_LOST.  The owner ends
     * the talk.
     */
    void (*silent)(void *arg, const struct fail *why);
};

/* The first four are the owner's; all else starts as zero. */
struct talk {
    const struct talk_hooks *hooks;
    void *arg;
    uint64_t idle_ms;            /* the agent is pinged so often       */
    uint64_t heard_ms;           /* when anything came from the node   */
    uint64_t pinged_ms;          /* or greeted: when we last spoke for certain */
    struct frame_reader *reader; /* NULL: not begun, or ended           */
    bool greeted;                /* the agent can be asked              */
    bool pinging;
    struct requests requests;
    unsigned long sent, received; /* frames, since the first talk_begin() */
};

struct talk_question {
    const char *what;
    const struct json *body; /* borrowed; NULL: {} */
    uint64_t deadline_ms;    /* after it is asked  */
};

/* Nothing has been heard yet.  Not from a hook or an answer.  -1: out of memory. */
int talk_begin(struct talk *t);

/* Take in what the agent's stdout says; hooks and answers are called on the way, and
 * one of them may end the talk.  -1: nothing more can be understood; FAIL_GARBAGE,
 * FAIL_FLOOD, FAIL_VERSION, FAIL_MEMORY or what write said.
 */
int talk_hear(struct talk *t, const char *bytes, size_t len_bytes, struct fail *why);

/* FAIL_LINK_LOST, when the agent has not greeted, and what cannot be sent come as
 * answers, too: by the next talk_tick().  Only FAIL_MEMORY is answered at once.
 */
void talk_ask(struct talk *t, const struct talk_question *question, uint64_t now_ms,
              link_answer_fn on_answer, void *arg);

/* When talk_tick() is wanted next, or REQUESTS_NEVER. */
uint64_t talk_due_ms(const struct talk *t);

/* Answer all that is due, but not what an answer asks anew, and ping the agent when it
 * is time.
 */
void talk_tick(struct talk *t, uint64_t now_ms);

/* There is nobody to hear or to ask any more; what is open stays open. */
void talk_end(struct talk *t);

/* Answer all that is open with *why, but not what an answer asks anew. */
void talk_give_up(struct talk *t, const struct fail *why);

/* End it, and answer nothing any more; also from a hook or an answer. */
void talk_clear(struct talk *t);

#endif
