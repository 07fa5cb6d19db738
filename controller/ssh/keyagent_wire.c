#include "controller/ssh/keyagent_wire.h"

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/scope.h"

enum {
    AGENT_FAILURE = 5,
    AGENT_LIST = 11,
    AGENT_KEYS = 12,
    AGENT_SIGN = 13,
    AGENT_SIGNATURE = 14,
};

enum { FLAG_RSA_SHA256 = 2, FLAG_RSA_SHA512 = 4 };

int keyagent_encode_list(unsigned char **frame, size_t *frame_bytes, struct fail *why)
{
    const char message = AGENT_LIST;

    return frame_encode(&message, 1, frame, frame_bytes, why);
}

static uint32_t flags_of(const struct blob *scheme)
{
    return blob_is(scheme, "rsa-sha2-512")   ? FLAG_RSA_SHA512
           : blob_is(scheme, "rsa-sha2-256") ? FLAG_RSA_SHA256
                                             : 0;
}

int keyagent_encode_sign(const struct blob *key, const struct blob *data,
                         const struct blob *scheme, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why)
{
    size_t len_bytes = 1 + 4 + key->len_bytes + 4 + data->len_bytes + 4;
    CLEANUP(text_done) char *message = malloc(len_bytes);
    unsigned char *at = (unsigned char *)message;

    if (!message)
        return fail_memory(why);
    *at++ = AGENT_SIGN;
    blob_put_string(&at, key->bytes, key->len_bytes);
    blob_put_string(&at, data->bytes, data->len_bytes);
    blob_put_u32(&at, flags_of(scheme));
    return frame_encode(message, len_bytes, frame, frame_bytes, why);
}

/* What stands behind the byte that says what it is. */
static int open_answer(struct blob answer, unsigned char expected, struct blob *rest,
                       struct fail *why)
{
    unsigned char kind = answer.len_bytes > 0 ? answer.bytes[0] : 0;

    if (kind == AGENT_FAILURE)
        return fail_set(why, FAIL_KEY_FILE, "the ssh-agent refuses");
    if (kind != expected || answer.len_bytes > KEYAGENT_ANSWER_MAX_BYTES)
        return fail_set(why, FAIL_KEY_FILE, "the ssh-agent does not speak its protocol");
    blob_skip(&answer, 1);
    *rest = answer;
    return 0;
}

int keyagent_decode_list(const struct blob *answer, uint32_t *count, struct blob *keys,
                         struct fail *why)
{
    struct blob rest;

    if (open_answer(*answer, AGENT_KEYS, &rest, why) < 0)
        return -1;
    if (blob_next_u32(&rest, count) < 0)
        return fail_set(why, FAIL_KEY_FILE, "the ssh-agent's list of keys is cut");
    *keys = rest;
    return 0;
}

int keyagent_next_key(struct blob *keys, struct blob *key, struct blob *comment)
{
    return blob_next_string(keys, key) < 0 || blob_next_string(keys, comment) < 0 ? -1
                                                                                  : 0;
}

int keyagent_decode_signature(const struct blob *answer, const struct blob *scheme,
                              struct blob *signature, struct fail *why)
{
    struct blob rest, whole, made_with;

    if (open_answer(*answer, AGENT_SIGNATURE, &rest, why) < 0)
        return -1;
    if (blob_next_string(&rest, &whole) < 0 || blob_next_string(&whole, &made_with) < 0 ||
        !blob_equals(&made_with, scheme) || blob_next_string(&whole, signature) < 0 ||
        signature->len_bytes == 0)
        return fail_set(why, FAIL_KEY_FILE,
                        "the ssh-agent's signature is not one by %.*s",
                        (int)scheme->len_bytes, (const char *)scheme->bytes);
    return 0;
}
