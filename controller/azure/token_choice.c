#include "controller/azure/token_choice.h"

#include <string.h>

#include "controller/azure/arm.h"
#include "protocol/fail.h"

static const char *const names[TOKEN_KINDS] = {
    [TOKEN_MANAGED_IDENTITY] = "managed-identity",
    [TOKEN_CLI] = "cli",
    [TOKEN_FILE] = "token",
    [TOKEN_CLIENT_SECRET] = "client-secret",
    [TOKEN_CLIENT_CERTIFICATE] = "client-certificate",
    [TOKEN_WORKLOAD_IDENTITY] = "workload-identity",
};

const char *token_kind_name(enum token_kind kind)
{
    return names[kind];
}

/* A tenant becomes a part of the login's path. */
static int check_tenant(const char *tenant, struct fail *why)
{
    if (tenant[strspn(tenant, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789.-")] ||
        tenant[0] == '.')
        return fail_set(why, FAIL_USAGE, "tenant %s: neither an id nor a domain", tenant);
    return 0;
}

static int need(enum token_kind kind, const char *value, const char *setting,
                const char *variable, struct fail *why)
{
    if (value && *value)
        return 0;
    return fail_set(why, FAIL_AZURE_LOGIN, "credential %s needs %s (or the variable %s)",
                    names[kind], setting, variable);
}

static int check_application(enum token_kind kind, const struct arm_settings *s,
                             struct fail *why)
{
    if (need(kind, s->tenant, "tenant =", "AZURE_TENANT_ID", why) < 0 ||
        need(kind, s->client_id, "client_id =", "AZURE_CLIENT_ID", why) < 0)
        return -1;
    return check_tenant(s->tenant, why);
}

static int check(enum token_kind kind, const struct arm_settings *s, struct fail *why)
{
    switch (kind) {
    case TOKEN_FILE:
        return need(kind, s->token_path, "token =", "AZURE_TOKEN_FILE", why);
    case TOKEN_CLIENT_SECRET:
        if (need(kind, s->client_secret, "a secret", "AZURE_CLIENT_SECRET", why) < 0)
            return -1;
        return check_application(kind, s, why);
    case TOKEN_CLIENT_CERTIFICATE:
        if (need(kind, s->certificate_path,
                 "certificate =", "AZURE_CLIENT_CERTIFICATE_PATH", why) < 0)
            return -1;
        return check_application(kind, s, why);
    case TOKEN_WORKLOAD_IDENTITY:
        if (need(kind, s->federated_token_path, "a token file",
                 "AZURE_FEDERATED_TOKEN_FILE", why) < 0)
            return -1;
        return check_application(kind, s, why);
    default:
        return 0;
    }
}

static enum token_kind configured(const struct arm_settings *s, int *may_fall_back)
{
    *may_fall_back = 0;
    if (s->token_path)
        return TOKEN_FILE;
    if (s->client_secret)
        return TOKEN_CLIENT_SECRET;
    if (s->certificate_path)
        return TOKEN_CLIENT_CERTIFICATE;
    if (s->federated_token_path)
        return TOKEN_WORKLOAD_IDENTITY;
    *may_fall_back = !s->object_id && !s->msi_res_id;
    return TOKEN_MANAGED_IDENTITY;
}

static int find(const char *name, enum token_kind *kind, struct fail *why)
{
    for (int i = 0; i < TOKEN_KINDS; i++)
        if (strcmp(names[i], name) == 0) {
            *kind = (enum token_kind)i;
            return 0;
        }
    return fail_set(why, FAIL_USAGE,
                    "no such credential: '%s'; there are managed-identity, cli, token, "
                    "client-secret, client-certificate, workload-identity and auto",
                    name);
}

int token_choose(const struct arm_settings *s, enum token_kind *kind, int *may_fall_back,
                 struct fail *why)
{
    enum token_kind chosen = TOKEN_MANAGED_IDENTITY;
    int falls_back = 0;

    if (!s->credential || strcmp(s->credential, "auto") == 0)
        chosen = configured(s, &falls_back);
    else if (find(s->credential, &chosen, why) < 0)
        return -1;
    if (check(chosen, s, why) < 0)
        return -1;
    *kind = chosen;
    *may_fall_back = falls_back;
    return 0;
}
