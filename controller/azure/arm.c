/* The object: what it is made of, and how it finds out which Azure it is in. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/arm_parts.h"
#include "controller/azure/arm_url.h"
#include "controller/azure/throttle.h"
#include "controller/azure/web.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* The metadata service is on the machine itself, or it is not there. */
#define METADATA_CONNECT_MS 500
#define METADATA_MS         3000

/* ---- settings ---------------------------------------------------------------------------- */

static void take_variable(const char **setting, const char *name)
{
    const char *value = *setting ? NULL : getenv(name);

    if (value && *value)
        *setting = value;
}

void arm_settings_from_environment(struct arm_settings *s)
{
    take_variable(&s->subscription, "AZURE_SUBSCRIPTION_ID");
    take_variable(&s->tenant, "AZURE_TENANT_ID");
    take_variable(&s->client_id, "AZURE_CLIENT_ID");
    take_variable(&s->client_secret, "AZURE_CLIENT_SECRET");
    take_variable(&s->certificate_path, "AZURE_CLIENT_CERTIFICATE_PATH");
    take_variable(&s->federated_token_path, "AZURE_FEDERATED_TOKEN_FILE");
    take_variable(&s->token_path, "AZURE_TOKEN_FILE");
    take_variable(&s->login, "AZURE_AUTHORITY_HOST");
    take_variable(&s->metadata, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
    take_variable(&s->ca_bundle, "CURL_CA_BUNDLE");
    take_variable(&s->ca_bundle, "SSL_CERT_FILE");
    take_variable(&s->ca_bundle, "REQUESTS_CA_BUNDLE");
}

/* ---- open ----------------------------------------------------------------------------------- */

static int set_cloud(struct arm *arm, const struct arm_settings *s, struct fail *why)
{
    bool is_custom = s->cloud && strcmp(s->cloud, "custom") == 0;

    if (is_custom && (!s->arm || !s->login))
        return fail_set(why, FAIL_USAGE,
                        "cloud custom needs arm = and login = in [azure]");
    if (cloud_named(s->cloud && !is_custom ? s->cloud : "public", &arm->cloud, why) < 0 ||
        cloud_change(&arm->cloud, s->arm, s->login, s->resource, why) < 0)
        return -1;
    arm->is_cloud_said = s->cloud || s->arm || s->login;
    return 0;
}

static int set_words(struct arm *arm, const struct arm_settings *s, struct fail *why)
{
    const char *metadata = s->metadata ? s->metadata : CLOUD_METADATA;

    if (cloud_check_metadata(metadata, why) < 0)
        return -1;
    if (s->subscription && *s->subscription &&
        !(arm->subscription = strdup(s->subscription)))
        return fail_memory(why);
    arm->metadata = strdup(metadata);
    arm->throttle = throttle_new();
    arm->timer = malloc(sizeof *arm->timer);
    return arm->metadata && arm->throttle && arm->timer ? 0 : fail_memory(why);
}

static void free_arm(struct arm *arm)
{
    throttle_free(arm->throttle);
    free(arm->timer);
    free(arm->subscription);
    free(arm->metadata);
    free(arm);
}

int arm_open(struct uv_loop_s *loop, const struct arm_settings *settings,
             struct arm **made, struct fail *why)
{
    struct arm *arm = calloc(1, sizeof *arm);

    if (!arm)
        return fail_memory(why);
    arm->loop = loop;
    if (set_cloud(arm, settings, why) < 0 || set_words(arm, settings, why) < 0 ||
        web_open(loop, settings->ca_bundle, &arm->web, why) < 0) {
        free_arm(arm);
        return -1;
    }
    if (token_open(loop, arm->web, settings, &arm->tokens, why) < 0) {
        web_close(arm->web, NULL, NULL);
        free_arm(arm);
        return -1;
    }
    uv_timer_init(loop, arm->timer);
    arm->timer->data = arm;
    arm->open = 1;
    *made = arm;
    return 0;
}

/* ---- which Azure is it? ------------------------------------------------------------------------ */

static void tell_settled(uv_timer_t *timer)
{
    struct arm *arm = timer->data;

    arm->is_settled = true;
    arm->is_settling = false;
    token_set_cloud(arm->tokens, &arm->cloud);
    arm_ships_settled(arm);
}

static void settled(struct arm *arm)
{
    uv_timer_start(arm->timer, tell_settled, 0, 0);
}

static void learn(struct arm *arm, const struct json *compute)
{
    const char *environment = json_text_of(json_find(compute, "azEnvironment"));
    const char *subscription = json_text_of(json_find(compute, "subscriptionId"));

    if (environment && !arm->is_cloud_said)
        cloud_named(environment, &arm->cloud, NULL);
    if (subscription && *subscription && !arm->subscription)
        arm->subscription = strdup(subscription);
}

static void on_metadata(void *arg, const struct web_answer *answer)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct arm *arm = arg;

    arm->settling = NULL;
    if (answer->status == 200 &&
        json_parse(answer->body, answer->len_bytes, &doc, NULL) == 0 &&
        json_is_object(doc))
        learn(arm, doc);
    settled(arm);
}

static void ask_metadata(struct arm *arm)
{
    static const char *const headers[] = {"Metadata: true", NULL};
    char url[CLOUD_MAX_URL + 64];
    struct web_request ask = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .deadline_ms = METADATA_MS,
        .connect_ms = METADATA_CONNECT_MS,
        .max_bytes = 1 << 20,
        .is_direct = true,
    };

    snprintf(url, sizeof url, "%s/metadata/instance/compute?api-version=2021-02-01",
             arm->metadata);
    arm->settling = web_ask(arm->web, &ask, on_metadata, arm, NULL);
    if (!arm->settling)
        settled(arm);
}

void arm_settle(struct arm *arm)
{
    if (arm->is_settled || arm->is_settling)
        return;
    arm->is_settling = true;
    if (arm->is_cloud_said && arm->subscription)
        settled(arm);
    else
        ask_metadata(arm);
}

/* ---- close ---------------------------------------------------------------------------------------- */

void arm_part_closed(struct arm *arm)
{
    void (*closed)(void *arg) = arm->closed;
    void *arg = arm->closed_arg;

    assert(arm->open > 0);
    if (--arm->open > 0)
        return;
    free_arm(arm);
    if (closed)
        closed(arg);
}

static void on_part_closed(void *arg)
{
    arm_part_closed(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
    arm_part_closed(handle->data);
}

void arm_close(struct arm *arm, void (*closed)(void *arg), void *arg)
{
    assert(!arm->is_closing);
    arm->is_closing = true;
    arm->closed = closed;
    arm->closed_arg = arg;
    arm_ships_drop(arm);
    arm_deeds_drop(arm);
    arm->open += 2;
    token_close(arm->tokens, on_part_closed, arm);
    web_close(arm->web, on_part_closed, arm);
    uv_timer_stop(arm->timer);
    uv_close((uv_handle_t *)arm->timer, on_timer_closed);
}

/* ---- what is known -------------------------------------------------------------------------------- */

const char *arm_cloud(const struct arm *arm)
{
    return arm->is_settled || arm->is_cloud_said ? arm->cloud.name : NULL;
}

const char *arm_subscription(const struct arm *arm)
{
    return arm->subscription;
}

const char *arm_credential(const struct arm *arm)
{
    return token_source(arm->tokens);
}

size_t arm_sent(const struct arm *arm)
{
    return arm->sent;
}
