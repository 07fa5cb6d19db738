#include "protocol/character.h"

#include <string.h>

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

size_t character_decode(const char *bytes, size_t len_bytes, uint32_t *point)
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

/* A character has at most three bytes after its first. */
int character_cut(const char *text, size_t max_bytes)
{
    size_t len_bytes = strnlen(text, max_bytes + 1), end = max_bytes;

    if (len_bytes <= max_bytes)
        return (int)len_bytes;
    while (end > 0 && max_bytes - end < 3 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    return (int)end;
}
