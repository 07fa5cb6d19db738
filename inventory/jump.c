#include "inventory/jump.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_setting.h"

#define DEFAULT_PORT 22

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_made_of(const char *text, size_t len, const char *characters)
{
    return len > 0 && strspn(text, characters) >= len;
}

static bool copy(const char *text, size_t len, char *to, size_t room)
{
    if (len >= room)
        return false;
    memcpy(to, text, len);
    to[len] = '\0';
    return true;
}

/* ":PORT" or nothing. */
static bool read_port(const char *text, size_t len, struct jump_hop *hop)
{
    char digits[8];
    unsigned port;

    if (len == 0)
        return true;
    if (*text != ':' || !copy(text + 1, len - 1, digits, sizeof digits) ||
        setting_number(digits, 1, 65535, &port) < 0)
        return false;
    hop->port = (uint16_t)port;
    return true;
}

/* What follows is a port; a host begins with no '-': it is a word of programs, too. */
static bool read_host(const char *text, size_t len, struct jump_hop *hop)
{
    const char *end = memchr(text, *text == '[' ? ']' : ':', len);
    size_t inside = *text == '[', host = (end ? (size_t)(end - text) : len) - inside;
    size_t used = inside + host + inside;

    if (inside && !end)
        return false;
    if (!is_made_of(text + inside, host, inside ? ALNUM ":.%_-" : ALNUM "._-") ||
        text[inside] == '-' || !copy(text + inside, host, hop->host, sizeof hop->host))
        return false;
    return read_port(text + used, len - used, hop);
}

static bool read_hop(const char *text, size_t len, struct jump_hop *hop)
{
    const char *at = memrchr(text, '@', len);
    size_t user = at ? (size_t)(at - text) : 0;

    *hop = (struct jump_hop){0};
    if (at && (!is_made_of(text, user, ALNUM "._@+$-") || *text == '-' ||
               !copy(text, user, hop->user, sizeof hop->user)))
        return false;
    user += at != NULL;
    return user < len && read_host(text + user, len - user, hop);
}

bool jump_is_right(const char *jump)
{
    unsigned hops = 0;
    struct jump_hop hop;

    for (;; jump++) {
        size_t len = strcspn(jump, ",");

        if (!read_hop(jump, len, &hop) || ++hops > JUMP_HOPS_MAX)
            return false;
        jump += len;
        if (!*jump)
            return true;
    }
}

static bool is_it(const struct jump_hop *hop, const char *name, uint16_t port)
{
    return strcmp(hop->host, name) == 0 &&
           (hop->port == 0 || hop->port == (port ? port : DEFAULT_PORT));
}

size_t jump_before(const char *jump, const char *name, uint16_t port)
{
    size_t at = 0;
    struct jump_hop hop;

    for (;;) {
        size_t len = strcspn(jump + at, ",");

        if (read_hop(jump + at, len, &hop) && is_it(&hop, name, port))
            return at > 0 ? at - 1 : 0;
        at += len;
        if (!jump[at])
            return at;
        at++;
    }
}

size_t jump_last(const char *jump, size_t len_bytes, struct jump_hop *hop)
{
    const char *comma = memrchr(jump, ',', len_bytes);
    size_t before = comma ? (size_t)(comma - jump) : 0;
    size_t from = comma ? before + 1 : 0;

    read_hop(jump + from, len_bytes - from, hop);
    return before;
}
