#include "controller/link/talk.h"

#include <stdlib.h>

#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/mux.h"

int talk_begin(struct talk *t)
{
    t->reader = frame_reader_new(true);
    return t->reader ? 0 : -1;
}

void talk_end(struct talk *t)
{
    frame_reader_free(t->reader);
    t->reader = NULL;
    t->greeted = t->pinging = false;
}

void talk_clear(struct talk *t)
{
    talk_end(t);
    requests_clear(&t->requests);
}

/* ---- asking -------------------------------------------------------------------- */

static int send_frame(struct talk *t, unsigned char *frame, size_t frame_bytes,
                      struct fail *why)
{
    int rc = t->hooks->write(t->arg, frame, frame_bytes, why);

    free(frame);
    if (rc == 0)
        t->sent++;
    return rc;
}

static int send_hello(struct talk *t, struct fail *why)
{
    struct json *content = message_hello();
    unsigned char *frame;
    size_t frame_bytes;
    int rc;

    if (!content)
        return fail_memory(why);
    rc = message_encode_hello(content, &frame, &frame_bytes, why);
    json_free(content);
    return rc < 0 ? -1 : send_frame(t, frame, frame_bytes, why);
}

static int send_request(struct talk *t, uint32_t id, const struct talk_question *question,
                        struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;

    if (!t->greeted)
        return fail_set(why, FAIL_LINK_LOST, "the node is not connected");
    if (message_encode_request(id, question->what, question->body, &frame, &frame_bytes,
                               why) < 0)
        return -1;
    return send_frame(t, frame, frame_bytes, why);
}

void talk_ask(struct talk *t, const struct talk_question *question, uint64_t now_ms,
              link_answer_fn on_answer, void *arg)
{
    struct request *q =
        requests_add(&t->requests, now_ms + question->deadline_ms, on_answer, arg);
    struct fail why;

    if (!q) {
        fail_memory(&why);
        on_answer(arg, NULL, &why);
        return;
    }
    fail_set(&q->why, FAIL_TIMEOUT, "no answer to '%s' within %g s", question->what,
             (double)question->deadline_ms / 1000);
    if (send_request(t, q->id, question, &why) < 0) {
        q->why = why;
        q->due_ms = now_ms;
    }
}

/* ---- answering ----------------------------------------------------------------- */

static void answer(struct request *q, const struct json *body, const struct fail *why)
{
    q->on_answer(q->arg, body, why);
    free(q);
}

void talk_give_up(struct talk *t, const struct fail *why)
{
    uint32_t last = t->requests.last_id;
    struct request *q;

    while ((q = requests_take_oldest(&t->requests, last)))
        answer(q, NULL, why);
}

/* ---- waiting ------------------------------------------------------------------- */

/* Also one that talks all the time: it ends when it has not heard us for long. */
static uint64_t ping_due_ms(const struct talk *t)
{
    return t->greeted && !t->pinging ? t->pinged_ms + t->idle_ms : REQUESTS_NEVER;
}

uint64_t talk_due_ms(const struct talk *t)
{
    uint64_t request_ms = requests_due(&t->requests), ping_ms = ping_due_ms(t);

    return request_ms < ping_ms ? request_ms : ping_ms;
}

static void on_pong(void *arg, const struct json *body, const struct fail *why)
{
    struct talk *t = arg;
    struct fail silent;

    (void)body;
    t->pinging = false;
    if (!why || !t->greeted || t->heard_ms > t->pinged_ms)
        return;
    fail_set(&silent, FAIL_LINK_LOST, "the agent does not answer: %s", why->text);
    t->hooks->silent(t->arg, &silent);
}

void talk_tick(struct talk *t, uint64_t now_ms)
{
    const struct talk_question ping = {.what = "ping", .deadline_ms = t->idle_ms / 2 + 1};
    uint32_t last = t->requests.last_id;
    struct request *q;

    while ((q = requests_take_due(&t->requests, now_ms, last)))
        answer(q, NULL, &q->why);
    if (ping_due_ms(t) <= now_ms) {
        t->pinging = true;
        t->pinged_ms = now_ms;
        talk_ask(t, &ping, now_ms, on_pong, t);
    }
}

/* ---- hearing ------------------------------------------------------------------- */

static int on_hello(struct talk *t, const struct message *m, struct fail *why)
{
    if (message_check_hello(m->body, why) < 0 || send_hello(t, why) < 0)
        return -1;
    t->greeted = true;
    t->pinged_ms = t->heard_ms;
    t->hooks->greeted(t->arg, m->body);
    return 0;
}

/* An answer to nothing comes too late: its request was given up. */
static void on_answer(struct talk *t, const struct message *m)
{
    struct request *q = requests_take(&t->requests, m->id);

    if (q && m->type == MESSAGE_FAILURE)
        answer(q, NULL, &m->fail);
    else if (q)
        answer(q, m->body, NULL);
}

static int on_message(struct talk *t, const struct message *m, struct fail *why)
{
    if (m->type == MESSAGE_HELLO && !t->greeted)
        return on_hello(t, m, why);
    if (t->greeted && (m->type == MESSAGE_ANSWER || m->type == MESSAGE_FAILURE)) {
        on_answer(t, m);
        return 0;
    }
    if (t->greeted && m->type == MESSAGE_EVENT) {
        t->hooks->event(t->arg, m->name, m->body);
        return 0;
    }
    return fail_set(why, FAIL_GARBAGE, "the agent says what an agent does not say here");
}

static int on_text(struct talk *t, const char *text, size_t len_bytes, struct fail *why)
{
    struct message m;
    int rc;

    if (t->greeted && t->hooks->frame && mux_is_frame(text, len_bytes))
        return t->hooks->frame(t->arg, text, len_bytes, why);
    if (message_parse(text, len_bytes, &m, why) < 0)
        return -1;
    rc = on_message(t, &m, why);
    message_clear(&m);
    return rc;
}

int talk_hear(struct talk *t, const char *bytes, size_t len_bytes, struct fail *why)
{
    int rc = frame_push(t->reader, bytes, len_bytes, why);
    const char *text;

    while (rc == 0 && t->reader && (text = frame_next(t->reader, &len_bytes))) {
        t->received++;
        rc = on_text(t, text, len_bytes, why);
    }
    /* What follows the last whole message must be able to be one, too. */
    return rc == 0 && t->reader ? frame_push(t->reader, "", 0, why) : rc;
}
