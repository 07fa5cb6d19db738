#include "inventory/armfield.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "protocol/json.h"

#define MAX_NUMBER 1000000

/* The object that has the last word of the way; *last is that word. */
static const struct json *walk(const struct json *object, const char *way,
                               const char **last)
{
    char word[ARMFIELD_MAX_WORD + 1];
    const char *dot;

    for (; object && (dot = strchr(way, '.')); way = dot + 1) {
        size_t len = (size_t)(dot - way);

        if (len > ARMFIELD_MAX_WORD)
            return NULL;
        memcpy(word, way, len);
        word[len] = '\0';
        object = json_find(object, word);
    }
    *last = way;
    return json_is_object(object) ? object : NULL;
}

const struct json *armfield_at(const struct json *object, const char *way)
{
    const char *last;
    const struct json *owner = walk(object, way, &last);

    return owner ? json_find(owner, last) : NULL;
}

const char *armfield_text(const struct json *object, const char *way)
{
    const char *text = json_text_of(armfield_at(object, way));

    return text && *text ? text : NULL;
}

bool armfield_flag(const struct json *object, const char *way, bool otherwise)
{
    const char *last;
    const struct json *owner = walk(object, way, &last);
    bool flag;

    return owner && json_get_flag(owner, last, &flag, NULL) == 0 ? flag : otherwise;
}

int armfield_number(const struct json *object, const char *way)
{
    const char *last;
    const struct json *owner = walk(object, way, &last);
    int64_t number;

    return owner && json_get_int(owner, last, 0, MAX_NUMBER, &number, NULL) == 0
               ? (int)number
               : -1;
}

const struct json *armfield_items(const struct json *object, const char *way)
{
    const struct json *list = armfield_at(object, way);

    return json_is_array(list) ? json_first(list) : NULL;
}

const char *armfield_first(const struct json *object, const char *way)
{
    const struct json *item = armfield_items(object, way);
    const char *text = item ? json_text_of(item) : NULL;

    return text && *text ? text : NULL;
}
