#include "controller/screen/indent.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "controller/screen/text.h"

#define STEP 2

/* A flat object or list up to this long stays on its line. */
#define SHORT_BYTES 72

/* The length of the string that begins here, quotes included. */
static size_t string_length(const char *json)
{
    size_t len = 1;

    while (json[len] && json[len] != '"')
        len += json[len] == '\\' && json[len + 1] ? 2 : 1;
    return len + (json[len] == '"');
}

/* The length of the object or list that begins here when it is short and holds no
 * other; else 0.
 */
static size_t flat_length(const char *json)
{
    size_t len = 1;

    while (json[len] && len < SHORT_BYTES) {
        if (json[len] == '}' || json[len] == ']')
            return len + 1;
        if (json[len] == '{' || json[len] == '[')
            return 0;
        len += json[len] == '"' ? string_length(json + len) : 1;
    }
    return 0;
}

static void add_flat(struct text *text, const char *json, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t run = json[at] == '"' ? string_length(json + at) : 1;

        text_put(text, json + at, run);
        if (json[at] == ':' || json[at] == ',')
            text_put(text, " ", 1);
        at += run;
    }
}

static void break_line(struct text *text, size_t depth)
{
    text_put(text, "\n", 1);
    text_fill(text, ' ', STEP * depth);
}

/* One token, or a flat part at once; returns its length. */
static size_t add_token(struct text *text, const char *json, size_t *depth)
{
    size_t len = 1;

    switch (*json) {
    case '{':
    case '[':
        len = flat_length(json);
        if (len) {
            add_flat(text, json, len);
            return len;
        }
        text_put(text, json, 1);
        break_line(text, ++*depth);
        return 1;
    case '}':
    case ']':
        *depth -= *depth > 0;
        break_line(text, *depth);
        break;
    case '"':
        len = string_length(json);
        break;
    default:
        break;
    }
    text_put(text, json, len);
    if (*json == ',')
        break_line(text, *depth);
    if (*json == ':')
        text_put(text, " ", 1);
    return len;
}

void indent_add(struct text *text, const char *json)
{
    size_t depth = 0;

    while (*json && !text_is_cut(text))
        json += add_token(text, json, &depth);
}
