#include "controller/deed/deed_mark.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {
    [ARM_TRACK_OPERATION] = "operation ",
    [ARM_TRACK_LOCATION] = "location ",
};

char *deed_mark_print(enum arm_track track, const char *url)
{
    char *text;

    return asprintf(&text, "%s%s", words[track], url) < 0 ? NULL : text;
}

const char *deed_mark_read(const char *mark, enum arm_track *track)
{
    for (int t = ARM_TRACK_OPERATION; t <= ARM_TRACK_LOCATION; t++) {
        size_t len = strlen(words[t]);

        if (strncmp(mark, words[t], len) != 0)
            continue;
        *track = (enum arm_track)t;
        return mark + len;
    }
    return NULL;
}
