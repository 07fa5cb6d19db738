#include "controller/screen/wrap.h"

#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/scope.h"

/* How many bytes go on a line of so many columns: whole words, at least one. */
static size_t line_length(const char *words, size_t columns)
{
    size_t len = strcspn(words, " ");

    while (words[len]) {
        size_t more = len + 1 + strcspn(words + len + 1, " ");

        if (utf8_columns(words, more) > columns)
            break;
        len = more;
    }
    return len;
}

void wrap_add(struct text *text, const char *words, size_t indent, size_t width)
{
    size_t columns = !width ? (size_t)-1 : width > indent ? width - indent : 1;
    size_t len = line_length(words, columns);

    text_put(text, words, len);
    text_put(text, "\n", 1);
    while (*(words += len)) {
        words++;
        len = line_length(words, columns);
        text_fill(text, ' ', indent);
        text_put(text, words, len);
        text_put(text, "\n", 1);
    }
}

void wrap_add_escaped(struct text *text, const char *words, size_t indent, size_t width)
{
    CLEANUP(text_clear) struct text safe = {0};

    escape_add(&safe, words);
    wrap_add(text, text_of(&safe), indent, width);
}
