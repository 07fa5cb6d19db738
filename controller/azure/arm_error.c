#include "controller/azure/arm_error.h"

#include <stdio.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"

/* Azure's message: as much as leaves room for the object and the request's id. */
#define MAX_SAID 150

struct said {
    const char *code, *message;
};

static const char *text_in(const struct json *object, const char *key)
{
    return json_is_object(object) ? json_text_of(json_find(object, key)) : NULL;
}

/* With the wrapper or without. */
static const struct json *unwrap(const struct json *body)
{
    const struct json *error = json_is_object(body) ? json_find(body, "error") : NULL;

    return json_is_object(error) ? error : body;
}

/* A failure that only says that something failed has the reason in its details. */
static const struct json *innermost(const struct json *error)
{
    const struct json *details;

    for (int depth = 0; depth < 4; depth++) {
        details = json_is_object(error) ? json_find(error, "details") : NULL;
        details = json_is_array(details) ? json_first(details) : NULL;
        if (!text_in(details, "message"))
            break;
        error = details;
    }
    return error;
}

static struct said read_error(const struct json *error)
{
    const char *code = text_in(error, "code");

    if (code && (strcmp(code, "DeploymentFailed") == 0 ||
                 strcmp(code, "ResourceOperationFailure") == 0))
        error = innermost(error);
    return (struct said){text_in(error, "code"), text_in(error, "message")};
}

/* ---- a missing right ---------------------------------------------------------------------- */

/* The quoted word after `before`, as in: perform action 'Microsoft.Compute/.../read'. */
static int quoted_after(const char *message, const char *before, const char **word)
{
    const char *at = message ? strstr(message, before) : NULL;
    const char *end;

    if (!at)
        return 0;
    *word = at + strlen(before);
    end = strchr(*word, '\'');
    return end && end - *word < 400 ? (int)(end - *word) : 0;
}

/* A long scope's end says which object; its beginning is the subscription's id. */
static int shorten_scope(const char **scope, int len)
{
    while (len > 90) {
        int part = 1 + (int)strcspn(*scope + 1, "/'");

        if (part >= len)
            break;
        *scope += part;
        len -= part;
    }
    return len;
}

static void tell_forbidden(const char *what, const struct said *said, struct fail *why)
{
    const char *action, *scope = NULL;
    int action_len = quoted_after(said->message, "perform action '", &action);
    int whole_len = quoted_after(said->message, "over scope '", &scope);
    int scope_len = shorten_scope(&scope, whole_len);

    if (!action_len)
        fail_set(why, FAIL_AZURE_FORBIDDEN, "%s: not allowed: %.*s", what, MAX_SAID,
                 said->message ? said->message : "Azure does not say what is missing");
    else if (!scope_len)
        fail_set(why, FAIL_AZURE_FORBIDDEN, "%s: the right '%.*s' is missing", what,
                 action_len, action);
    else
        fail_set(why, FAIL_AZURE_FORBIDDEN, "%s: the right '%.*s' is missing on '%s%.*s'",
                 what, action_len, action, scope_len < whole_len ? "..." : "", scope_len,
                 scope);
}

/* ---- all others ------------------------------------------------------------------------------- */

static enum fail_code code_of(int status)
{
    if (status == 401)
        return FAIL_AZURE_LOGIN;
    if (status == 404)
        return FAIL_AZURE_NOT_FOUND;
    if (status == 429)
        return FAIL_AZURE_THROTTLED;
    return status >= 500 ? FAIL_AZURE_SERVER : FAIL_AZURE_REFUSED;
}

static void keep_code(char code[ARM_ERROR_CODE], const char *said)
{
    snprintf(code, ARM_ERROR_CODE, "%s", said ? said : "");
}

void arm_error_tell(const char *what, int status, const struct json *body,
                    const char *request_id, char code[ARM_ERROR_CODE], struct fail *why)
{
    struct said said = read_error(unwrap(body));
    char traced[64] = "";

    keep_code(code, said.code);
    if (status == 403) {
        tell_forbidden(what, &said, why);
        return;
    }
    if (request_id)
        snprintf(traced, sizeof traced, " (request %.48s)", request_id);
    if (!said.message && !said.code)
        fail_set(why, code_of(status), "%s: Azure answered %d%s", what, status, traced);
    else
        fail_set(why, code_of(status), "%s: %d %.40s: %.*s%s", what, status,
                 said.code ? said.code : "", MAX_SAID, said.message ? said.message : "",
                 traced);
}

void arm_error_of_operation(const char *what, const char *status,
                            const struct json *error, char code[ARM_ERROR_CODE],
                            struct fail *why)
{
    struct said said = read_error(error);

    keep_code(code, said.code);
    fail_set(why, FAIL_AZURE_OPERATION, "%s: the operation ended as %.20s%s%.40s%s%.*s",
             what, status, said.code ? ": " : "", said.code ? said.code : "",
             said.message ? ": " : "", MAX_SAID, said.message ? said.message : "");
}
