#include "protocol/message.h"

#include <string.h>

#include "protocol/fail_wire.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define ID_MAX 0xffffffff

/* ---- reading ------------------------------------------------------------------- */

static int read_id(struct message *m, struct fail *why)
{
    int64_t id;

    if (json_get_int(m->doc, "id", 1, ID_MAX, &id, why) < 0)
        return -1;
    m->id = (uint32_t)id;
    return 0;
}

static int read_fail(struct message *m, struct fail *why)
{
    const struct json *said;

    if (json_get_object(m->doc, "fail", &said, why) < 0 ||
        fail_wire_get(said, &m->fail, why) < 0)
        return -1;
    m->type = MESSAGE_FAILURE;
    return read_id(m, why);
}

static int read_named(struct message *m, enum message_type type, const char *key,
                      struct fail *why)
{
    m->type = type;
    return json_get_text(m->doc, key, &m->name, why) < 0 ||
                   json_get_object(m->doc, "body", &m->body, why) < 0
               ? -1
               : 0;
}

/* Which of the five it is shows in the field that only it has. */
static int read_message(struct message *m, struct fail *why)
{
    if (!json_is_object(m->doc))
        return fail_set(why, FAIL_GARBAGE, "a message is not an object");
    if (json_find(m->doc, "hello")) {
        m->type = MESSAGE_HELLO;
        return json_get_object(m->doc, "hello", &m->body, why);
    }
    if (json_find(m->doc, "event"))
        return read_named(m, MESSAGE_EVENT, "event", why);
    if (json_find(m->doc, "fail"))
        return read_fail(m, why);
    if (json_find(m->doc, "ask"))
        return read_named(m, MESSAGE_REQUEST, "ask", why) < 0 ? -1 : read_id(m, why);
    m->type = MESSAGE_ANSWER;
    return json_get_object(m->doc, "body", &m->body, why) < 0 ? -1 : read_id(m, why);
}

int message_parse(const char *text, size_t len_bytes, struct message *m, struct fail *why)
{
    struct message made = {.type = MESSAGE_HELLO};

    if (json_parse(text, len_bytes, &made.doc, why) < 0)
        return -1;
    if (read_message(&made, why) < 0) {
        message_clear(&made);
        return -1;
    }
    *m = made;
    return 0;
}

void message_clear(struct message *m)
{
    json_free(m->doc);
    memset(m, 0, sizeof *m);
}

/* ---- writing ------------------------------------------------------------------- */

static int encode(const struct json *doc, unsigned char **frame, size_t *frame_bytes,
                  struct fail *why)
{
    CLEANUP(text_done) char *text = json_print(doc);

    if (!text)
        return fail_memory(why);
    return frame_encode(text, strlen(text), frame, frame_bytes, why);
}

static struct json *body_or_empty(const struct json *body)
{
    return body ? json_copy(body) : json_object();
}

int message_encode_hello(const struct json *content, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put(doc, "hello", body_or_empty(content)) < 0)
        return fail_memory(why);
    return encode(doc, frame, frame_bytes, why);
}

int message_encode_request(uint32_t id, const char *ask, const struct json *body,
                           unsigned char **frame, size_t *frame_bytes, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_int(doc, "id", id) < 0 || json_put_text(doc, "ask", ask) < 0 ||
        json_put(doc, "body", body_or_empty(body)) < 0)
        return fail_memory(why);
    return encode(doc, frame, frame_bytes, why);
}

int message_encode_answer(uint32_t id, const struct json *body, unsigned char **frame,
                          size_t *frame_bytes, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_int(doc, "id", id) < 0 ||
        json_put(doc, "body", body_or_empty(body)) < 0)
        return fail_memory(why);
    return encode(doc, frame, frame_bytes, why);
}

int message_encode_failure(uint32_t id, const struct fail *reason, unsigned char **frame,
                           size_t *frame_bytes, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();
    struct json *said = json_object();

    if (!doc || !said || json_put_int(doc, "id", id) < 0 ||
        fail_wire_put(said, reason) < 0) {
        json_free(said);
        return fail_memory(why);
    }
    if (json_put(doc, "fail", said) < 0)
        return fail_memory(why);
    return encode(doc, frame, frame_bytes, why);
}

int message_encode_event(const char *name, const struct json *body, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "event", name) < 0 ||
        json_put(doc, "body", body_or_empty(body)) < 0)
        return fail_memory(why);
    return encode(doc, frame, frame_bytes, why);
}

/* ---- hello --------------------------------------------------------------------- */

struct json *message_hello(void)
{
    struct json *hello = json_object();

    if (hello && json_put_int(hello, "protocol", MESSAGE_PROTOCOL) == 0 &&
        json_put_text(hello, "version", IBFLEET_VERSION) == 0)
        return hello;
    json_free(hello);
    return NULL;
}

int message_check_hello(const struct json *content, struct fail *why)
{
    int64_t protocol;
    const char *version;

    if (json_get_int(content, "protocol", 0, ID_MAX, &protocol, why) < 0 ||
        json_get_text(content, "version", &version, why) < 0)
        return fail_prefix(why, "hello");
    if (protocol != MESSAGE_PROTOCOL)
        return fail_set(why, FAIL_VERSION,
                        "the other side is ibfleet %s and speaks protocol %d, this is %s "
                        "with protocol %d; use one version on both",
                        version, (int)protocol, IBFLEET_VERSION, MESSAGE_PROTOCOL);
    return 0;
}
