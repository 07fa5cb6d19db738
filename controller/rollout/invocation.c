#include "controller/rollout/invocation.h"

#include <stddef.h>
#include <stdlib.h>

#include "controller/options.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* clang-format off */
static const struct {
    const char *name;
    size_t at; /* of a text in struct options */
} words[] = {
    {"user",      offsetof(struct options, user)},
    {"port",      offsetof(struct options, port)},
    {"host_keys", offsetof(struct options, host_keys)},
    {"reboot",    offsetof(struct options, reboot)},
    {"driver",    offsetof(struct options, driver)},
    {"mirror",    offsetof(struct options, mirror)},
    {"proxy",     offsetof(struct options, proxy)},
    {"hold",      offsetof(struct options, hold)},
    {"take_over", offsetof(struct options, take_over)},
    {"vmss",      offsetof(struct options, vmss)},
    {"filter",    offsetof(struct options, filter)},
    {"subscription", offsetof(struct options, subscription)},
    {"cloud",     offsetof(struct options, cloud)},
    {"credential", offsetof(struct options, credential)},
}, files[] = {
    {"key",         offsetof(struct options, key)},
    {"known_hosts", offsetof(struct options, known_hosts)},
    {"catalog",     offsetof(struct options, catalog)},
}, numbers[] = {
    {"max_failures", offsetof(struct options, max_failures)},
    {"width",        offsetof(struct options, width)},
    {"timeout_s",    offsetof(struct options, timeout_s)},
    {"install_timeout_s", offsetof(struct options, install_timeout_s)},
    {"reboot_timeout_s", offsetof(struct options, reboot_timeout_s)},
}, flags[] = {
    {"keep_extension", offsetof(struct options, keep_extension)},
    {"remove",         offsetof(struct options, remove)},
    {"rollback",       offsetof(struct options, rollback)},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const *text_at(const struct options *o, size_t at)
{
    return (const char *const *)(const void *)((const char *)o + at);
}

static const int *number_at(const struct options *o, size_t at)
{
    return (const int *)(const void *)((const char *)o + at);
}

static const bool *flag_at(const struct options *o, size_t at)
{
    return (const bool *)(const void *)((const char *)o + at);
}

/* ---- writing ---------------------------------------------------------------------- */

static int put_file(struct json *doc, const char *name, const char *path)
{
    CLEANUP(text_done) char *whole = path ? realpath(path, NULL) : NULL;

    return json_put_text(doc, name, whole ? whole : path);
}

static int put_all(struct json *doc, const struct options *o, const char *fleet_file)
{
    struct json *policy = json_object();
    int bad = put_file(doc, "fleet", fleet_file);

    for (size_t i = 0; i < COUNT(words); i++)
        bad |= json_put_text(doc, words[i].name, *text_at(o, words[i].at));
    for (size_t i = 0; i < COUNT(files); i++)
        bad |= put_file(doc, files[i].name, *text_at(o, files[i].at));
    for (size_t i = 0; i < COUNT(numbers); i++)
        bad |= json_put_int(doc, numbers[i].name, *number_at(o, numbers[i].at));
    for (size_t i = 0; i < COUNT(flags); i++)
        bad |= json_put_flag(doc, flags[i].name, *flag_at(o, flags[i].at));
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        if (o->policy[key])
            bad |= json_put_text(policy, policy_key_name(key), o->policy[key]);
    return bad | json_put(doc, "policy", policy);
}

char *invocation_print(const struct options *o, const char *fleet_file)
{
    CLEANUP(json_done) struct json *doc = json_object();

    return doc && put_all(doc, o, fleet_file) == 0 ? json_print(doc) : NULL;
}

char *invocation_print_argv(const struct options *o)
{
    CLEANUP(json_done) struct json *list = json_array();

    for (int i = 0; list && i < o->argc; i++)
        if (json_push(list, json_text(o->argv[i])) < 0)
            return NULL;
    return list ? json_print(list) : NULL;
}

/* ---- reading ------------------------------------------------------------------------
 */

static void fill_text(const struct json *doc, const char *name, struct options *o,
                      size_t at)
{
    const char **text = (const char **)(void *)((char *)o + at);

    if (!*text)
        json_get_text(doc, name, text, NULL);
}

static void fill_number(const struct json *doc, const char *name, struct options *o,
                        size_t at)
{
    int *number = (int *)(void *)((char *)o + at);
    int64_t value;

    if (*number == OPTION_UNSET &&
        json_get_int(doc, name, OPTION_UNSET, 1 << 20, &value, NULL) == 0)
        *number = (int)value;
}

static void fill_flag(const struct json *doc, const char *name, struct options *o,
                      size_t at)
{
    bool *flag = (bool *)(void *)((char *)o + at);

    if (!*flag)
        json_get_flag(doc, name, flag, NULL);
}

static void fill_policy(const struct json *doc, struct options *o)
{
    const struct json *policy;

    if (json_get_object(doc, "policy", &policy, NULL) < 0)
        return;
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        if (!o->policy[key])
            json_get_text(policy, policy_key_name(key), &o->policy[key], NULL);
}

void invocation_fill(const struct json *doc, struct options *o)
{
    fill_text(doc, "fleet", o, offsetof(struct options, fleet));
    for (size_t i = 0; i < COUNT(words); i++)
        fill_text(doc, words[i].name, o, words[i].at);
    for (size_t i = 0; i < COUNT(files); i++)
        fill_text(doc, files[i].name, o, files[i].at);
    for (size_t i = 0; i < COUNT(numbers); i++)
        fill_number(doc, numbers[i].name, o, numbers[i].at);
    for (size_t i = 0; i < COUNT(flags); i++)
        fill_flag(doc, flags[i].name, o, flags[i].at);
    fill_policy(doc, o);
}
