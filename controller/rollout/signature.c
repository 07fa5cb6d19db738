#include "controller/rollout/signature.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "protocol/character.h"

/* So many hex digits in groups are an id: a MAC address, a GUID, a UUID, a run's name. */
#define ID_DIGITS 8

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Of a name or a word; bytes of UTF-8 are letters. */
static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool begins_word(const char *text, const char *at)
{
    return at == text || !is_of_word(at[-1]);
}

/* ---- what is found at a place: how long it is, 0 when it is not there ---------------- */

/* The name, and not as a part of another one.  "ib1" is not in "ib1-eth0", and is in
 * "ib1.cluster.example".
 */
static size_t own_name(const char *text, const char *at, const char *node)
{
    size_t len = strlen(node);

    if (!len || strncmp(at, node, len) != 0 || !begins_word(text, at) ||
        (at > text && at[-1] == '-'))
        return 0;
    return is_of_word(at[len]) || at[len] == '-' ? 0 : len;
}

/* Groups of hex digits, joined by single ':' and '-' or by "::". */
static size_t hex_groups(const char *at)
{
    size_t len = 0, end = 0, digits = 0, groups = 0;
    bool has_number = false;

    while (is_hex(at[len])) {
        groups++;
        for (; is_hex(at[len]); len++) {
            digits++;
            has_number |= is_digit(at[len]);
        }
        end = len;
        len += at[len] == ':' || at[len] == '-';
        len += at[len] == ':' && at[len - 1] == ':';
    }
    if (is_of_word(at[end]) || !has_number || digits < ID_DIGITS || groups < 2)
        return 0;
    return end;
}

/* 0x1f3a, c903, 3f2a1b00: all of a word. */
static size_t hex_word(const char *at)
{
    size_t start = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 2 : 0, len = start;
    bool has_number = start > 0;

    for (; is_hex(at[len]); len++)
        has_number |= is_digit(at[len]);
    return len > start && has_number && !is_of_word(at[len]) ? len : 0;
}

/* 12, 3.5, 10.0.0.4; the 5 of mlx5_0. */
static size_t number(const char *at)
{
    size_t len = 0;

    while (is_digit(at[len]))
        for (len++; is_digit(at[len]) || (at[len] == '.' && is_digit(at[len + 1]));)
            len++;
    return len;
}

static size_t longer(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t any_number(const char *text, const char *at)
{
    size_t hex = begins_word(text, at) ? longer(hex_groups(at), hex_word(at)) : 0;

    return longer(hex, number(at));
}

/* ---- the whole ------------------------------------------------------------------------ */

/* False: there is no room for it. */
static bool put(char out[SIGNATURE_BYTES], size_t *used, const char *bytes, size_t len)
{
    if (*used + len >= SIGNATURE_BYTES)
        return false;
    memcpy(out + *used, bytes, len);
    *used += len;
    return true;
}

/* What is no UTF-8 goes byte by byte. */
static size_t character(const char *at)
{
    uint32_t point;
    size_t len = character_decode(at, strnlen(at, 4), &point);

    return len ? len : 1;
}

const char *signature_of(enum fail_code code, const char *reason, const char *node,
                         char out[SIGNATURE_BYTES])
{
    int head = snprintf(out, SIGNATURE_BYTES, "%s: ", fail_code_name(code));
    size_t used = (size_t)head;
    bool has_room = true;

    for (const char *at = reason; *at && has_room;) {
        size_t name = own_name(reason, at, node);
        size_t digits = name ? 0 : any_number(reason, at);
        size_t other = name || digits ? 0 : character(at);

        has_room = name     ? put(out, &used, "NODE", 4)
                   : digits ? put(out, &used, "#", 1)
                            : put(out, &used, at, other);
        at += name + digits + other;
    }
    out[used] = '\0';
    return out;
}
