#include "protocol/record.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static void *at(void *record, size_t offset)
{
    return (char *)record + offset;
}

static const void *peek(const void *record, size_t offset)
{
    return (const char *)record + offset;
}

static size_t count_of(const void *record, const struct record_field *f)
{
    return *(const size_t *)peek(record, f->count_offset);
}

/* A list's pointer, whatever it points to. */
static void *array_of(const void *record, const struct record_field *f)
{
    void *array;

    memcpy(&array, peek(record, f->offset), sizeof array);
    return array;
}

/* ---- encode -------------------------------------------------------------------- */

static int put_hex(struct json *object, const char *key, uint32_t value, int digits)
{
    char text[16];

    snprintf(text, sizeof text, "0x%0*" PRIx32, digits, value);
    return key ? json_put_text(object, key, text) : json_push(object, json_text(text));
}

static int push_element(struct json *list, const void *record,
                        const struct record_field *f, size_t i)
{
    const void *array = array_of(record, f);

    switch (f->type) {
    case RECORD_LIST:
        return json_push(list, record_encode(f->shape, peek(array, i * f->shape->bytes)));
    case RECORD_TEXTS:
        return json_push(list, json_text(((char *const *)array)[i]));
    default:
        return put_hex(list, NULL, ((const uint16_t *)array)[i], 4);
    }
}

static int put_list(struct json *object, const void *record, const struct record_field *f)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < count_of(record, f); i++)
        if (push_element(list, record, f, i) < 0) {
            json_free(list);
            list = NULL;
        }
    return json_put(object, f->key, list);
}

static int put_field(struct json *object, const void *record,
                     const struct record_field *f)
{
    const void *p = peek(record, f->offset);

    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        return json_put_text(object, f->key, *(char *const *)p);
    case RECORD_INT:
        return json_put_int(object, f->key, *(const int *)p);
    case RECORD_U32:
        return json_put_int(object, f->key, *(const uint32_t *)p);
    case RECORD_U64:
        return json_put_u64(object, f->key, *(const uint64_t *)p);
    case RECORD_HEX16:
        return put_hex(object, f->key, *(const uint16_t *)p, 4);
    case RECORD_HEX32:
        return put_hex(object, f->key, *(const uint32_t *)p, 6);
    case RECORD_REAL:
        return json_put_real(object, f->key, *(const double *)p);
    case RECORD_FLAG:
        return json_put_flag(object, f->key, *(const bool *)p);
    case RECORD_PART:
        return json_put(object, f->key, record_encode(f->shape, p));
    default:
        return put_list(object, record, f);
    }
}

struct json *record_encode(const struct record_shape *shape, const void *record)
{
    struct json *object = json_object();

    for (size_t i = 0; object && i < shape->field_count; i++)
        if (put_field(object, record, &shape->fields[i]) < 0) {
            json_free(object);
            object = NULL;
        }
    return object;
}

/* ---- decode -------------------------------------------------------------------- */

static int copy_text(const char *text, const char *key, char **copy, struct fail *why)
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
    return copy_text(text, f->key, copy, why);
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

static int get_hex(const struct json *doc, const char *key, uint32_t max, uint32_t *value,
                   struct fail *why)
{
    const char *text;

    if (json_get_text(doc, key, &text, why) < 0)
        return -1;
    return parse_hex(text, key, max, value, why);
}

static int get_number(const struct json *doc, const struct record_field *f, void *p,
                      struct fail *why)
{
    uint32_t hex;
    int64_t n;

    switch (f->type) {
    case RECORD_INT:
        if (json_get_int(doc, f->key, f->min, f->max, &n, why) < 0)
            return -1;
        *(int *)p = (int)n;
        return 0;
    case RECORD_U32:
        if (json_get_int(doc, f->key, 0, UINT32_MAX, &n, why) < 0)
            return -1;
        *(uint32_t *)p = (uint32_t)n;
        return 0;
    case RECORD_HEX16:
        if (get_hex(doc, f->key, UINT16_MAX, &hex, why) < 0)
            return -1;
        *(uint16_t *)p = (uint16_t)hex;
        return 0;
    default:
        return get_hex(doc, f->key, UINT32_MAX, p, why);
    }
}

static size_t element_bytes(const struct record_field *f)
{
    return f->type == RECORD_LIST    ? f->shape->bytes
           : f->type == RECORD_TEXTS ? sizeof(char *)
                                     : sizeof(uint16_t);
}

static int get_element(const struct json *e, const struct record_field *f, void *p,
                       struct fail *why)
{
    uint32_t hex;

    if (f->type == RECORD_LIST)
        return record_decode(f->shape, e, p, why);
    if (!json_text_of(e))
        return fail_set(why, FAIL_GARBAGE, "'%s' holds something that is not text",
                        f->key);
    if (f->type == RECORD_TEXTS)
        return copy_text(json_text_of(e), f->key, p, why);
    if (parse_hex(json_text_of(e), f->key, UINT16_MAX, &hex, why) < 0)
        return -1;
    *(uint16_t *)p = (uint16_t)hex;
    return 0;
}

/* The count is raised as elements are whole, so that record_clear() may come at any time.
 */
static int get_list(const struct json *doc, const struct record_field *f, void *record,
                    struct fail *why)
{
    size_t *count = at(record, f->count_offset), n, bytes = element_bytes(f);
    const struct json *list;
    void *array;

    if (json_get_array(doc, f->key, &list, why) < 0)
        return -1;
    n = json_count(list);
    if (n > (uint64_t)f->max)
        return fail_set(why, FAIL_GARBAGE, "'%s' has %zu elements, more than %" PRId64,
                        f->key, n, f->max);
    if (n == 0)
        return 0;
    array = calloc(n, bytes);
    if (!array)
        return fail_memory(why);
    memcpy(at(record, f->offset), &array, sizeof array);
    for (const struct json *e = json_first(list); e; e = json_next(e), ++*count)
        if (get_element(e, f, at(array, *count * bytes), why) < 0)
            return fail_prefix(why, "%s %zu", f->key, *count);
    return 0;
}

static int get_part(const struct json *doc, const struct record_field *f, void *p,
                    struct fail *why)
{
    const struct json *child;

    if (json_get_object(doc, f->key, &child, why) < 0)
        return -1;
    if (record_decode(f->shape, child, p, why) < 0)
        return fail_prefix(why, "%s", f->key);
    return 0;
}

static int get_field(const struct json *doc, const struct record_field *f, void *record,
                     struct fail *why)
{
    void *p = at(record, f->offset);

    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        return get_text(doc, f, p, why);
    case RECORD_INT:
    case RECORD_U32:
    case RECORD_HEX16:
    case RECORD_HEX32:
        return get_number(doc, f, p, why);
    case RECORD_U64:
        return json_get_u64(doc, f->key, p, why);
    case RECORD_REAL:
        return json_get_real(doc, f->key, p, why);
    case RECORD_FLAG:
        return json_get_flag(doc, f->key, p, why);
    case RECORD_PART:
        return get_part(doc, f, p, why);
    default:
        return get_list(doc, f, record, why);
    }
}

int record_decode(const struct record_shape *shape, const struct json *doc, void *record,
                  struct fail *why)
{
    if (!json_is_object(doc))
        return fail_set(why, FAIL_GARBAGE, "not an object");
    for (size_t i = 0; i < shape->field_count; i++)
        if (get_field(doc, &shape->fields[i], record, why) < 0) {
            record_clear(shape, record);
            return -1;
        }
    return 0;
}

/* ---- clear --------------------------------------------------------------------- */

static void clear_list(const struct record_field *f, void *record)
{
    void *array = array_of(record, f);

    for (size_t i = 0; i < count_of(record, f); i++)
        if (f->type == RECORD_LIST)
            record_clear(f->shape, at(array, i * f->shape->bytes));
        else if (f->type == RECORD_TEXTS)
            free(((char **)array)[i]);
    free(array);
}

static void clear_field(const struct record_field *f, void *record)
{
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        free(*(char **)at(record, f->offset));
        break;
    case RECORD_PART:
        record_clear(f->shape, at(record, f->offset));
        break;
    case RECORD_LIST:
    case RECORD_TEXTS:
    case RECORD_HEX16S:
        clear_list(f, record);
        break;
    default:
        break;
    }
}

void record_clear(const struct record_shape *shape, void *record)
{
    for (size_t i = 0; i < shape->field_count; i++)
        clear_field(&shape->fields[i], record);
    memset(record, 0, shape->bytes);
}
