#include "inventory/scaleset_name.h"

#include <string.h>
#include <strings.h>

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

#define BASE 36

int scaleset_name_format(const char *prefix, uint64_t number, char *name)
{
    size_t len = strlen(prefix);

    if (len > SCALESET_NAME_MAX_PREFIX || number >= SCALESET_NAME_NUMBERS)
        return -1;
    memcpy(name, prefix, len);
    for (size_t i = SCALESET_NAME_DIGITS; i-- > 0; number /= BASE)
        name[len + i] = digits[number % BASE];
    name[len + SCALESET_NAME_DIGITS] = '\0';
    return 0;
}

/* Its value, or BASE for what is none. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + 10 : BASE;
}

bool scaleset_name_parse(const char *prefix, const char *name, uint64_t *number)
{
    size_t len = strlen(prefix);
    uint64_t sum = 0;

    if (strncasecmp(name, prefix, len) != 0 || strlen(name + len) != SCALESET_NAME_DIGITS)
        return false;
    for (name += len; *name; name++) {
        unsigned digit = digit_of(*name);

        if (digit == BASE)
            return false;
        sum = sum * BASE + digit;
    }
    *number = sum;
    return true;
}
