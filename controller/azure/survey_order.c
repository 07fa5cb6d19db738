/* survey_order - the name of a scale set as it is typed */

#include <string.h>

#include "controller/azure/survey.h"
#include "protocol/fail.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

static bool take(const char *text, size_t len, const char *allowed, size_t max, char *to)
{
    if (!len || len > max || strspn(text, allowed) < len || text[len - 1] == '.')
        return false;
    memcpy(to, text, len);
    to[len] = '\0';
    return true;
}

/* Both become part of a URL: nothing that means something there may pass. */
int survey_order_parse(const char *text, struct survey_order *order, struct fail *why)
{
    const char *slash = strchr(text, '/');

    *order = (struct survey_order){.wants_sizes = false};
    if (!slash)
        return fail_set(why, FAIL_USAGE,
                        "scale set '%s': say its resource group, too: RG/NAME", text);
    if (!take(text, (size_t)(slash - text), LETTERS "()", SURVEY_MAX_GROUP, order->group))
        return fail_set(
            why, FAIL_USAGE,
            "scale set '%s': a resource group has 1 to %d letters, digits and "
            "-_.(), and no '.' at its end",
            text, SURVEY_MAX_GROUP);
    if (!take(slash + 1, strlen(slash + 1), LETTERS, SURVEY_MAX_NAME, order->name))
        return fail_set(why, FAIL_USAGE,
                        "scale set '%s': its name has 1 to %d letters, digits and -_., "
                        "and no '.' at its end",
                        text, SURVEY_MAX_NAME);
    return 0;
}
