#include "inventory/catalog_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"

int catalog_refuse(const struct catalog_place *at, const char *field, struct fail *why,
                   const char *fmt, ...)
{
    char text[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fail_set(why, FAIL_CATALOG, "%.60s: %s %zu%s%.60s%s: %s%s%s", at->file,
                    at->kind, at->index, at->name ? " (" : "", at->name ? at->name : "",
                    at->name ? ")" : "", field ? field : "", field ? ": " : "", text);
}

static int find_field(const char *const *fields, const char *key)
{
    for (int i = 0; fields[i]; i++)
        if (strcmp(fields[i], key) == 0)
            return i;
    return -1;
}

int catalog_check_fields(const struct catalog_place *at, const struct json *object,
                         const char *const *fields, struct fail *why)
{
    uint32_t seen = 0;

    if (!json_is_object(object))
        return catalog_refuse(at, NULL, why, "not an object");
    for (const struct json *m = json_first(object); m; m = json_next(m)) {
        int i = find_field(fields, json_key(m));

        if (i < 0 || seen & 1U << i)
            return catalog_refuse(at, NULL, why, "%s field '%.40s'",
                                  i < 0 ? "no such" : "twice the", json_key(m));
        seen |= 1U << i;
    }
    for (int i = 0; fields[i]; i++)
        if (!(seen & 1U << i))
            return catalog_refuse(at, fields[i], why, "missing");
    return 0;
}

static bool is_allowed(char c, const char *allowed)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return allowed ? c && strchr(allowed, c) : c >= ' ' && c <= '~';
}

static int check_text(const struct catalog_place *at, const char *field,
                      const char *allowed, const char *text, struct fail *why)
{
    if (!text || !*text)
        return catalog_refuse(at, field, why, "must be a text that is not empty");
    if (strlen(text) > CATALOG_MAX_TEXT)
        return catalog_refuse(at, field, why, "longer than %d bytes", CATALOG_MAX_TEXT);
    for (const char *c = text; *c; c++)
        if (!is_allowed(*c, allowed))
            return catalog_refuse(at, field, why,
                                  "'%.80s' has a character that it may not", text);
    return 0;
}

int catalog_get_text(const struct catalog_place *at, const struct json *object,
                     const char *field, const char *allowed, const char **text,
                     struct fail *why)
{
    const struct json *value = json_find(object, field);
    const char *read = value ? json_text_of(value) : NULL;

    if (check_text(at, field, allowed, read, why) < 0)
        return -1;
    *text = read;
    return 0;
}

int catalog_get_optional(const struct catalog_place *at, const struct json *object,
                         const char *field, const char *allowed, const char **text,
                         struct fail *why)
{
    *text = NULL;
    if (!json_find(object, field))
        return 0;
    return catalog_get_text(at, object, field, allowed, text, why);
}

int catalog_get_texts(const struct catalog_place *at, const struct json *object,
                      const char *field, const char *allowed,
                      const char *texts[CATALOG_MAX_LIST], size_t *count,
                      struct fail *why)
{
    const struct json *list = json_find(object, field);

    *count = 0;
    if (!list || !json_is_array(list))
        return catalog_refuse(at, field, why, "must be a list");
    for (const struct json *e = json_first(list); e; e = json_next(e)) {
        if (*count == CATALOG_MAX_LIST)
            return catalog_refuse(at, field, why, "more than %d", CATALOG_MAX_LIST);
        if (check_text(at, field, allowed, json_text_of(e), why) < 0)
            return -1;
        texts[(*count)++] = json_text_of(e);
    }
    return 0;
}

static const char *const methods[CATALOG_METHODS] = {
    [CATALOG_ANY] = "any",
    [CATALOG_INBOX] = "inbox",
    [CATALOG_DOCA_OFED] = "doca-ofed",
    [CATALOG_MLNX_OFED] = "mlnx-ofed",
    [CATALOG_NONE] = "none",
};

const char *catalog_method_name(enum catalog_method method)
{
    return methods[method];
}

int catalog_get_method(const struct catalog_place *at, const struct json *object,
                       enum catalog_method *method, struct fail *why)
{
    const char *name;

    if (catalog_get_text(at, object, "method", "-", &name, why) < 0)
        return -1;
    for (int m = CATALOG_ANY + 1; m < CATALOG_METHODS; m++) {
        if (strcmp(methods[m], name) == 0) {
            *method = (enum catalog_method)m;
            return 0;
        }
    }
    return catalog_refuse(at, "method", why,
                          "'%.40s' is none of inbox, doca-ofed, mlnx-ofed, none", name);
}
