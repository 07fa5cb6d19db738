#include "controller/azure/token_answer.h"

#include <stdlib.h>
#include <string.h>

#include "controller/azure/token.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define FAR_S ((int64_t)1 << 40)

/* The metadata service writes numbers as text. */
static int64_t seconds_in(const struct json *doc, const char *key)
{
    const char *text = json_text_of(json_find(doc, key));
    int64_t value;
    char *end;

    if (!text)
        return json_get_int(doc, key, 0, FAR_S, &value, NULL) < 0 ? TOKEN_LIFE_UNKNOWN
                                                                  : value;
    value = strtoll(text, &end, 10);
    return *text < '0' || *text > '9' || *end || value > FAR_S ? TOKEN_LIFE_UNKNOWN
                                                               : value;
}

int token_answer_read(const struct json *doc, int64_t now_s, struct token_answer *answer,
                      struct fail *why)
{
    struct token_answer read = {.lives_s = TOKEN_LIFE_UNKNOWN};
    int64_t at_s;

    if (!json_is_object(doc))
        return fail_set(why, FAIL_AZURE_ANSWER, "no JSON object where a token should be");
    read.bearer = json_text_of(json_find(doc, "access_token"));
    if (!read.bearer)
        read.bearer = json_text_of(json_find(doc, "accessToken"));
    if (!read.bearer || token_check(read.bearer, "the answer", NULL) < 0)
        return fail_set(why, FAIL_AZURE_ANSWER, "no token in the answer");
    read.lives_s = seconds_in(doc, "expires_in");
    at_s = seconds_in(doc, "expires_on");
    if (read.lives_s < 0 && at_s >= 0)
        read.lives_s = at_s > now_s ? at_s - now_s : 0;
    read.subscription = json_text_of(json_find(doc, "subscription"));
    *answer = read;
    return 0;
}

int token_check(const char *bearer, const char *where, struct fail *why)
{
    size_t len = strlen(bearer);

    if (len == 0)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: no token in it", where);
    if (len > TOKEN_MAX_BYTES)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: longer than any token", where);
    for (const char *c = bearer; *c; c++)
        if (*c <= ' ' || *c >= 0x7f)
            return fail_set(why, FAIL_AZURE_LOGIN, "%s: more in it than a token", where);
    return 0;
}

/* ---- a JWT's end ---------------------------------------------------------------------------- */

static int digit_of(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* base64url, without padding; the caller frees. */
static char *decode(const char *text, size_t len, size_t *len_bytes)
{
    char *bytes = malloc(len + 1);
    unsigned held = 0, bits = 0;

    *len_bytes = 0;
    for (size_t i = 0; bytes && i < len; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0) {
            free(bytes);
            return NULL;
        }
        held = held << 6 | (unsigned)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[(*len_bytes)++] = (char)(held >> bits & 0xff);
        }
    }
    return bytes;
}

int64_t token_jwt_end_s(const char *bearer)
{
    CLEANUP(json_done) struct json *claims = NULL;
    CLEANUP(text_done) char *bytes = NULL;
    const char *begin = strchr(bearer, '.'), *end = begin ? strchr(begin + 1, '.') : NULL;
    size_t len_bytes;

    if (!end)
        return TOKEN_LIFE_UNKNOWN;
    bytes = decode(begin + 1, (size_t)(end - begin - 1), &len_bytes);
    if (!bytes || json_parse(bytes, len_bytes, &claims, NULL) < 0 ||
        !json_is_object(claims))
        return TOKEN_LIFE_UNKNOWN;
    return seconds_in(claims, "exp");
}

uint64_t token_use_ms(int64_t lives_s)
{
    uint64_t lives_ms = (uint64_t)lives_s * 1000, before_ms = lives_ms / 10;

    if (lives_s < 0)
        return UINT64_MAX / 2;
    return lives_ms - (before_ms < 300000 ? before_ms : 300000);
}

void token_tell_refusal(const char *who, int status, const struct json *doc,
                        struct fail *why)
{
    const char *error =
        json_is_object(doc) ? json_text_of(json_find(doc, "error")) : NULL;
    const char *more =
        json_is_object(doc) ? json_text_of(json_find(doc, "error_description")) : NULL;

    fail_set(why, status >= 500 || status == 429 ? FAIL_AZURE_SERVER : FAIL_AZURE_LOGIN,
             "%s: %d%s%.40s%s%.*s", who, status, error ? " " : "", error ? error : "",
             more ? ": " : "", more ? (int)strcspn(more, "\r\n") : 0, more ? more : "");
}
