/* The bearer, its end, and all who wait for the next one. */
#include "controller/azure/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/azure/cloud.h"
#include "controller/azure/secret.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "controller/azure/web.h"

static void free_tokens(struct tokens *t)
{
    char **words[] = {&t->said.tenant,
                      &t->said.client_id,
                      &t->said.object_id,
                      &t->said.msi_res_id,
                      &t->said.client_secret,
                      &t->said.certificate_path,
                      &t->said.federated_token_path,
                      &t->said.token_path,
                      &t->said.metadata,
                      &t->said.subscription,
                      &t->bearer,
                      &t->subscription};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        secret_done(words[i]);
    free(t->timer);
    free(t);
}

/* ---- begin ---------------------------------------------------------------------------------- */

static int copy(char **into, const char *text)
{
    if (!text || !*text)
        return 0;
    *into = strdup(text);
    return *into ? 0 : -1;
}

static int copy_words(struct token_words *said, const struct arm_settings *s)
{
    const char *metadata = s->metadata ? s->metadata : CLOUD_METADATA;

    return copy(&said->tenant, s->tenant) < 0 ||
                   copy(&said->client_id, s->client_id) < 0 ||
                   copy(&said->object_id, s->object_id) < 0 ||
                   copy(&said->msi_res_id, s->msi_res_id) < 0 ||
                   copy(&said->client_secret, s->client_secret) < 0 ||
                   copy(&said->certificate_path, s->certificate_path) < 0 ||
                   copy(&said->federated_token_path, s->federated_token_path) < 0 ||
                   copy(&said->token_path, s->token_path) < 0 ||
                   copy(&said->subscription, s->subscription) < 0 ||
                   copy(&said->metadata, metadata) < 0
               ? -1
               : 0;
}

int token_open(struct uv_loop_s *loop, struct web *web,
               const struct arm_settings *settings, struct tokens **made,
               struct fail *why)
{
    enum token_kind kind;
    struct tokens *t;
    int may_fall_back;

    if (token_choose(settings, &kind, &may_fall_back, why) < 0)
        return -1;
    t = calloc(1, sizeof *t);
    if (t)
        t->timer = malloc(sizeof *t->timer);
    if (!t || !t->timer || copy_words(&t->said, settings) < 0) {
        if (t)
            free_tokens(t);
        return fail_memory(why);
    }
    t->loop = loop;
    t->web = web;
    t->kind = kind;
    t->may_fall_back = may_fall_back;
    uv_timer_init(loop, t->timer);
    t->timer->data = t;
    *made = t;
    return 0;
}

void token_set_cloud(struct tokens *t, const struct cloud *cloud)
{
    t->cloud = cloud;
}

const char *token_source(const struct tokens *t)
{
    return token_kind_name(t->kind);
}

const char *token_subscription(const struct tokens *t)
{
    return t->subscription;
}

/* ---- asking --------------------------------------------------------------------------------- */

const char *token_ready(struct tokens *t, unsigned *generation)
{
    *generation = t->generation;
    return t->bearer && uv_now(t->loop) < t->renew_at_ms ? t->bearer : NULL;
}

static void begin(struct tokens *t)
{
    static void (*const begins[TOKEN_KINDS])(struct tokens * t) = {
        [TOKEN_MANAGED_IDENTITY] = token_metadata_begin,
        [TOKEN_CLI] = token_cli_begin,
        [TOKEN_FILE] = token_file_begin,
        [TOKEN_CLIENT_SECRET] = token_login_begin,
        [TOKEN_CLIENT_CERTIFICATE] = token_login_begin,
        [TOKEN_WORKLOAD_IDENTITY] = token_login_begin,
    };

    t->tries = 0;
    t->begun_ms = uv_now(t->loop);
    begins[t->kind](t);
}

static void on_begin(uv_timer_t *timer)
{
    begin(timer->data);
}

/* From the loop, so that no answer comes before the asking has returned. */
void token_ask(struct tokens *t, struct token_wait *wait, unsigned generation)
{
    wait->next = t->waiting;
    t->waiting = wait;
    if (t->is_renewing)
        return;
    if (generation == t->generation)
        secret_done(&t->bearer);
    t->is_renewing = 1;
    uv_update_time(t->loop);
    uv_timer_start(t->timer, on_begin, 0, 0);
}

void token_forget(struct tokens *t, struct token_wait *wait)
{
    for (struct token_wait **link = &t->waiting; *link; link = &(*link)->next)
        if (*link == wait) {
            *link = wait->next;
            return;
        }
}

/* ---- answering ------------------------------------------------------------------------------- */

/* One after the other from the list itself: a callback may forget others, or close. */
static void tell_waiting(struct tokens *t)
{
    struct fail answer = t->answer;
    unsigned generation = t->generation;
    struct token_wait *wait;

    while (!t->is_closing && !t->is_renewing && t->generation == generation &&
           (wait = t->waiting)) {
        t->waiting = wait->next;
        wait->done(wait->arg, answer.code == FAIL_NONE ? NULL : &answer);
    }
}

static void on_answer(uv_timer_t *timer)
{
    struct tokens *t = timer->data;

    t->is_renewing = 0;
    tell_waiting(t);
}

static void answer(struct tokens *t)
{
    t->call = NULL;
    uv_timer_start(t->timer, on_answer, 0, 0);
}

void token_grant(struct tokens *t, const struct token_answer *granted)
{
    uint64_t use_ms = token_use_ms(granted->lives_s);

    secret_done(&t->bearer);
    t->bearer = strdup(granted->bearer);
    if (!t->bearer) {
        fail_memory(&t->answer);
        answer(t);
        return;
    }
    if (!t->subscription && granted->subscription)
        t->subscription = strdup(granted->subscription);
    t->generation++;
    t->renew_at_ms = uv_now(t->loop) + use_ms;
    t->answer = (struct fail){.code = FAIL_NONE};
    answer(t);
}

/* Where nobody named a source, a machine without an identity may have az. */
void token_refuse(struct tokens *t, const struct fail *why)
{
    t->call = NULL;
    if (t->may_fall_back && t->kind == TOKEN_MANAGED_IDENTITY && t->generation == 0) {
        t->kind = TOKEN_CLI;
        uv_timer_start(t->timer, on_begin, 0, 0);
        return;
    }
    t->answer = *why;
    fail_prefix(&t->answer, "credential %s", token_source(t));
    answer(t);
}

/* ---- for the sources ---------------------------------------------------------------------------- */

int token_send(struct tokens *t, const char *url, const char *const *headers,
               const char *form, int is_direct,
               void (*done)(void *arg, const struct web_answer *answer), struct fail *why)
{
    struct web_request ask = {
        .method = form ? "POST" : "GET",
        .url = url,
        .headers = headers,
        .body = form,
        .body_bytes = form ? strlen(form) : 0,
        .deadline_ms = 30000,
        .connect_ms = is_direct ? 1000 : 0,
        .max_bytes = 4 * TOKEN_MAX_BYTES,
        .is_direct = is_direct,
    };

    t->call = web_ask(t->web, &ask, done, t, why);
    return t->call ? 0 : -1;
}

/* ---- the end ------------------------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct tokens *t = handle->data;
    void (*closed)(void *arg) = t->closed;
    void *arg = t->closed_arg;

    free_tokens(t);
    if (closed)
        closed(arg);
}

void token_close(struct tokens *t, void (*closed)(void *arg), void *arg)
{
    assert(!t->is_closing);
    t->is_closing = 1;
    t->closed = closed;
    t->closed_arg = arg;
    t->waiting = NULL;
    if (t->call)
        web_cancel(t->call);
    t->call = NULL;
    if (t->az)
        token_cli_cancel(t);
    uv_timer_stop(t->timer);
    uv_close((uv_handle_t *)t->timer, on_timer_closed);
}
