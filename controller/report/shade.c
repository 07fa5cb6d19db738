#include "controller/report/shade.h"

#include <stddef.h>
#include <string.h>

#include "controller/report/chronicle.h"
#include "controller/rollout/node_state.h"
#include "controller/rollout/view.h"
#include "controller/screen/progress.h"

/* By name, since not every version has all of them. */
static const struct {
    const char *state;
    enum shade shade;
} known[] = {
    {"probing", SHADE_LOOK},       {"claiming", SHADE_CLAIM},
    {"releasing", SHADE_CLAIM},    {"staging", SHADE_STAGE},
    {"draining", SHADE_DRAIN},     {"undraining", SHADE_DRAIN},
    {"installing", SHADE_INSTALL}, {"rebooting", SHADE_REBOOT},
    {"verifying", SHADE_CHECK},    {"checking", SHADE_CHECK},
    {"soaking", SHADE_SOAK},       {"paused", SHADE_PAUSE},
};

static const char *const names[SHADES] = {
    [SHADE_GOOD] = "good",   [SHADE_BAD] = "bad",       [SHADE_SOAK] = "soak",
    [SHADE_CHECK] = "check", [SHADE_REBOOT] = "reboot", [SHADE_INSTALL] = "install",
    [SHADE_DRAIN] = "drain", [SHADE_STAGE] = "stage",   [SHADE_CLAIM] = "claim",
    [SHADE_LOOK] = "look",   [SHADE_BUSY] = "busy",     [SHADE_ALONE] = "alone",
    [SHADE_PAUSE] = "pause", [SHADE_WAIT] = "wait",
};

static enum shade shade_of_kind(enum progress_kind kind)
{
    switch (kind) {
    case PROGRESS_STILL:
        return SHADE_WAIT;
    case PROGRESS_GOOD:
        return SHADE_GOOD;
    case PROGRESS_BAD:
        return SHADE_BAD;
    default:
        return SHADE_BUSY;
    }
}

static enum shade find(int state)
{
    const char *name;

    if (state == CHRONICLE_ALONE)
        return SHADE_ALONE;
    name = node_state_name((enum node_state)state);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].state, name) == 0)
            return known[i].shade;
    return shade_of_kind(view_states()[state - 1].kind);
}

/* Asked for each node and each moment: looked up once. */
enum shade shade_of(int state)
{
    static enum shade found[NODE_STATES];
    static bool is_filled;

    for (int s = 0; !is_filled && s < NODE_STATES; s++)
        found[s] = find(s);
    is_filled = true;
    return found[state];
}

const char *shade_name(enum shade shade)
{
    return names[shade];
}

bool shade_is_busy(enum shade shade)
{
    return shade >= SHADE_SOAK && shade <= SHADE_BUSY;
}
