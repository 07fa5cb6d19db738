/* azure status - the sets, their instances, and what is in the way */

#include <stdlib.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/act.h"
#include "controller/vmss/census.h"
#include "controller/vmss/forewarn.h"
#include "controller/vmss/standing.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int print(const struct standing *s, bool as_json, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = as_json ? standing_encode(s) : NULL;

    if (as_json)
        return doc ? screen_json(doc, why) : fail_memory(why);
    if (standing_render(s, screen_width(STDOUT_FILENO), color_wanted(STDOUT_FILENO),
                        &text, why) < 0)
        return -1;
    screen_out(&text);
    return 0;
}

/* The findings are those that a rollout would meet. */
static int show(struct command *c, const struct scaleset_instance **instances,
                struct fail *why)
{
    struct preflight found = {.count = 0};
    struct standing s = {.instances = instances, .found = &found};
    int status;

    s.sets = census_sets(c->census, &s.set_count);
    for (size_t i = 0; i < c->node_count; i++) {
        instances[s.instance_count] = census_instance(c->census, c->nodes[i]->name);
        s.instance_count += instances[s.instance_count] != NULL;
    }
    status = forewarn_judge(c->census, PREFLIGHT_ROLLOUT, false, &found, why);
    if (status == 0)
        status = print(&s, c->options->json, why);
    preflight_done(&found);
    return status;
}

int act_status(struct command *c)
{
    const struct scaleset_instance **instances =
        calloc(c->node_count + 1, sizeof *instances);
    struct fail why;
    int status = instances ? show(c, instances, &why) : fail_memory(&why);

    free(instances);
    return status < 0 ? screen_fail(&why) : EXIT_WELL;
}
