#include "controller/azure/arm_url.h"

#include <stdlib.h>
#include <string.h>

#include "controller/azure/arm.h"
#include "controller/azure/cloud.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define PREFIX_LEN (sizeof ARM_SUBSCRIPTION - 1)

static int is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

void arm_url_put(struct text *t, const char *words, const char *also)
{
    for (; *words; words++)
        if (is_unreserved(*words) || strchr(also, *words))
            text_put(t, words, 1);
        else
            text_add(t, "%%%02X", (unsigned)(unsigned char)*words);
}

/* Nothing in a name may lead to another object. */
static int check_path(const char *path, struct fail *why)
{
    const char *at = path;
    size_t len;

    if (*path != '/')
        return fail_set(why, FAIL_USAGE, "'%s': no path at Azure", path);
    while (*at == '/') {
        len = strcspn(++at, "/");
        if (len == 0 || (len == 1 && at[0] == '.') ||
            (len == 2 && at[0] == '.' && at[1] == '.'))
            return fail_set(why, FAIL_USAGE, "'%s': a name in it is none", path);
        at += len;
    }
    return 0;
}

int arm_url_wants_subscription(const char *path)
{
    return strncmp(path, ARM_SUBSCRIPTION, PREFIX_LEN) == 0 &&
           (path[PREFIX_LEN] == '/' || path[PREFIX_LEN] == '\0');
}

char *arm_url(const char *base, const char *subscription, const struct arm_request *ask,
              struct fail *why)
{
    struct text t = {.max_bytes = ARM_URL_MAX_BYTES};
    const char *path = ask->path;

    if (check_path(path, why) < 0)
        return NULL;
    text_add(&t, "%s", base);
    if (arm_url_wants_subscription(path)) {
        text_add(&t, "/subscriptions/");
        arm_url_put(&t, subscription, "");
        path += PREFIX_LEN;
    }
    arm_url_put(&t, path, "/");
    text_add(&t, "?api-version=%s", ask->api_version);
    for (const struct arm_param *p = ask->query; p && p->name; p++) {
        text_add(&t, "&");
        arm_url_put(&t, p->name, "$");
        text_add(&t, "=");
        arm_url_put(&t, p->value, "");
    }
    if (text_is_cut(&t)) {
        text_clear(&t);
        fail_set(why, FAIL_USAGE, "%s: its address would be too long", ask->what);
        return NULL;
    }
    return t.bytes;
}

int arm_url_check(const char *url, const char *base, const char *what, const char *of,
                  struct fail *why)
{
    if (!cloud_same_host(url, base))
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "%s: %s is said to be elsewhere (%.80s); it is not asked for "
                        "there",
                        what, of, url);
    return strlen(url) > ARM_URL_MAX_BYTES
               ? fail_set(why, FAIL_AZURE_ANSWER, "%s: the address of %s is too long",
                          what, of)
               : 0;
}

const char *arm_url_path(const char *url)
{
    const char *at = strstr(url, "://");

    at = at ? strchr(at + 3, '/') : NULL;
    return at ? at : "";
}
