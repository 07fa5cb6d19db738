#include "controller/rollout/news.h"

#include <stddef.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/steps.h"

/* Our own text for the node's; NULL: none of ours. */
static const char *step_of(const struct json *body)
{
    const char *name;

    if (json_get_text(body, "name", &name, NULL) < 0)
        return NULL;
    for (int v = 0; v < STEP_VERBS; v++)
        if (strcmp(step_name((enum step_verb)v), name) == 0)
            return step_name((enum step_verb)v);
    return NULL;
}

static const char *state_of(const struct json *body)
{
    static const char *const states[] = {"running", "done", "already", "failed"};
    const char *name;

    if (json_get_text(body, "state", &name, NULL) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], name) == 0)
            return states[i];
    return NULL;
}

bool news_read(const char *event, const struct json *body, struct news *news)
{
    *news = (struct news){.step = step_of(body)};
    if (!news->step)
        return false;
    if (strcmp(event, "output") == 0)
        return json_get_text(body, "line", &news->line, NULL) == 0 && news->line;
    if (strcmp(event, "step") != 0)
        return false;
    news->state = state_of(body);
    json_get_real(body, "seconds", &news->seconds, NULL);
    return news->state != NULL;
}
