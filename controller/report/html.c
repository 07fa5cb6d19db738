#include "controller/report/html.h"

#include <string.h>

#include "controller/extension/quote.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void put(struct text *page, const char *words, const char *after_comma)
{
    CLEANUP(text_clear) struct text plain = {0};

    escape_add(&plain, words);
    for (const char *at = text_of(&plain); *at; at++) {
        const char *entity = entity_of(*at);

        text_put(page, entity ? entity : at, entity ? strlen(entity) : 1);
        if (*at == ',')
            text_put(page, after_comma, strlen(after_comma));
    }
    page->cut |= text_is_cut(&plain);
}

void html_add(struct text *page, const char *words)
{
    put(page, words, "");
}

void html_add_hosts(struct text *page, const char *folded)
{
    put(page, folded, "<wbr/>");
}

/* What no shell makes anything of, wherever it stands. */
static const char plain_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789@%_-+=:,./";

void html_add_word(struct text *page, const char *word)
{
    CLEANUP(text_clear) struct text quoted = {0};

    if (*word && !word[strspn(word, plain_characters)]) {
        html_add(page, word);
        return;
    }
    quote_single(&quoted, word, "'\\''");
    html_add(page, text_of(&quoted));
}
