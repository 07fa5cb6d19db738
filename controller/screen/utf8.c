#include "controller/screen/utf8.h"

#include <stdint.h>

#include "protocol/character.h"

struct range {
    uint32_t first, last;
};

/* clang-format off */
/* What takes no column: marks that combine, joiners, variation selectors. */
static const struct range narrowest[] = {
    {0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* What takes two: East Asian wide and full-width forms, emoji. */
static const struct range widest[] = {
    {0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x2e80, 0x303e},
    {0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
/* clang-format on */

static int is_among(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && point >= ranges[i].first; i++)
        if (point <= ranges[i].last)
            return 1;
    return 0;
}

#define AMONG(point, ranges) is_among(point, ranges, sizeof(ranges) / sizeof *(ranges))

/* Length in bytes of the next character, its columns into *columns. */
static size_t step(const char *bytes, size_t len_bytes, size_t *columns)
{
    uint32_t point;
    size_t len = character_decode(bytes, len_bytes, &point);

    *columns = 1;
    if (!len)
        return 1;
    if (point >= 0x300 && AMONG(point, narrowest))
        *columns = 0;
    else if (point >= 0x1100 && AMONG(point, widest))
        *columns = 2;
    return len;
}

size_t utf8_fit(const char *bytes, size_t len_bytes, size_t columns)
{
    size_t at = 0, used = 0;

    while (at < len_bytes) {
        size_t wide, len = step(bytes + at, len_bytes - at, &wide);

        if (used + wide > columns)
            break;
        used += wide;
        at += len;
    }
    return at;
}

size_t utf8_columns(const char *bytes, size_t len_bytes)
{
    size_t at = 0, used = 0;

    while (at < len_bytes) {
        size_t wide;

        at += step(bytes + at, len_bytes - at, &wide);
        used += wide;
    }
    return used;
}
