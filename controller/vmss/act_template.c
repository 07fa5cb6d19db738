/* ibfleet azure template - Microsoft's extension for somebody else's template; nobody is
 * asked
 */
#include <stdlib.h>

#include "controller/azure/survey.h"
#include "controller/command.h"
#include "controller/extension/extension_words.h"
#include "controller/extension/template.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/act.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* One set at most: its names stand in what is printed. */
static int read_set(const struct options *o, struct survey_order *set,
                    struct template_order *order, struct fail *why)
{
    if (!o->vmss)
        return 0;
    if (survey_order_parse(o->vmss, set, why) < 0)
        return fail_prefix(why, "azure template: of one set");
    order->group = set->group;
    order->set = set->name;
    return 0;
}

static int print(const struct options *o, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *settings = NULL;
    struct vm_extension_wish wish;
    struct survey_order set;
    struct template_order order = {.wish = &wish,
                                   .form =
                                       template_form_of(o->form ? o->form : "nested")};

    if (extension_words_read(o, &wish, &settings, why) < 0 ||
        read_set(o, &set, &order, why) < 0)
        return -1;
    if (!wish.kind)
        wish.kind = vm_extension_named("linux");
    if (template_render(&order, &text, why) < 0)
        return -1;
    screen_out(&text);
    return 0;
}

int act_template(struct command *c)
{
    struct fail why;

    return print(c->options, &why) < 0 ? screen_fail(&why) : EXIT_WELL;
}
