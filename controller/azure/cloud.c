#include "controller/azure/cloud.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/fail.h"

/* clang-format off */
static const struct {
    struct cloud cloud;
    const char *also[4]; /* az, the SDKs, azEnvironment */
} known[] = {
    {{"public", "https://management.azure.com", "https://login.microsoftonline.com",
      "https://management.azure.com"},
     {"AzureCloud", "AzurePublic", "AzurePublicCloud", NULL}},
    {{"usgov", "https://management.usgovcloudapi.net", "https://login.microsoftonline.us",
      "https://management.usgovcloudapi.net"},
     {"AzureUSGovernment", "AzureUSGovernmentCloud", "AzureGovernment", NULL}},
    {{"china", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn",
      "https://management.chinacloudapi.cn"},
     {"AzureChinaCloud", "AzureChina", NULL}},
};
/* clang-format on */

#define KNOWN (sizeof known / sizeof known[0])

static bool is_called(size_t i, const char *name)
{
    if (strcasecmp(known[i].cloud.name, name) == 0)
        return true;
    for (size_t k = 0; k < 4 && known[i].also[k]; k++)
        if (strcasecmp(known[i].also[k], name) == 0)
            return true;
    return false;
}

int cloud_named(const char *name, struct cloud *cloud, struct fail *why)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (is_called(i, name)) {
            *cloud = known[i].cloud;
            return 0;
        }
    return fail_set(
        why, FAIL_USAGE,
        "no such cloud: '%s'; there are public, usgov, china, and custom with "
        "arm = and login = in [azure]",
        name);
}

/* ---- URLs --------------------------------------------------------------------------------- */

/* "host:port" of an URL; len 0: none. */
static const char *authority(const char *url, size_t *len)
{
    const char *at = strstr(url, "://");

    *len = at ? strcspn(at + 3, "/?#") : 0;
    return at ? at + 3 : url;
}

/* A user in an URL, or what is no URL character, could make it lead elsewhere. */
static bool is_plain_url(const char *url)
{
    size_t len;
    const char *host = authority(url, &len);

    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("\"<>\\^`{|}", *c))
            return false;
    return len > 0 && !memchr(host, '@', len);
}

/* Whose words nobody can hear on the way. */
static bool is_loopback(const char *host, size_t len)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *colon = memchr(host, ']', len);

    colon = colon ? colon + 1 : memchr(host, ':', len);
    if (colon && colon < host + len)
        len = (size_t)(colon - host);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], host, len) == 0)
            return true;
    return false;
}

bool cloud_is_loopback(const char *url)
{
    size_t len;
    const char *host = authority(url, &len);

    return strncmp(url, "http://", 7) == 0 && is_loopback(host, len);
}

static int set_url(char into[CLOUD_MAX_URL], const char *what, const char *url,
                   struct fail *why)
{
    size_t len = strlen(url);

    if ((strncmp(url, "https://", 8) != 0 && !cloud_is_loopback(url)) ||
        !is_plain_url(url) || strpbrk(url, "?#"))
        return fail_set(why, FAIL_USAGE,
                        "%s = %s must be an https:// address (or http:// to loopback)",
                        what, url);
    while (len && url[len - 1] == '/')
        len--;
    if (len >= CLOUD_MAX_URL)
        return fail_set(why, FAIL_USAGE, "%s = %s is longer than %d bytes", what, url,
                        CLOUD_MAX_URL - 1);
    memcpy(into, url, len);
    into[len] = '\0';
    return 0;
}

int cloud_change(struct cloud *cloud, const char *arm, const char *login,
                 const char *resource, struct fail *why)
{
    struct cloud made = *cloud;

    if (arm && set_url(made.arm, "arm", arm, why) < 0)
        return -1;
    if (login && set_url(made.login, "login", login, why) < 0)
        return -1;
    if (resource && set_url(made.resource, "resource", resource, why) < 0)
        return -1;
    if (arm && !resource)
        memcpy(made.resource, made.arm, sizeof made.resource);
    if (arm)
        snprintf(made.name, sizeof made.name, "custom");
    *cloud = made;
    return 0;
}

int cloud_check_metadata(const char *url, struct fail *why)
{
    static const char link_local[] = "169.254.169.254";
    size_t len;
    const char *host = authority(url, &len);
    bool is_service = strncmp(url, "http://", 7) == 0 && len == strlen(link_local) &&
                      memcmp(host, link_local, len) == 0;

    if (is_plain_url(url) && !strpbrk(url, "?#") &&
        (strncmp(url, "https://", 8) == 0 || is_service || cloud_is_loopback(url)))
        return 0;
    return fail_set(why, FAIL_USAGE,
                    "metadata = %s must be an address at 169.254.169.254 or loopback, or "
                    "https",
                    url);
}

static bool is_default_port(const char *url, const char *port, size_t len)
{
    const char *usual = strncasecmp(url, "https:", 6) == 0 ? ":443" : ":80";

    return len == 0 || (strlen(usual) == len && memcmp(usual, port, len) == 0);
}

bool cloud_same_host(const char *url, const char *other)
{
    size_t len, other_len, host_len, other_host_len, scheme;
    const char *host = authority(url, &len), *other_host = authority(other, &other_len);

    if (!is_plain_url(url) || !is_plain_url(other))
        return false;
    scheme = (size_t)(host - url);
    if (scheme != (size_t)(other_host - other) || strncasecmp(url, other, scheme) != 0)
        return false;
    if (len == other_len && strncasecmp(host, other_host, len) == 0)
        return true;
    host_len = strcspn(host, ":/?#");
    other_host_len = strcspn(other_host, ":/?#");
    return host_len == other_host_len && strncasecmp(host, other_host, host_len) == 0 &&
           is_default_port(url, host + host_len, len - host_len) &&
           is_default_port(other, other_host + other_host_len,
                           other_len - other_host_len);
}
