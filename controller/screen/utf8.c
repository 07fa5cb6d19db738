#include "controller/screen/utf8.h"

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

/* By the lead byte: how long, and the lowest point that may be so long. */
static size_t length_of(unsigned char lead, uint32_t *lowest)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        *lowest = 0x80;
        return 2;
    }
    if ((lead & 0xf0) == 0xe0) {
        *lowest = 0x800;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *lowest = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_decode(const char *bytes, size_t len_bytes, uint32_t *point)
{
    unsigned char lead = (unsigned char)bytes[0];
    uint32_t lowest = 0, value;
    size_t len;

    if (lead < 0x80) {
        *point = lead;
        return 1;
    }
    len = length_of(lead, &lowest);
    if (!len || len > len_bytes)
        return 0;
    value = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)bytes[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (value < lowest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *point = value;
    return len;
}

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
    size_t len = utf8_decode(bytes, len_bytes, &point);

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
