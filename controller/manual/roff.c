#include "controller/manual/roff.h"

#include <ctype.h>
#include <string.h>

#include "controller/screen/text.h"

/* What roff would print as something else, or not at all. */
static const char *spelled(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '"':
        return "\\(dq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    default:
        return NULL;
    }
}

static void put(struct text *roff, char c)
{
    const char *instead = spelled(c);

    text_put(roff, instead ? instead : &c, instead ? strlen(instead) : 1);
}

/* A line that begins with one of these would be a request. */
static void guard(struct text *roff, const char *line, size_t len_bytes)
{
    if (len_bytes && *line == '.')
        text_add(roff, "\\&");
}

/* A pair of `backquotes` is bold; a lonely one is itself. */
void roff_words(struct text *roff, const char *words, size_t len_bytes)
{
    const char *end = words + len_bytes, *close;

    guard(roff, words, len_bytes);
    for (; words < end; words++) {
        close = *words == '`' ? memchr(words + 1, '`', (size_t)(end - words - 1)) : NULL;
        if (!close) {
            put(roff, *words);
            continue;
        }
        text_add(roff, "\\fB");
        for (words++; words < close; words++)
            put(roff, *words);
        text_add(roff, "\\fR");
    }
    text_add(roff, "\n");
}

void roff_line(struct text *roff, const char *line, size_t len_bytes)
{
    guard(roff, line, len_bytes);
    for (size_t i = 0; i < len_bytes; i++)
        put(roff, line[i]);
    text_add(roff, "\n");
}

void roff_title(struct text *roff, const char *page, int section)
{
    text_add(roff, ".TH ");
    for (; *page; page++)
        put(roff, (char)toupper((unsigned char)*page));
    text_add(roff, " %d \"\" \"ibfleet %s\" \"%s\"\n.nh\n.ad l\n", section,
             IBFLEET_VERSION,
             section == 1   ? "User Commands"
             : section == 5 ? "File Formats"
                            : "Miscellanea");
}

static void put_heading(struct text *roff, const char *macro, const char *title)
{
    text_add(roff, "%s \"", macro);
    for (; *title; title++)
        put(roff, *title);
    text_add(roff, "\"\n");
}

void roff_section(struct text *roff, const char *title)
{
    put_heading(roff, ".SH", title);
}

void roff_subsection(struct text *roff, const char *title)
{
    put_heading(roff, ".SS", title);
}

void roff_paragraph(struct text *roff)
{
    text_add(roff, ".PP\n");
}

void roff_item(struct text *roff, const char *tag, const char *words)
{
    text_add(roff, ".TP\n");
    roff_words(roff, tag, strlen(tag));
    roff_words(roff, words, strlen(words));
}

void roff_item_goes_on(struct text *roff, const char *words)
{
    text_add(roff, ".IP\n");
    roff_words(roff, words, strlen(words));
}

void roff_literal_begin(struct text *roff)
{
    text_add(roff, ".PP\n.RS 4\n.nf\n");
}

void roff_literal_end(struct text *roff)
{
    text_add(roff, ".fi\n.RE\n");
}
