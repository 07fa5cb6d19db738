/* message - what one frame says
 *
 *   hello     {"hello": {"protocol": 1, "version": "0.1.0", ...}}      both, first
 *   request   {"id": 7, "ask": "detect", "body": {...}}                controller
 *   answer    {"id": 7, "body": {...}}                                 agent
 *   failure   {"id": 7, "fail": {"code": "disk-full", "text": "..."}}  agent
 *   event     {"event": "step", "body": {...}}                         agent
 *
 * The agent says hello first (after FRAME_MARKER), the controller answers with
 * its own hello, and either side refuses the other when the protocol number is
 * not its own.  Each request is answered once, by an answer or a failure.
 *
 * The requests, their bodies and answers are listed in message.c's companion
 * table, below; facts.h, steps.h and measure.h hold the structures.
 *
 *   ask        body                                    answer
 *   detect     {}                                      facts (facts.h)
 *   claim      {run, controller, user, epoch, until_s}     {}  or "claimed-by-another"
 *              and from, when the claim of that run is to be taken over
 *   release    {run, epoch}                            {}
 *   install    {run, epoch, steps (steps.h)}           {steps: [{name, state, seconds}]}
 *              events meanwhile: "step" {name, state, seconds}, "output" {name, line}
 *   reboot     {run, epoch, boot_id}                   {already}: true when boot_id is of
 *                                                      an earlier boot, so it has happened
 *   join       {campaign, hca, port}                   endpoint (measure.h)
 *   order      order (measure.h)                       {results: [...]} (measure.h)
 *   leave      {campaign}                              {}
 *   logs       {run, step}, either may be missing      {logs: [{run, step, attempt, at_s,
 *                                                      bytes, text}]}, the end of each
 *   uninstall  {}                                      {removed: [paths]}
 *   ping       {}                                      {}
 */
#ifndef PROTOCOL_MESSAGE_H
#define PROTOCOL_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"

struct json;

/* Raised whenever an older peer could misunderstand a newer one. */
#define MESSAGE_PROTOCOL 1

enum message_type {
    MESSAGE_HELLO,
    MESSAGE_REQUEST,
    MESSAGE_ANSWER,
    MESSAGE_FAILURE,
    MESSAGE_EVENT,
};

struct message {
    enum message_type type;
    uint32_t id;             /* request, answer, failure                        */
    const char *name;        /* request: what is asked; event: what happened    */
    const struct json *body; /* an object; of a hello: its content. Not failure */
    struct fail fail;        /* failure                                         */
    struct json *doc;        /* owns the strings and the body                   */
};

/* Read one message.  On success *m is to be cleared; FAIL_GARBAGE names the
 * field that is wrong, FAIL_MEMORY.
 */
int message_parse(const char *text, size_t len_bytes, struct message *m,
                  struct fail *why);
void message_clear(struct message *m);

/* Each makes one whole frame (length and JSON) in *frame, the caller's to free.
 * body is borrowed and may be NULL for {}.  FAIL_MEMORY, or FAIL_BUG when the
 * message would not fit a frame.
 */
int message_encode_hello(const struct json *content, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why);
int message_encode_request(uint32_t id, const char *ask, const struct json *body,
                           unsigned char **frame, size_t *frame_bytes, struct fail *why);
int message_encode_answer(uint32_t id, const struct json *body, unsigned char **frame,
                          size_t *frame_bytes, struct fail *why);
int message_encode_failure(uint32_t id, const struct fail *reason, unsigned char **frame,
                           size_t *frame_bytes, struct fail *why);
int message_encode_event(const char *name, const struct json *body, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why);

/* The start of every hello: {"protocol": MESSAGE_PROTOCOL, "version": "..."}; the
 * caller adds to it.  NULL: out of memory.
 */
struct json *message_hello(void);

/* Does the peer's hello speak our protocol?  FAIL_VERSION says both numbers and
 * what to do.
 */
int message_check_hello(const struct json *content, struct fail *why);

#endif
