#include "controller/ssh/hostpattern.h"

#include <string.h>

/* '*' and '?' only; pattern ends at end. */
static bool glob(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool hostpattern_covers(const char *list, const char *host)
{
    bool covers = false;

    while (*list) {
        const char *end = list + strcspn(list, ",");
        bool negated = *list == '!';

        if (glob(list + negated, end, host)) {
            if (negated)
                return false;
            covers = true;
        }
        list = *end ? end + 1 : end;
    }
    return covers;
}
