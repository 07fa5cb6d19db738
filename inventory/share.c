#include "inventory/share.h"

#include <stdlib.h>
#include <string.h>

int share_parse(const char *text, struct share *share)
{
    size_t digits = strspn(text, "0123456789");
    bool of_hundred = text[digits] == '%';
    unsigned long n = strtoul(text, NULL, 10);

    if (!digits || digits > 6 || text[digits + of_hundred] ||
        n > (of_hundred ? 100 : SHARE_MAX))
        return -1;
    *share = (struct share){.n = (unsigned)n, .of_hundred = of_hundred};
    return 0;
}

size_t share_of(const struct share *share, size_t whole)
{
    return share->of_hundred ? whole * share->n / 100 : share->n;
}

size_t share_of_at_least_one(const struct share *share, size_t whole)
{
    size_t n = share_of(share, whole);

    return n ? n : 1;
}
