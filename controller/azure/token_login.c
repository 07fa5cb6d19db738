/* A service principal at the login: by its secret, by an assertion that its certificate
 * signs, or by the token that somebody else gave it (workload identity), whose file is
 * read anew each time, since it is replaced there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/arm_url.h"
#include "controller/azure/assertion.h"
#include "controller/azure/cloud.h"
#include "controller/azure/secret.h"
#include "controller/azure/throttle.h"
#include "controller/azure/token.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "controller/azure/web.h"
#include "controller/screen/text.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define TRIES 4u

static void ask(struct tokens *t);

/* A text that has held a secret. */
static void wipe_text(struct text *text)
{
    if (text->bytes)
        explicit_bzero(text->bytes, text->room_bytes);
    text_clear(text);
}

/* ---- the form -------------------------------------------------------------------------------- */

static int make_assertion(const struct tokens *t, const char *url, char **assertion,
                          struct fail *why)
{
    if (t->kind == TOKEN_WORKLOAD_IDENTITY)
        return token_file_read(t->said.federated_token_path, t->said.federated_token_path,
                               assertion, why);
    *assertion = assertion_make(t->said.certificate_path, t->said.client_id, url,
                                (int64_t)time(NULL), why);
    return *assertion ? 0 : -1;
}

static int put_proof(const struct tokens *t, const char *url, struct text *form,
                     struct fail *why)
{
    CLEANUP(secret_done) char *assertion = NULL;

    if (t->kind == TOKEN_CLIENT_SECRET) {
        text_add(form, "&client_secret=");
        arm_url_put(form, t->said.client_secret, "");
        return 0;
    }
    if (make_assertion(t, url, &assertion, why) < 0)
        return -1;
    text_add(form, "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3A"
                   "client-assertion-type%%3Ajwt-bearer&client_assertion=");
    arm_url_put(form, assertion, "");
    return 0;
}

/* All the room at once: what grows leaves copies behind. */
static int make_form(const struct tokens *t, const char *url, struct text *form,
                     struct fail *why)
{
    text_fill(form, ' ', 3 * TOKEN_MAX_BYTES);
    text_reset(form);
    text_add(form, "grant_type=client_credentials&client_id=");
    arm_url_put(form, t->said.client_id, "");
    text_add(form, "&scope=");
    arm_url_put(form, t->cloud->resource, "");
    text_add(form, "%%2F.default");
    if (put_proof(t, url, form, why) < 0)
        return -1;
    return text_is_cut(form) ? fail_memory(why) : 0;
}

/* ---- the answer ---------------------------------------------------------------------------------- */

static void on_again(uv_timer_t *timer)
{
    ask(timer->data);
}

static bool may_pass(const struct tokens *t, const struct web_answer *answer)
{
    if (t->tries >= TRIES)
        return false;
    if (answer->why)
        return answer->why->code == FAIL_AZURE_UNREACHABLE;
    return answer->status == 429 || answer->status >= 500;
}

static void try_again(struct tokens *t, const struct web_answer *answer)
{
    int64_t ms = web_retry_after_ms(answer);

    if (ms < 0 || ms > 60000)
        ms = (int64_t)throttle_back_off_ms(t->tries, (uint32_t)uv_hrtime());
    uv_timer_start(t->timer, on_again, (uint64_t)ms, 0);
}

static int read_answer(const struct web_answer *answer, struct json **doc,
                       struct token_answer *granted, struct fail *why)
{
    if (answer->why) {
        *why = *answer->why;
        return fail_prefix(why, "the login");
    }
    json_parse(answer->body, answer->len_bytes, doc, NULL);
    if (answer->status == 200)
        return token_answer_read(*doc, (int64_t)time(NULL), granted, why);
    token_tell_refusal("the login", answer->status, *doc, why);
    return -1;
}

static void on_answer(void *arg, const struct web_answer *answer)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct tokens *t = arg;
    struct token_answer granted;
    struct fail why;

    t->call = NULL;
    if (may_pass(t, answer))
        try_again(t, answer);
    else if (read_answer(answer, &doc, &granted, &why) < 0)
        token_refuse(t, &why);
    else
        token_grant(t, &granted);
}

static void ask(struct tokens *t)
{
    static const char *const headers[] = {
        "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
        NULL};
    CLEANUP(wipe_text) struct text form = {.max_bytes = 4 * TOKEN_MAX_BYTES};
    char url[CLOUD_MAX_URL + 256];
    struct fail why;

    t->tries++;
    snprintf(url, sizeof url, "%s/%.128s/oauth2/v2.0/token", t->cloud->login,
             t->said.tenant);
    if (make_form(t, url, &form, &why) < 0 ||
        token_send(t, url, headers, text_of(&form), 0, on_answer, &why) < 0)
        token_refuse(t, &why);
}

void token_login_begin(struct tokens *t)
{
    ask(t);
}
