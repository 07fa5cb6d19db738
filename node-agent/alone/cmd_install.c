#include <stdio.h>
#include <string.h>
#include <time.h>

#include "inventory/extension_exit.h"
#include "node-agent/alone/agent_options.h"
#include "node-agent/alone/alone.h"
#include "node-agent/alone/cmd.h"
#include "node-agent/alone/vmext_status.h"
#include "node-agent/alone/wish.h"
#include "node-agent/home.h"
#include "node-agent/install/uninstall.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define INSTALL_SCHEMA 1

/* ---- how it ended ------------------------------------------------------------------ */

/* What is written is no reason to end in another way than the work did. */
static void write_status(const struct home *h, const char *operation,
                         const struct fail *result)
{
    struct fail why;

    if (h->may_install && vmext_status_write(h, operation, result, &why) < 0)
        fprintf(stderr, "ibfleet-agent: %s is not written: %s\n", VMEXT_STATUS_FILE,
                why.text);
}

static struct json *encode(const struct alone *a, bool planned)
{
    static const char *const reboots[] = {
        [ALONE_REBOOT_NO] = "no",
        [ALONE_REBOOT_ADVISED] = "advised",
        [ALONE_REBOOT_NEEDED] = "needed",
        [ALONE_REBOOT_BEGUN] = "begun",
    };
    const char *reboot = planned && a->decision.reboot ? "planned" : reboots[a->reboot];
    const struct json *taken = a->taken ? json_find(a->taken, "steps") : NULL;
    struct json *doc = json_object();

    if (doc && json_put_int(doc, "schema", INSTALL_SCHEMA) == 0 &&
        json_put_text(doc, "operation", planned ? "plan" : "install") == 0 &&
        json_put_int(doc, "exit", extension_exit(a->result.code)) == 0 &&
        json_put_text(doc, "code", fail_code_name(a->result.code)) == 0 &&
        json_put_text(doc, "text", a->result.text) == 0 &&
        json_put_text(doc, "run", *a->run ? a->run : NULL) == 0 &&
        json_put(doc, "steps",
                 a->steps ? json_copy(a->steps) : alone_show_steps(&a->decision.steps)) ==
            0 &&
        (!taken || json_put(doc, "taken", json_copy(taken)) == 0) &&
        json_put_text(doc, "reboot", reboot) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static void print_json(const struct alone *a, bool planned)
{
    CLEANUP(json_done) struct json *doc = encode(a, planned);
    CLEANUP(text_done) char *text = doc ? json_print_pretty(doc) : NULL;

    puts(text ? text : "{}");
}

static int report(const struct alone *a, bool json, bool planned)
{
    if (json)
        print_json(a, planned);
    else if (a->result.code == FAIL_NONE)
        printf("%s\n", a->result.text);
    return a->result.code == FAIL_NONE ? EXTENSION_OK : cmd_failed(&a->result);
}

/* ---- install --------------------------------------------------------------------------- */

static int check_options(const struct agent_options *o, struct fail *why)
{
    if (o->value[AGENT_OPTION_ROOT] && !o->value[AGENT_OPTION_PLAN])
        return fail_set(why, FAIL_USAGE, "--root DIR goes with --plan only");
    return 0;
}

int cmd_install(const struct home *h, const struct agent_options *o)
{
    CLEANUP(wish_done) struct wish wish = {0};
    CLEANUP(alone_clear) struct alone a = {.home = h, .wish = &wish};
    bool json = o->value[AGENT_OPTION_JSON], planned = o->value[AGENT_OPTION_PLAN];
    struct fail why;

    if (check_options(o, &why) < 0)
        return cmd_failed(&why);
    a.root = o->value[AGENT_OPTION_ROOT];
    a.bundle = o->value[AGENT_OPTION_BUNDLE];
    a.out = json ? stderr : stdout;
    if (wish_read(&wish, o, &a.result) == 0)
        (planned ? alone_plan : alone_install)(&a);
    if (!planned && a.result.code != FAIL_USAGE)
        write_status(h, "install", &a.result);
    return report(&a, json, planned);
}

/* ---- uninstall ------------------------------------------------------------------------- */

/* The road is that of `install --remove`. */
static int drop_driver(const struct home *h, struct fail *why)
{
    CLEANUP(wish_done) struct wish wish = {0};
    CLEANUP(alone_clear) struct alone a = {.home = h, .wish = &wish, .out = stdout};

    if (wish_remove(&wish, why) < 0)
        return -1;
    alone_install(&a);
    if (a.result.code != FAIL_NONE) {
        *why = a.result;
        return -1;
    }
    printf("driver: %s\n", a.result.text);
    return 0;
}

static int remove_ours(const struct home *h, struct fail *why)
{
    CLEANUP(json_done) struct json *removed = NULL;

    if (uninstall(h, (int64_t)time(NULL), &removed, why) < 0)
        return -1;
    for (const struct json *e = json_first(removed); e; e = json_next(e))
        printf("removed %s\n", json_text_of(e));
    return 0;
}

int cmd_uninstall(const struct home *h, const struct agent_options *o)
{
    struct fail result = {.code = FAIL_NONE};

    snprintf(result.text, sizeof result.text, "removed what ibfleet left%s",
             o->value[AGENT_OPTION_DROP] ? ", and the vendor's driver" : "");
    if ((o->value[AGENT_OPTION_DROP] && drop_driver(h, &result) < 0) ||
        remove_ours(h, &result) < 0) {
        write_status(h, "uninstall", &result);
        return cmd_failed(&result);
    }
    write_status(h, "uninstall", &result);
    return EXTENSION_OK;
}
