#include "controller/ssh/signer.h"

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent.h"
#include "controller/ssh/userkey.h"

static void on_answer(void *arg, const struct blob *signature, const struct fail *why)
{
    struct signer *s = arg;

    s->ask = NULL;
    s->is_answered = true;
    s->sig = signature ? malloc(signature->len_bytes) : NULL;
    if (s->sig) {
        memcpy(s->sig, signature->bytes, signature->len_bytes);
        s->sig_bytes = signature->len_bytes;
    } else if (why) {
        s->why = *why;
    } else {
        fail_memory(&s->why);
    }
    s->on_signed(s->arg);
}

static enum signer_step ask(struct signer *s, const struct userkey *key,
                            const struct blob *data, struct fail *why)
{
    const struct blob public_half = userkey_blob(key);
    struct blob scheme;

    if (userkey_scheme(key, data->bytes, data->len_bytes, &scheme) < 0) {
        fail_set(why, FAIL_KEY_FILE, "it cannot sign as the server wants");
        return SIGNER_FAILED;
    }
    if (!s->joined)
        keyagent_join(s->agent, s->loop);
    s->joined = true;
    s->ask = keyagent_sign(s->agent, &public_half, data, &scheme, on_answer, s, why);
    return s->ask ? SIGNER_WAIT : SIGNER_FAILED;
}

static enum signer_step hand_over(struct signer *s, unsigned char **sig,
                                  size_t *sig_bytes, struct fail *why)
{
    s->is_answered = false;
    if (!s->sig) {
        *why = s->why;
        return SIGNER_FAILED;
    }
    *sig = s->sig;
    *sig_bytes = s->sig_bytes;
    s->sig = NULL;
    return SIGNER_DONE;
}

static enum signer_step next(struct signer *s, const struct userkey *key,
                             const struct blob *data, unsigned char **sig,
                             size_t *sig_bytes, struct fail *why)
{
    if (s->ask)
        return SIGNER_WAIT;
    if (s->is_answered)
        return hand_over(s, sig, sig_bytes, why);
    if (!userkey_has_secret(key) && s->agent)
        return ask(s, key, data, why);
    if (userkey_sign(key, data->bytes, data->len_bytes, sig, sig_bytes) == 0)
        return SIGNER_DONE;
    fail_set(why, FAIL_KEY_FILE, "it cannot sign");
    return SIGNER_FAILED;
}

enum signer_step signer_sign(struct signer *s, const struct userkey *key,
                             const unsigned char *data, size_t len_bytes,
                             unsigned char **sig, size_t *sig_bytes, struct fail *why)
{
    const struct blob request = {data, len_bytes};
    enum signer_step step = next(s, key, &request, sig, sig_bytes, why);

    if (step == SIGNER_FAILED)
        fail_prefix(why, "the key %s", userkey_name(key));
    return step;
}

bool signer_is_asking(const struct signer *s)
{
    return s->ask != NULL;
}

void signer_clear(struct signer *s)
{
    if (s->ask)
        keyagent_cancel(s->ask);
    s->ask = NULL;
    free(s->sig);
    s->sig = NULL;
    s->is_answered = false;
    if (s->joined)
        keyagent_leave(s->agent);
    s->joined = false;
}
