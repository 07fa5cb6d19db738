/* ibfleet report [RUN] - a rollout as one HTML file, from the journal alone */

#include <stdio.h>
#include <string.h>

#include "controller/command.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/out_file.h"
#include "controller/report/report.h"
#include "controller/rollout/past.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.report/1"

/* What a script wants to know of what was written. */
static int print_json(const struct report *r, const char *out, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = report_encode(r);

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put_text(doc, "file", out) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

static int write_page(const struct command *c, const struct report *r, struct fail *why)
{
    CLEANUP(text_clear) struct text page = {0};
    const char *out = c->options->out;
    char usual[100];

    snprintf(usual, sizeof usual, "ibfleet-%s.html", report_run(r));
    out = out ? out : usual;
    if (report_render(r, &page, why) < 0 || out_file_write(out, &page, why) < 0)
        return -1;
    if (c->options->json)
        return print_json(r, out, why);
    if (strcmp(out, "-") != 0)
        screen_warn("run %s: report written to %s", report_run(r), out);
    return 0;
}

static int report(struct command *c, struct fail *why)
{
    CLEANUP(history_done) struct history *h = NULL;
    CLEANUP(report_done) struct report *r = NULL;
    const struct options *o = c->options;

    if (o->json && o->out && strcmp(o->out, "-") == 0)
        return fail_set(why, FAIL_USAGE, "report: -o - and --json: one of both");
    if (past_open(c, &h, why) < 0 ||
        report_read(h, o->subject ? o->subject : o->run, journal_clock_ms(), &r, why) < 0)
        return -1;
    return write_page(c, r, why);
}

int cmd_report(struct command *c)
{
    struct fail why;

    return report(c, &why) < 0 ? screen_fail(&why) : EXIT_WELL;
}
