#include "protocol/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scalar.h"

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

/* The pointer to a list or a child, whatever it points to. */
static void *pointee(const void *record, const struct record_field *f)
{
    void *p;

    memcpy(&p, peek(record, f->offset), sizeof p);
    return p;
}

/* ---- encode -------------------------------------------------------------------- */

static int push_element(struct json *list, const void *record,
                        const struct record_field *f, size_t i)
{
    const void *array = pointee(record, f);

    switch (f->type) {
    case RECORD_LIST:
        return json_push(list, record_encode(f->shape, peek(array, i * f->shape->bytes)));
    case RECORD_TEXTS:
        return json_push(list, json_text(((char *const *)array)[i]));
    default:
        return json_push(list, scalar_hex16(((const uint16_t *)array)[i]));
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

static int put_child(struct json *object, const void *record,
                     const struct record_field *f)
{
    const void *child = pointee(record, f);

    return child ? json_put(object, f->key, record_encode(f->shape, child))
                 : json_put_text(object, f->key, NULL);
}

static int put_field(struct json *object, const void *record,
                     const struct record_field *f)
{
    const void *p = peek(record, f->offset);

    switch (f->type) {
    case RECORD_PART:
    case RECORD_LATE_PART:
        return json_put(object, f->key, record_encode(f->shape, p));
    case RECORD_PART_OR_NULL:
        return put_child(object, record, f);
    case RECORD_LIST:
    case RECORD_TEXTS:
    case RECORD_HEX16S:
        return put_list(object, record, f);
    default:
        return scalar_put(object, f, p);
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

static size_t element_bytes(const struct record_field *f)
{
    return f->type == RECORD_LIST    ? f->shape->bytes
           : f->type == RECORD_TEXTS ? sizeof(char *)
                                     : sizeof(uint16_t);
}

static int get_element(const struct json *e, const struct record_field *f, void *p,
                       struct fail *why)
{
    if (f->type == RECORD_LIST)
        return record_decode(f->shape, e, p, why);
    if (!json_text_of(e))
        return fail_set(why, FAIL_GARBAGE, "'%s' holds something that is not text",
                        f->key);
    if (f->type == RECORD_TEXTS)
        return scalar_copy_text(json_text_of(e), f->key, p, why);
    return scalar_parse_hex16(json_text_of(e), f->key, p, why);
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

static int get_child(const struct json *doc, const struct record_field *f, void *p,
                     struct fail *why)
{
    void *child;

    if (!json_find(doc, f->key))
        return 0;
    child = calloc(1, f->shape->bytes);
    if (!child)
        return fail_memory(why);
    if (get_part(doc, f, child, why) < 0) {
        free(child);
        return -1;
    }
    memcpy(p, &child, sizeof child);
    return 0;
}

static int get_field(const struct json *doc, const struct record_field *f, void *record,
                     struct fail *why)
{
    void *p = at(record, f->offset);

    switch (f->type) {
    case RECORD_LATE_PART:
        if (!json_find(doc, f->key))
            return 0;
        return get_part(doc, f, p, why);
    case RECORD_PART:
        return get_part(doc, f, p, why);
    case RECORD_PART_OR_NULL:
        return get_child(doc, f, p, why);
    case RECORD_LIST:
    case RECORD_TEXTS:
    case RECORD_HEX16S:
        return get_list(doc, f, record, why);
    default:
        return scalar_get(doc, f, p, why);
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
    void *array = pointee(record, f);

    for (size_t i = 0; i < count_of(record, f); i++)
        if (f->type == RECORD_LIST)
            record_clear(f->shape, at(array, i * f->shape->bytes));
        else if (f->type == RECORD_TEXTS)
            free(((char **)array)[i]);
    free(array);
}

static void clear_child(const struct record_field *f, void *record)
{
    void *child = pointee(record, f);

    if (child)
        record_clear(f->shape, child);
    free(child);
}

static void clear_field(const struct record_field *f, void *record)
{
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NULL:
        free(*(char **)at(record, f->offset));
        break;
    case RECORD_PART:
    case RECORD_LATE_PART:
        record_clear(f->shape, at(record, f->offset));
        break;
    case RECORD_PART_OR_NULL:
        clear_child(f, record);
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
