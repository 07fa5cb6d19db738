#include "node-agent/alone/wish.h"

#include <string.h>

#include "inventory/catalog.h"
#include "inventory/decide.h"
#include "inventory/fleet_setting.h"
#include "node-agent/alone/agent_options.h"
#include "node-agent/home.h"
#include "protocol/digest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/url.h"

#define IPOIB "ipoib"
#define NAMES "names"

/* ---- one setting ----------------------------------------------------------------- */

/* The two that are switches are not looked up: what they may be is not a text. */
static int apply(struct wish *w, const char *key, const char *value, struct fail *why)
{
    enum fleet_setting setting;
    const char *text;

    if (strcmp(key, IPOIB) == 0 || strcmp(key, NAMES) == 0) {
        *(*key == 'i' ? &w->node.ipoib : &w->node.names) = strcmp(value, "yes") == 0;
        return 0;
    }
    if (setting_find(key, &setting, why) < 0 ||
        setting_read(setting, value, NULL, &w->text, &text, why) < 0)
        return -1;
    setting_apply(setting, text, &w->node);
    return 0;
}

static int set(struct wish *w, const char *key, const char *value, struct fail *why)
{
    struct fail inner;

    if (apply(w, key, value, &inner) == 0)
        return json_put_text(w->settings, key, value) < 0 ? fail_memory(why) : 0;
    if (inner.code == FAIL_FLEET_FILE) /* "driver is inbox, ..., not 'mofed'" */
        return fail_set(why, FAIL_USAGE, "--%s", inner.text);
    if (why)
        *why = inner;
    return -1;
}

static int begin(struct wish *w, struct fail *why)
{
    w->settings = json_object();
    w->node.driver = FLEET_DRIVER_AUTO;
    w->node.reboot = FLEET_REBOOT_NEVER;
    w->node.hold = FLEET_HOLD_DRIVER;
    w->node.ipoib = true;
    return w->settings ? 0 : fail_memory(why);
}

/* ---- the catalog ------------------------------------------------------------------ */

static int use_catalog(struct wish *w, const char *text, const char *name,
                       struct fail *why)
{
    if (!text)
        return catalog_builtin(&w->catalog, why);
    w->catalog_text = strdup(text);
    if (!w->catalog_text)
        return fail_memory(why);
    return catalog_parse(text, strlen(text), name, &w->catalog, why);
}

static int read_catalog(struct wish *w, const char *path, struct fail *why)
{
    CLEANUP(text_done) char *text = path ? home_read(path, CATALOG_MAX_BYTES) : NULL;

    if (path && !text)
        return fail_set(why, FAIL_CATALOG,
                        "--catalog %s: no file that can be read, or larger than %zu KiB",
                        path, CATALOG_MAX_BYTES / 1024);
    return use_catalog(w, text, path, why);
}

/* ---- from the command line --------------------------------------------------------- */

static int read_settings(struct wish *w, const struct agent_options *o, struct fail *why)
{
    static const struct {
        enum agent_option option;
        const char *key, *value; /* NULL: the option's own */
    } settings[] = {
        {AGENT_OPTION_DRIVER, "driver", NULL}, {AGENT_OPTION_MIRROR, "mirror", NULL},
        {AGENT_OPTION_PROXY, "proxy", NULL},   {AGENT_OPTION_HOLD, "hold", NULL},
        {AGENT_OPTION_RXE, "rxe", NULL},       {AGENT_OPTION_REBOOT, "reboot", NULL},
        {AGENT_OPTION_NO_IPOIB, IPOIB, "no"},  {AGENT_OPTION_NAMES, NAMES, "yes"},
    };

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *said = o->value[settings[i].option];

        if (said && set(w, settings[i].key, settings[i].value ? settings[i].value : said,
                        why) < 0)
            return -1;
    }
    return 0;
}

int wish_read(struct wish *w, const struct agent_options *o, struct fail *why)
{
    w->remove = o->value[AGENT_OPTION_REMOVE];
    w->back = o->value[AGENT_OPTION_ROLLBACK];
    if (w->remove && w->back)
        return fail_set(why, FAIL_USAGE, "either --remove or --rollback");
    if ((w->remove || w->back) && o->value[AGENT_OPTION_DRIVER])
        return fail_set(why, FAIL_USAGE, "--%s says itself which driver: no --driver",
                        w->remove ? "remove" : "rollback");
    if (begin(w, why) < 0 || read_settings(w, o, why) < 0)
        return -1;
    return read_catalog(w, o->value[AGENT_OPTION_CATALOG], why);
}

int wish_remove(struct wish *w, struct fail *why)
{
    w->remove = true;
    return begin(w, why) < 0 ? -1 : read_catalog(w, NULL, why);
}

/* ---- kept, and back ------------------------------------------------------------------ */

struct json *wish_encode(const struct wish *w)
{
    struct json *doc = json_object();
    char hex[DIGEST_HEX_BYTES] = "";

    if (w->catalog_text)
        digest_of(w->catalog_text, strlen(w->catalog_text), hex);
    if (doc && json_put(doc, "settings", json_copy(w->settings)) == 0 &&
        json_put_flag(doc, "remove", w->remove) == 0 &&
        json_put_flag(doc, "back", w->back) == 0 &&
        json_put_text(doc, "catalog", *hex ? hex : NULL) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

int wish_decode(struct wish *w, const struct json *doc, const char *catalog_text,
                struct fail *why)
{
    const struct json *settings;

    if (begin(w, why) < 0 || json_get_object(doc, "settings", &settings, why) < 0 ||
        json_get_flag(doc, "remove", &w->remove, why) < 0 ||
        json_get_flag(doc, "back", &w->back, why) < 0)
        return -1;
    for (const struct json *e = json_first(settings); e; e = json_next(e))
        if (!json_text_of(e) || set(w, json_key(e), json_text_of(e), why) < 0)
            return -1;
    return use_catalog(w, catalog_text, "the catalog of the last install", why);
}

struct json *wish_show(const struct json *settings)
{
    struct json *doc = json_object();
    enum fleet_setting setting;
    char shown[URL_MAX_BYTES];

    for (const struct json *e = json_first(settings); doc && e; e = json_next(e)) {
        const char *value = json_text_of(e) ? json_text_of(e) : "";

        if (setting_find(json_key(e), &setting, NULL) == 0)
            value = setting_show(setting, value, shown, sizeof shown);
        if (json_put_text(doc, json_key(e), value) == 0)
            continue;
        json_free(doc);
        doc = NULL;
    }
    return doc;
}

/* ---- what it comes to ---------------------------------------------------------------- */

void wish_want(const struct wish *w, struct decide_want *want)
{
    *want = (struct decide_want){
        .driver = w->node.driver,
        .driver_version = w->node.driver_version,
        .reboot = w->node.reboot,
        .rxe = w->node.rxe,
        .catalog = w->catalog,
        .mirror = w->node.mirror,
        .proxy = w->node.proxy,
        .hold = w->node.hold,
        .ipoib = w->node.ipoib,
        .names = w->node.names,
        .remove = w->remove,
        .back = w->back,
    };
}

int wish_settle(struct wish *w, const char *earlier, struct fail *why)
{
    if (!w->back)
        return 0;
    w->back = false;
    w->remove = strcmp(earlier, "inbox") == 0;
    return w->remove ? 0 : set(w, "driver", earlier, why);
}

void wish_done(struct wish *w)
{
    arena_done(&w->text);
    json_free(w->settings);
    catalog_free(w->catalog);
    free(w->catalog_text);
    *w = (struct wish){0};
}
