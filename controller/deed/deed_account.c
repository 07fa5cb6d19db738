#include "controller/deed/deed_account.h"

#include <unistd.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_view.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int print_json(const struct deed *deed, const struct deed_order *order,
                      const char *run, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = deed_view_json(deed, order, run);

    return doc ? screen_json(doc, why) : fail_memory(why);
}

/* With --json, stdout is for the result alone. */
int deed_account_plan(const struct deed_order *order, const struct options *o,
                      const char *run, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    int fd = o->json ? STDERR_FILENO : STDOUT_FILENO;

    if (o->plan && o->json)
        return print_json(NULL, order, run, why);
    if (deed_view_plan(order, screen_width(fd), color_wanted(fd), &text, why) < 0)
        return -1;
    if (o->json)
        screen_err(&text);
    else
        screen_out(&text);
    return 0;
}

int deed_account_result(const struct deed *deed, const struct deed_order *order,
                        const struct options *o, const char *run, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};

    if (o->json)
        return print_json(deed, order, run, why);
    if (deed_view_result(deed, screen_width(STDOUT_FILENO), color_wanted(STDOUT_FILENO),
                         &text, why) < 0)
        return -1;
    text_add(&text, "\nrun %s: ", run);
    deed_view_counts(deed, order, &text);
    text_add(&text, "\n");
    screen_out(&text);
    return 0;
}

void deed_account_rest(const struct deed *deed, const char *run)
{
    size_t todo = deed_in_state(deed, DEED_TODO);
    size_t left = deed_count(deed) - deed_ended(deed);

    if (deed_is_spent(deed))
        screen_warn("more instances have failed than --max-failures allows: nothing new "
                    "was begun, %zu left",
                    todo);
    if (left > todo)
        screen_warn("what %zu had begun goes on at Azure", left - todo);
    if (left)
        screen_warn("go on with: ibfleet azure resume %s", run);
    if (deed_in_state(deed, DEED_FAILED))
        screen_warn("what failed is '@%s:failed', for another action or the same", run);
}
