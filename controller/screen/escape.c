#include "controller/screen/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "controller/screen/text.h"
#include "protocol/character.h"

/* Valid, but nothing that a terminal or a reader should meet unawares. */
static bool is_unsafe(uint32_t point)
{
    return (point >= 0x7f && point <= 0x9f) ||     /* DEL, C1             */
           point == 0xad ||                        /* soft hyphen         */
           point == 0x61c ||                       /* Arabic letter mark  */
           (point >= 0x200b && point <= 0x200f) || /* invisible, marks    */
           (point >= 0x2028 && point <= 0x202e) || /* separators, bidi    */
           (point >= 0x2060 && point <= 0x206f) || /* joiners, isolates   */
           point == 0xfeff ||                      /* byte order mark     */
           (point >= 0xfff9 && point <= 0xfffb) || /* annotations         */
           (point >= 0xe0000 && point <= 0xe007f); /* tags                */
}

static void put_unsafe(struct text *t, uint32_t point, enum escape_style style)
{
    if (point <= 0xffff)
        text_add(t, "\\u%04x", (unsigned)point);
    else if (style == ESCAPE_JSON)
        text_add(t, "\\u%04x\\u%04x", 0xd800u + (unsigned)((point - 0x10000) >> 10),
                 0xdc00u + (unsigned)(point & 0x3ff));
    else
        text_add(t, "\\U%08x", (unsigned)point);
}

/* A C0 control or DEL, as `cat -v` shows it. */
static void put_control(struct text *t, char c)
{
    char caret[2] = {'^', (char)(c ^ 0x40)};

    text_put(t, caret, sizeof caret);
}

static bool is_kept(char c, enum escape_style style)
{
    if (c == '\n')
        return style == ESCAPE_JSON;
    if (c == '\t')
        return style != ESCAPE_LINE;
    return (unsigned char)c >= 0x20 && c != 0x7f;
}

/* How many bytes from here are harmless ASCII: nearly always all of them. */
static size_t plain_run(const char *bytes, size_t len_bytes, enum escape_style style)
{
    size_t n = 0;

    while (n < len_bytes && (unsigned char)bytes[n] < 0x80 && is_kept(bytes[n], style))
        n++;
    return n;
}

/* One character that is not plain; returns its length. */
static size_t put_one(struct text *t, const char *bytes, size_t len_bytes,
                      enum escape_style style)
{
    uint32_t point;
    size_t len = character_decode(bytes, len_bytes, &point);

    if (!len && style == ESCAPE_JSON)
        text_add(t, "\\ufffd");
    else if (!len)
        text_add(t, "\\x%02x", (unsigned char)bytes[0]);
    else if (len == 1 && style != ESCAPE_JSON)
        put_control(t, bytes[0]);
    else if (len == 1 || is_unsafe(point))
        put_unsafe(t, point, style);
    else
        text_put(t, bytes, len);
    return len ? len : 1;
}

void escape_put(struct text *t, const char *bytes, size_t len_bytes,
                enum escape_style style)
{
    size_t at = 0;

    while (at < len_bytes && !text_is_cut(t)) {
        size_t run = plain_run(bytes + at, len_bytes - at, style);

        text_put(t, bytes + at, run);
        at += run;
        if (at < len_bytes)
            at += put_one(t, bytes + at, len_bytes - at, style);
    }
}

void escape_add(struct text *t, const char *string)
{
    escape_put(t, string, strlen(string), ESCAPE_LINE);
}
