#include "controller/openssh/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/ssh/algorithms.h"

static const char *const not_ours[] = {
    "addkeystoagent",
    "batchmode",
    "casignaturealgorithms",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication", /* distributions turn it on for all; see route.c */
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapitrustdns",
    "hashknownhosts",
    "host",
    "hostbasedacceptedalgorithms",
    "identitiesonly",
    "ignoreunknown",
    "ipqos",
    "kbdinteractiveauthentication",
    "challengeresponseauthentication",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "passwordauthentication",
    "permitlocalcommand",
    "permitremoteopen",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "stricthostkeychecking",
    "syslogfacility",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "visualhostkey",
    "xauthlocation",
};

static const struct {
    const char *key, *needed; /* all of them, for libssh2 to do what it does */
} algorithms[] = {
    {"ciphers", ALGORITHMS_CIPHERS},
    {"macs", ALGORITHMS_MACS},
    {"kexalgorithms", ALGORITHMS_KEX},
    {"hostkeyalgorithms", ALGORITHMS_KEYS},
    {"pubkeyacceptedalgorithms", ALGORITHMS_KEYS},
    {"pubkeyacceptedkeytypes", ALGORITHMS_KEYS}, /* before OpenSSH 8.5 */
};

static bool is_not_ours(const char *name)
{
    for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
        if (strcasecmp(name, not_ours[i]) == 0)
            return true;
    return false;
}

bool settings_is_ours(const char *name)
{
    return !is_not_ours(name);
}

/* ---- lines of ssh -G -------------------------------------------------------------- */

struct line {
    char key[SETTINGS_KEY_BYTES];
    const char *value;
    int len;
};

/* The line at text, and where the next one begins. */
static const char *read_line(const char *text, struct line *l)
{
    size_t len = strcspn(text, "\n"), key = strcspn(text, " \n");

    snprintf(l->key, sizeof l->key, "%.*s", (int)key, text);
    l->value = text + key + (key < len);
    l->len = (int)(len - key - (key < len));
    return text + len + (text[len] == '\n');
}

static bool has_line(const char *text, const struct line *wanted)
{
    for (struct line l; *text;) {
        text = read_line(text, &l);
        if (strcmp(l.key, wanted->key) == 0 && l.len == wanted->len &&
            strncmp(l.value, wanted->value, (size_t)l.len) == 0)
            return true;
    }
    return false;
}

/* Its warnings may stand between them; they begin with a path or a sentence. */
static bool is_setting(const struct line *l)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    return *l->key && l->key[strspn(l->key, letters)] == '\0';
}

/* What was asked without a configuration was asked for another host: its name says
 * nothing of this one.
 */
static bool is_as_ever(const char *plain, const struct line *l)
{
    return strcmp(l->key, "hostname") != 0 && has_line(plain, l);
}

/* The agent that we ask anyway, by its other name. */
static bool is_our_agent(const struct line *l)
{
    static const char name[] = "SSH_AUTH_SOCK";

    return strcmp(l->key, "identityagent") == 0 && l->len == (int)strlen(name) &&
           strncmp(l->value, name, strlen(name)) == 0;
}

/* ---- algorithms --------------------------------------------------------------------- */

static bool list_has(const struct line *l, const char *name, size_t len)
{
    const char *end = l->value + l->len;

    for (const char *p = l->value; p < end;) {
        size_t n = strcspn(p, ",\n");

        if (n == len && strncmp(p, name, n) == 0)
            return true;
        p += n + 1;
    }
    return false;
}

/* Does the list forbid something that we offer? */
static bool is_narrow(const struct line *l, const char *needed)
{
    for (size_t n; *needed; needed += n + (needed[n] == ',')) {
        n = strcspn(needed, ",");
        if (!list_has(l, needed, n))
            return true;
    }
    return false;
}

static bool is_harmless_list(const struct line *l)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (strcmp(l->key, algorithms[i].key) == 0)
            return !is_narrow(l, algorithms[i].needed);
    return false;
}

/* ---- one setting that differs ---------------------------------------------------------- */

/* False when it is too long, or has what only ssh expands. */
static bool keep(char value[SETTINGS_VALUE_BYTES], const struct line *l)
{
    snprintf(value, SETTINGS_VALUE_BYTES, "%.*s", l->len, l->value);
    return (size_t)l->len < SETTINGS_VALUE_BYTES && !strpbrk(value, "%$\"");
}

/* 1: taken; 0: not one of these; -1: it cannot be taken as it is. */
static int take(struct settings *s, const struct line *l, const char *host)
{
    if (strcmp(l->key, "hostname") == 0) {
        if ((size_t)l->len == strlen(host) && strncmp(l->value, host, strlen(host)) == 0)
            return 1;
        snprintf(s->hostname, sizeof s->hostname, "%.*s", l->len, l->value);
        return 1;
    }
    if (strcmp(l->key, "port") == 0) {
        s->port = (unsigned)strtoul(l->value, NULL, 10);
        return s->port >= 1 && s->port <= 65535 ? 1 : -1;
    }
    if (strcmp(l->key, "user") == 0)
        return keep(s->user, l) ? 1 : -1;
    if (strcmp(l->key, "userknownhostsfile") == 0)
        return keep(s->known_hosts, l) ? 1 : -1;
    if (strcmp(l->key, "globalknownhostsfile") == 0)
        return keep(s->system_known_hosts, l) ? 1 : -1;
    if (strcmp(l->key, "identityfile") != 0)
        return 0;
    return s->key_count < SETTINGS_MAX_KEYS && keep(s->keys[s->key_count], l)
               ? (s->key_count++, 1)
               : -1;
}

void settings_read(const char *mine, const char *plain, const char *host,
                   struct settings *s)
{
    *s = (struct settings){.port = 0};
    for (struct line l; *mine;) {
        int taken;

        mine = read_line(mine, &l);
        if (!is_setting(&l) || is_not_ours(l.key) || is_as_ever(plain, &l) ||
            is_our_agent(&l) || is_harmless_list(&l))
            continue;
        taken = take(s, &l, host);
        if (taken <= 0 && !*s->beyond_us)
            snprintf(s->beyond_us, sizeof s->beyond_us, "%s", l.key);
    }
}
