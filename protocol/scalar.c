#include "protocol/scalar.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/record.h"

#define GID_DIGITS (2 * RECORD_GID_BYTES)

/* ---- text ------------------------------------------------------------------------ */

int scalar_copy_text(const char *text, const char *key, char **copy, struct fail *why)
{
    if (strlen(text) > RECORD_TEXT_MAX_BYTES)
        return fail_set(why, FAIL_GARBAGE, "'%s' is too long", key);
    *copy = strdup(text);
    return *copy ? 0 : fail_memory(why);
}

static int get_text(const struct json *doc, const struct record_field *f, char **copy,
                    struct fail *why)
{
    const char *text;

    if (f->type == RECORD_TEXT_OR_NULL && !json_find(doc, f->key))
        return 0;
    if (json_get_text(doc, f->key, &text, why) < 0)
        return -1;
    return scalar_copy_text(text, f->key, copy, why);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.:", c));
}

static int get_name(const struct json *doc, const struct record_field *f, char *name,
                    struct fail *why)
{
    const char *text;
    size_t len;

    if (json_get_text(doc, f->key, &text, why) < 0)
        return -1;
    for (len = 0; is_name_char(text[len]); len++)
        continue;
    if (len == 0 || text[len] || len > (uint64_t)f->max || text[0] == '.')
        return fail_set(why, FAIL_GARBAGE,
                        "field '%s': not a name of 1..%" PRId64 " characters", f->key,
                        f->max);
    memcpy(name, text, len + 1);
    return 0;
}

/* ---- hexadecimal ----------------------------------------------------------------- */

static struct json *hex_text(uint32_t value, int digits)
{
    char text[16];

    snprintf(text, sizeof text, "0x%0*" PRIx32, digits, value);
    return json_text(text);
}

struct json *scalar_hex16(uint16_t value)
{
    return hex_text(value, 4);
}

static int parse_hex(const char *text, const char *key, uint32_t max, uint32_t *value,
                     struct fail *why)
{
    char *end = NULL;
    unsigned long v = 0;

    if (text && strncmp(text, "0x", 2) == 0 && text[2] && strlen(text) <= 10)
        v = strtoul(text + 2, &end, 16);
    if (!end || *end || text[2] == '-' || text[2] == '+' || text[2] == ' ' || v > max)
        return fail_set(why, FAIL_GARBAGE, "'%s' is not a hexadecimal number up to 0x%x",
                        key, max);
    *value = (uint32_t)v;
    return 0;
}

int scalar_parse_hex16(const char *text, const char *key, uint16_t *value,
                       struct fail *why)
{
    uint32_t hex;

    if (parse_hex(text, key, UINT16_MAX, &hex, why) < 0)
        return -1;
    *value = (uint16_t)hex;
    return 0;
}

static int get_hex(const struct json *doc, const struct record_field *f, void *p,
                   struct fail *why)
{
    const char *text;

    if (json_get_text(doc, f->key, &text, why) < 0)
        return -1;
    return f->type == RECORD_HEX16 ? scalar_parse_hex16(text, f->key, p, why)
                                   : parse_hex(text, f->key, UINT32_MAX, p, why);
}

/* ---- a GID ------------------------------------------------------------------------ */

static int put_gid(struct json *object, const char *key, const uint8_t *gid)
{
    static const char digits[] = "0123456789abcdef";
    char text[GID_DIGITS + 1] = "";

    for (int i = 0; i < GID_DIGITS; i++)
        text[i] = digits[i % 2 ? gid[i / 2] & 15 : gid[i / 2] >> 4];
    return json_put_text(object, key, text);
}

static unsigned digit_of(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int get_gid(const struct json *doc, const char *key, uint8_t *gid,
                   struct fail *why)
{
    const char *text;

    if (json_get_text(doc, key, &text, why) < 0)
        return -1;
    if (strlen(text) != GID_DIGITS || strspn(text, "0123456789abcdef") != GID_DIGITS)
        return fail_set(why, FAIL_GARBAGE, "field '%s': expected %d hex digits", key,
                        GID_DIGITS);
    for (int i = 0; i < RECORD_GID_BYTES; i++)
        gid[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
    return 0;
}

/* ---- numbers ---------------------------------------------------------------------- */

static int get_real(const struct json *doc, const struct record_field *f, double *value,
                    struct fail *why)
{
    double found;

    if (json_get_real(doc, f->key, &found, why) < 0)
        return -1;
    if (found < (double)f->min || found > (double)f->max)
        return fail_set(why, FAIL_GARBAGE,
                        "field '%s': %g is not in %" PRId64 "..%" PRId64, f->key, found,
                        f->min, f->max);
    *value = found;
    return 0;
}

static int get_whole(const struct json *doc, const struct record_field *f, void *p,
                     struct fail *why)
{
    int64_t n;

    if (json_get_int(doc, f->key, f->min, f->max, &n, why) < 0)
        return -1;
    if (f->type == RECORD_INT)
        *(int *)p = (int)n;
    else if (f->type == RECORD_U16)
        *(uint16_t *)p = (uint16_t)n;
    else
        *(uint32_t *)p = (uint32_t)n;
    return 0;
}

/* ---- yes, no, or not known --------------------------------------------------------- */

static int put_flag_or_null(struct json *object, const char *key, int flag)
{
    return flag == RECORD_UNKNOWN ? json_put_text(object, key, NULL)
                                  : json_put_flag(object, key, flag != 0);
}

static int get_flag_or_null(const struct json *doc, const char *key, int *flag,
                            struct fail *why)
{
    bool is_set = false;

    if (json_find(doc, key) && json_get_flag(doc, key, &is_set, why) < 0)
        return -1;
    *flag = json_find(doc, key) ? is_set : RECORD_UNKNOWN;
    return 0;
}

/* ---- all of them ------------------------------------------------------------------ */

int scalar_put(struct json *object, const struct record_field *f, const void *p)
{
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        return json_put_text(object, f->key, *(char *const *)p);
    case RECORD_NAME:
        return json_put_text(object, f->key, p);
    case RECORD_INT:
        return json_put_int(object, f->key, *(const int *)p);
    case RECORD_U16:
        return json_put_int(object, f->key, *(const uint16_t *)p);
    case RECORD_U32:
        return json_put_int(object, f->key, *(const uint32_t *)p);
    case RECORD_U64:
        return json_put_u64(object, f->key, *(const uint64_t *)p);
    case RECORD_HEX16:
        return json_put(object, f->key, scalar_hex16(*(const uint16_t *)p));
    case RECORD_HEX32:
        return json_put(object, f->key, hex_text(*(const uint32_t *)p, 6));
    case RECORD_REAL:
        return json_put_real(object, f->key, *(const double *)p);
    case RECORD_GID:
        return put_gid(object, f->key, p);
    case RECORD_FLAG_OR_NULL:
        return put_flag_or_null(object, f->key, *(const int *)p);
    default:
        return json_put_flag(object, f->key, *(const bool *)p);
    }
}

int scalar_get(const struct json *doc, const struct record_field *f, void *p,
               struct fail *why)
{
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        return get_text(doc, f, p, why);
    case RECORD_NAME:
        return get_name(doc, f, p, why);
    case RECORD_INT:
    case RECORD_U16:
    case RECORD_U32:
        return get_whole(doc, f, p, why);
    case RECORD_U64:
        return json_get_u64(doc, f->key, p, why);
    case RECORD_HEX16:
    case RECORD_HEX32:
        return get_hex(doc, f, p, why);
    case RECORD_REAL:
        return get_real(doc, f, p, why);
    case RECORD_GID:
        return get_gid(doc, f->key, p, why);
    case RECORD_FLAG_OR_NULL:
        return get_flag_or_null(doc, f->key, p, why);
    default:
        return json_get_flag(doc, f->key, p, why);
    }
}
