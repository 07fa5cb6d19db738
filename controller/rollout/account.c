#include "controller/rollout/account.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "controller/options.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/view.h"
#include "controller/rollout/view_batches.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int print_json(const struct rollout *r, const char *run, bool with_plans,
                      struct fail *why)
{
    CLEANUP(json_done) struct json *doc = view_json(r, run, with_plans);

    return doc ? screen_json(doc, why) : fail_memory(why);
}

/* With --json, stdout is for the result alone.  What failed is told here only when
 * something else comes before the result, which tells it again.
 */
int account_plan(const struct rollout *r, const struct options *o,
                 const struct dispatch_terms *terms, const struct forecast *forecast,
                 struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    bool aside = o->json || o->ndjson || (o->out && strcmp(o->out, "-") == 0);
    int fd = aside ? STDERR_FILENO : STDOUT_FILENO;

    if (o->plan && o->json)
        return print_json(r, NULL, true, why);
    if (view_plan(r, screen_width(fd), color_wanted(fd), &text, why) < 0)
        return -1;
    if (view_batches(r, terms, forecast, screen_width(fd), color_wanted(fd), &text, why) <
        0)
        return -1;
    if ((o->plan || rollout_in_state(r, NODE_PLANNED)) &&
        view_trouble(r, color_wanted(fd), &text, why) < 0)
        return -1;
    if (aside)
        screen_err(&text);
    else
        screen_out(&text);
    return 0;
}

int account_result(const struct rollout *r, const struct options *o, const char *run,
                   struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    if (!rollout_count(r))
        return account_nothing(o, run, why);
    if (o->ndjson)
        return 0;
    if (o->json)
        return print_json(r, run, false, why);
    if (view_result(r, screen_width(STDOUT_FILENO), color_wanted(STDOUT_FILENO), &text,
                    why) < 0)
        return -1;
    text_add(&text, "\nrun %s: ", run);
    view_counts(r, &text);
    text_add(&text, "\n");
    if (text_is_cut(&text))
        return fail_memory(why);
    screen_out(&text);
    return 0;
}

int account_nothing(const struct options *o, const char *run, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    if (o->ndjson)
        return 0;
    if (o->json)
        return print_json(NULL, run, false, why);
    text_add(&text, "run %s: nothing is left to do\n", run);
    screen_out(&text);
    return 0;
}

void account_next(const char *run, bool unfinished, size_t failed)
{
    if (unfinished)
        screen_warn("go on with: ibfleet resume %s%s", run,
                    failed ? " (--failed: also with those that failed)" : "");
    else if (failed)
        screen_warn("to try what failed again: ibfleet resume %s --failed", run);
}

static void tell_why(const struct rollout *r)
{
    struct fail why;

    rollout_why(r, &why);
    if (why.code)
        screen_warn("%s %s; %zu not begun",
                    rollout_is_stopped(r) ? "stopped:" : "paused:", why.text,
                    rollout_in_state(r, NODE_PLANNED));
}

void account_rest(const struct rollout *r, const char *run)
{
    size_t paused = rollout_in_state(r, NODE_PAUSED);

    if (paused)
        screen_warn("paused; what %zu node%s had begun goes on there", paused,
                    paused == 1 ? "" : "s");
    if (rollout_in_state(r, NODE_PLANNED))
        tell_why(r);
    account_next(run, paused || rollout_in_state(r, NODE_PLANNED),
                 rollout_in_state(r, NODE_FAILED));
}
