#include "controller/validate/saying.h"

#include <string.h>

#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "controller/screen/wrap.h"
#include "protocol/scope.h"

void saying_add(const char *lead, const char *words, size_t width, struct text *text)
{
    CLEANUP(text_clear) struct text safe = {0};

    if (width && width < SAYING_NARROWEST)
        width = SAYING_NARROWEST;
    escape_add(&safe, words);
    text_add(text, "%s", lead);
    wrap_add(text, text_of(&safe), utf8_columns(lead, strlen(lead)), width);
}

void saying_finding(bool grave, const char *words, const char *advice, size_t width,
                    bool color, struct text *text)
{
    text_add(text, "%s", color_of(grave ? COLOR_BAD : COLOR_DIM, color));
    saying_add(grave ? "  * " : "  - ", words, width, text);
    text_add(text, "%s", color_of(COLOR_PLAIN, color));
    saying_add("    -> ", advice, width, text);
}

void saying_unsaid(size_t count, struct text *text)
{
    if (count)
        text_add(text, "  * %zu more, see --json\n", count);
}

void saying_gap_heading(struct text *text)
{
    text_add(text, "\nNot tested\n");
}

void saying_gap(const char *words, size_t width, struct text *text)
{
    saying_add("  ", words, width, text);
}
