/* ibfleet doctor - is this controller able to do its work, and if not, why */

#include <unistd.h>

#include "controller/command.h"
#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/options.h"
#include "controller/screen/color.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int print(const struct checkup *c, bool as_json, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = as_json ? checkup_encode(c) : NULL;

    if (as_json)
        return doc ? screen_json(doc, why) : fail_memory(why);
    checkup_render(c, screen_width(STDOUT_FILENO), color_wanted(STDOUT_FILENO), &text);
    screen_out(&text);
    return 0;
}

int cmd_doctor(struct command *command)
{
    struct checkup c = {.count = 0};
    struct fail why;

    examine_program(&c);
    examine_fleet(&c, command);
    examine_login(&c, command);
    examine_state(&c, command);
    if (print(&c, command->options->json, &why) < 0)
        return screen_fail(&why);
    return checkup_worst(&c) == CHECKUP_BAD ? EXIT_SOME_FAILED : EXIT_WELL;
}
