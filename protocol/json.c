#include "protocol/json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

/* What a double holds exactly. */
#define EXACT_MAX ((int64_t)1 << 53)

/* A struct json is a cJSON; these two are the only places that know it. */
static cJSON *node(struct json *value)
{
    return (cJSON *)(void *)value;
}

static const cJSON *peek(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static struct json *wrap(cJSON *value)
{
    return (struct json *)(void *)value;
}

/* ---- whole documents --------------------------------------------------------- */

/* cJSON recurses up to 1,000 deep; count the brackets outside strings first. */
static bool is_too_deep(const char *text, size_t len_bytes)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < len_bytes; i++) {
        char c = text[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        if (depth > JSON_MAX_DEPTH)
            return true;
    }
    return false;
}

static bool is_blank(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) && *text)
        text++;
    return text == end;
}

int json_parse(const char *text, size_t len_bytes, struct json **doc, struct fail *why)
{
    const char *end = text;
    cJSON *made;

    if (is_too_deep(text, len_bytes))
        return fail_set(why, FAIL_GARBAGE, "JSON nested deeper than %d", JSON_MAX_DEPTH);
    made = cJSON_ParseWithLengthOpts(text, len_bytes, &end, 0);
    if (!made || !is_blank(end, text + len_bytes)) {
        cJSON_Delete(made);
        return fail_set(why, FAIL_GARBAGE, "not JSON at byte %zu of %zu",
                        (size_t)(end - text), len_bytes);
    }
    *doc = wrap(made);
    return 0;
}

void json_free(struct json *doc)
{
    cJSON_Delete(node(doc));
}

void json_done(struct json **doc)
{
    json_free(*doc);
}

char *json_print(const struct json *doc)
{
    return cJSON_PrintUnformatted(peek(doc));
}

char *json_print_pretty(const struct json *doc)
{
    return cJSON_Print(peek(doc));
}

/* ---- building ---------------------------------------------------------------- */

struct json *json_object(void)
{
    return wrap(cJSON_CreateObject());
}

struct json *json_array(void)
{
    return wrap(cJSON_CreateArray());
}

struct json *json_text(const char *text)
{
    return wrap(cJSON_CreateString(text));
}

struct json *json_copy(const struct json *doc)
{
    return wrap(cJSON_Duplicate(peek(doc), 1));
}

int json_put(struct json *object, const char *key, struct json *child)
{
    if (child && cJSON_AddItemToObject(node(object), key, node(child)))
        return 0;
    json_free(child);
    return -1;
}

int json_push(struct json *array, struct json *child)
{
    if (child && cJSON_AddItemToArray(node(array), node(child)))
        return 0;
    json_free(child);
    return -1;
}

struct json *json_list(size_t count, struct json *(*item)(const void *arg, size_t i),
                       const void *arg)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < count; i++)
        if (json_push(list, item(arg, i)) < 0) {
            json_free(list);
            return NULL;
        }
    return list;
}

int json_put_text(struct json *object, const char *key, const char *text)
{
    return json_put(object, key, text ? json_text(text) : wrap(cJSON_CreateNull()));
}

int json_put_int(struct json *object, const char *key, int64_t value)
{
    assert(value >= -EXACT_MAX && value <= EXACT_MAX);
    return json_put(object, key, wrap(cJSON_CreateNumber((double)value)));
}

int json_put_u64(struct json *object, const char *key, uint64_t value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, value);
    return json_put_text(object, key, digits);
}

int json_put_real(struct json *object, const char *key, double value)
{
    cJSON *made = isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull();

    return json_put(object, key, wrap(made));
}

int json_put_flag(struct json *object, const char *key, bool value)
{
    return json_put(object, key, wrap(cJSON_CreateBool(value)));
}

/* ---- reading ----------------------------------------------------------------- */

const struct json *json_find(const struct json *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(peek(object), key);

    return found && !cJSON_IsNull(found) ? wrap((cJSON *)(uintptr_t)found) : NULL;
}

bool json_is_object(const struct json *value)
{
    return cJSON_IsObject(peek(value));
}

bool json_is_array(const struct json *value)
{
    return cJSON_IsArray(peek(value));
}

static int bad_field(struct fail *why, const char *key, const char *expected)
{
    return fail_set(why, FAIL_GARBAGE, "field '%s': expected %s", key, expected);
}

int json_get_text(const struct json *object, const char *key, const char **text,
                  struct fail *why)
{
    const char *found = json_text_of(json_find(object, key));

    if (!found)
        return bad_field(why, key, "a text");
    *text = found;
    return 0;
}

int json_get_int(const struct json *object, const char *key, int64_t min, int64_t max,
                 int64_t *value, struct fail *why)
{
    const cJSON *found = peek(json_find(object, key));
    double number;

    if (!cJSON_IsNumber(found))
        return bad_field(why, key, "a whole number");
    number = found->valuedouble;
    if (!(fabs(number) <= (double)EXACT_MAX) || number != floor(number))
        return bad_field(why, key, "a whole number");
    if (number < (double)min || number > (double)max)
        return fail_set(why, FAIL_GARBAGE,
                        "field '%s': %.0f is not in %" PRId64 "..%" PRId64, key, number,
                        min, max);
    *value = (int64_t)number;
    return 0;
}

int json_get_u64(const struct json *object, const char *key, uint64_t *value,
                 struct fail *why)
{
    const char *text = json_text_of(json_find(object, key));
    unsigned long long number;
    char *end;
    int saved = errno;

    if (!text || *text < '0' || *text > '9')
        return bad_field(why, key, "a whole number as text");
    errno = 0;
    number = strtoull(text, &end, 10);
    if (*end || errno)
        return bad_field(why, key, "a whole number as text");
    errno = saved;
    *value = number;
    return 0;
}

int json_get_real(const struct json *object, const char *key, double *value,
                  struct fail *why)
{
    const cJSON *found = peek(json_find(object, key));

    if (!cJSON_IsNumber(found) || !isfinite(found->valuedouble))
        return bad_field(why, key, "a number");
    *value = found->valuedouble;
    return 0;
}

int json_get_flag(const struct json *object, const char *key, bool *value,
                  struct fail *why)
{
    const cJSON *found = peek(json_find(object, key));

    if (!cJSON_IsBool(found))
        return bad_field(why, key, "true or false");
    *value = cJSON_IsTrue(found);
    return 0;
}

int json_get_object(const struct json *object, const char *key, const struct json **child,
                    struct fail *why)
{
    const struct json *found = json_find(object, key);

    if (!json_is_object(found))
        return bad_field(why, key, "an object");
    *child = found;
    return 0;
}

int json_get_array(const struct json *object, const char *key, const struct json **child,
                   struct fail *why)
{
    const struct json *found = json_find(object, key);

    if (!json_is_array(found))
        return bad_field(why, key, "a list");
    *child = found;
    return 0;
}

size_t json_count(const struct json *list)
{
    size_t count = 0;

    for (const struct json *e = json_first(list); e; e = json_next(e))
        count++;
    return count;
}

const struct json *json_first(const struct json *list)
{
    return list ? wrap(peek(list)->child) : NULL;
}

const struct json *json_next(const struct json *element)
{
    return wrap(peek(element)->next);
}

const char *json_key(const struct json *member)
{
    return peek(member)->string;
}

const char *json_text_of(const struct json *value)
{
    return cJSON_IsString(peek(value)) ? peek(value)->valuestring : NULL;
}
