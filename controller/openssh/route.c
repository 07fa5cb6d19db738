#include "controller/openssh/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/openssh/hostconfig.h"
#include "controller/openssh/openssh.h"
#include "controller/ssh/client.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/ssh.h"
#include "protocol/character.h"
#include "protocol/fail.h"

#define PATH_BYTES ((size_t)4096)
#define TYPE_BYTES ((size_t)32)

/* Of all paths of one order's keys, a newline after each, and a NUL. */
#define KEYS_BYTES (SETTINGS_MAX_KEYS * PATH_BYTES + 1)

/* What ssh looks for in ~/.ssh, and we too (keyring.c). */
static const char *const standard[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
static const char *const fido[] = {"id_ed25519_sk", "id_ecdsa_sk"};

/* ---- our key ------------------------------------------------------------------------ */

/* PATH, or ~/.ssh/NAME, with something behind it; false when it is not there. */
static bool is_there(const struct ssh_client *client, const char *path, const char *name,
                     const char *suffix, char found[PATH_BYTES])
{
    const char *home = client_home(client);
    int n = path   ? snprintf(found, PATH_BYTES, "%s%s", path, suffix)
            : home ? snprintf(found, PATH_BYTES, "%s/.ssh/%s%s", home, name, suffix)
                   : -1;

    return n > 0 && (size_t)n < PATH_BYTES && access(found, R_OK) == 0;
}

/* The next of an order's key files, one a line; false after the last. */
static bool next_key(const char **keys, char path[PATH_BYTES])
{
    size_t len = strcspn(*keys, "\n");

    snprintf(path, PATH_BYTES, "%.*s", (int)len, *keys);
    *keys += len + ((*keys)[len] == '\n');
    return len > 0;
}

static bool is_certified(const struct ssh_client *client, const char *path,
                         const char *name, char reason[ROUTE_REASON_BYTES])
{
    char found[PATH_BYTES];

    if (!is_there(client, path, name, "-cert.pub", found))
        return false;
    snprintf(reason, ROUTE_REASON_BYTES, "the certificate %.*s",
             character_cut(found, ROUTE_REASON_BYTES / 2), found);
    return true;
}

static bool has_certificate(const struct ssh_client *client, const char *keys,
                            char reason[ROUTE_REASON_BYTES])
{
    char path[PATH_BYTES];

    while (keys && next_key(&keys, path))
        if (is_certified(client, path, NULL, reason))
            return true;
    for (size_t i = 0; !keys && i < sizeof standard / sizeof *standard; i++)
        if (is_certified(client, NULL, standard[i], reason))
            return true;
    return false;
}

static bool begins_like_fido(const char *path)
{
    FILE *file = fopen(path, "re");
    char type[TYPE_BYTES] = "";

    if (!file)
        return false;
    if (!fgets(type, sizeof type, file))
        type[0] = '\0';
    fclose(file);
    return strncmp(type, "sk-", 3) == 0;
}

static bool is_fido(const struct ssh_client *client, const char *path, const char *name,
                    char reason[ROUTE_REASON_BYTES])
{
    char found[PATH_BYTES];

    if (!is_there(client, path, name, ".pub", found) || !begins_like_fido(found))
        return false;
    snprintf(reason, ROUTE_REASON_BYTES, "the FIDO key %.*s",
             character_cut(found, ROUTE_REASON_BYTES / 2), found);
    return true;
}

/* Asked only when nothing else can be used. */
static bool has_fido_key(const struct ssh_client *client, const char *keys,
                         char reason[ROUTE_REASON_BYTES])
{
    char path[PATH_BYTES];

    while (keys && next_key(&keys, path))
        if (is_fido(client, path, NULL, reason))
            return true;
    for (size_t i = 0; !keys && i < sizeof fido / sizeof *fido; i++)
        if (is_fido(client, NULL, fido[i], reason))
            return true;
    return false;
}

/* ---- the host's key ------------------------------------------------------------------- */

static bool needs_host_key(struct hostkeys *keys, const struct ssh_order *order,
                           char reason[ROUTE_REASON_BYTES])
{
    const struct hostkeys_host host = {.name = order->name,
                                       .address =
                                           order->address ? order->address : order->name,
                                       .port = order->port ? order->port : 22,
                                       .machine = order->machine,
                                       .former = order->former};
    char algorithms[HOSTKEYS_LIST_BYTES];
    struct fail why = {.code = FAIL_NONE};

    if (hostkeys_covered(keys, &host, &why) < 0)
        snprintf(reason, ROUTE_REASON_BYTES, "%.*s",
                 character_cut(why.text, ROUTE_REASON_BYTES - 1), why.text);
    else if (hostkeys_algorithms(keys, &host, algorithms, &why) < 0 &&
             why.code == FAIL_UNSUPPORTED)
        snprintf(reason, ROUTE_REASON_BYTES, "only an RSA host key is known");
    return *reason;
}

/* ---- ssh_config -------------------------------------------------------------------------- */

/* "~/" is home; NULL: no memory. */
static const char *keep(struct openssh *shared, const char *home, const char *path,
                        size_t len)
{
    bool at_home = home && len > 1 && strncmp(path, "~/", 2) == 0;
    char text[PATH_BYTES];
    int n = snprintf(text, sizeof text, "%s%.*s", at_home ? home : "", (int)len - at_home,
                     path + at_home);

    return n >= 0 && (size_t)n < sizeof text ? arena_copy(&shared->text, text, (size_t)n)
                                             : NULL;
}

/* Those that are not there are passed over, as ssh does. */
static int fill_in_keys(struct ssh_client *client, struct openssh *shared,
                        const struct settings *s, struct ssh_order *order)
{
    char all[KEYS_BYTES];

    all[0] = '\0'; /* not all of it, for each node */
    for (size_t i = 0; i < s->key_count; i++) {
        const char *path =
            keep(shared, client_home(client), s->keys[i], strlen(s->keys[i]));

        if (!path)
            return -1;
        if (access(path, R_OK) == 0)
            strcat(strcat(all, path), "\n");
    }
    if (*all)
        order->key = arena_copy(&shared->text, all, strlen(all));
    return *all && !order->key ? -1 : 0;
}

/* The files of both lists, or of the one and the usual ones. */
static int fill_in_known_hosts(struct ssh_client *client, struct openssh *shared,
                               const struct settings *s, struct ssh_order *order)
{
    const char *user =
        *s->known_hosts ? s->known_hosts : "~/.ssh/known_hosts ~/.ssh/known_hosts2";
    const char *system = *s->system_known_hosts
                             ? s->system_known_hosts
                             : "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2";
    char all[2 * SETTINGS_VALUE_BYTES + 2], text[PATH_BYTES] = "";

    snprintf(all, sizeof all, "%s %s", user, system);
    for (const char *p = all; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        const char *path = len == 4 && strncmp(p, "none", 4) == 0
                               ? "/dev/null"
                               : keep(shared, client_home(client), p, len);

        if (!path || strlen(text) + strlen(path) + 2 > sizeof text)
            return -1;
        sprintf(text + strlen(text), "%s%s", *text ? " " : "", path);
        p += len;
    }
    order->known_hosts = keep(shared, NULL, text, strlen(text));
    return order->known_hosts ? 0 : -1;
}

static int fill_in(struct ssh_client *client, struct openssh *shared,
                   const struct settings *s, struct ssh_order *order)
{
    char hostname[SETTINGS_VALUE_BYTES];

    if (*s->hostname && (!order->address || strcmp(order->address, order->name) == 0)) {
        if (hostconfigs_hostname(shared->configs, order->config, order->name, s,
                                 hostname) < 0)
            return -1;
        order->address = keep(shared, NULL, hostname, strlen(hostname));
        if (!order->address)
            return -1;
    }
    if (!order->port)
        order->port = (uint16_t)s->port;
    if (!order->user && *s->user)
        order->user = s->user;
    if (!order->key && fill_in_keys(client, shared, s, order) < 0)
        return -1;
    return !order->known_hosts && (*s->known_hosts || *s->system_known_hosts)
               ? fill_in_known_hosts(client, shared, s, order)
               : 0;
}

static bool is_proxy(const char *setting)
{
    return strncmp(setting, "proxy", strlen("proxy")) == 0;
}

int route_configure(struct ssh_client *client, struct ssh_order *order,
                    char reason[ROUTE_REASON_BYTES], struct fail *why)
{
    struct openssh *shared = client_openssh(client);
    const struct settings *s;

    *reason = '\0';
    if (!shared)
        return fail_memory(why);
    if (hostconfigs_find(shared->configs, order->config, order->name, order->user, &s,
                         why) < 0)
        return -1;
    if (!s)
        return 0;
    if (*s->beyond_us && !(order->jump && is_proxy(s->beyond_us)))
        hostconfigs_explain(shared->configs, order->config, order->name, s, reason,
                            ROUTE_REASON_BYTES);
    return fill_in(client, shared, s, order) < 0 ? fail_memory(why) : 0;
}

/* ---- the choice ------------------------------------------------------------------------ */

/* A ticket that ssh could show instead of a key, if GSSAPIAuthentication is on. */
static bool has_ticket(void)
{
    const char *named = getenv("KRB5CCNAME");
    char path[64];

    snprintf(path, sizeof path, "/tmp/krb5cc_%u", (unsigned)getuid());
    return named ? *named != '\0' : access(path, R_OK) == 0;
}

/* When there is no key that libssh2 could use. */
static bool has_other_proof(struct ssh_client *client, const struct ssh_order *order,
                            char reason[ROUTE_REASON_BYTES])
{
    if (has_fido_key(client, order->key, reason))
        return true;
    if (!order->key && has_ticket())
        snprintf(reason, ROUTE_REASON_BYTES, "no key, but a Kerberos ticket");
    return *reason;
}

/* Without a key that libssh2 could use, OpenSSH may have one, or something else. */
static int refuse_keys(struct ssh_client *client, const struct ssh_order *order,
                       const struct fail *trouble, char reason[ROUTE_REASON_BYTES],
                       struct fail *why)
{
    if (trouble->code == FAIL_KEY_FILE && has_other_proof(client, order, reason))
        return 0;
    if (trouble->code != FAIL_UNSUPPORTED)
        return fail_set(why, trouble->code, "%s", trouble->text);
    snprintf(reason, ROUTE_REASON_BYTES, "%.*s",
             character_cut(trouble->text, ROUTE_REASON_BYTES - 1), trouble->text);
    return 0;
}

static int look(struct ssh_client *client, struct ssh_order *order,
                char reason[ROUTE_REASON_BYTES], struct fail *why)
{
    struct fail trouble = {.code = FAIL_NONE};
    struct hostkeys *hostkeys;
    struct keyring *ring;

    if (route_configure(client, order, reason, why) < 0)
        return -1;
    if (*reason || has_certificate(client, order->key, reason))
        return 0;
    if (client_ready(client, order, &ring, &hostkeys, &trouble) < 0)
        return refuse_keys(client, order, &trouble, reason, why);
    needs_host_key(hostkeys, order, reason);
    return 0;
}

static int note(struct ssh_client *client, const struct ssh_order *order,
                const char *reason, struct fail *why)
{
    struct openssh *shared = client_openssh(client);

    if (!shared)
        return fail_memory(why);
    return openssh_is_installed(why) < 0
               ? fail_prefix(why, "%s", reason)
               : detours_note(&shared->detours, order->name, reason, why);
}

/* libssh2 and nothing else was asked for. */
static int insist(struct ssh_client *client, struct ssh_order *order, struct fail *why)
{
    struct fail trouble = {.code = FAIL_NONE};
    char reason[ROUTE_REASON_BYTES];
    struct hostkeys *hostkeys;
    struct keyring *ring;

    if (route_configure(client, order, reason, why) < 0)
        return -1;
    if (*reason)
        return fail_set(why, FAIL_USAGE,
                        "%s: %s is beyond libssh2; use --ssh auto, or --ssh-config none",
                        order->name, reason);
    if (client_ready(client, order, &ring, &hostkeys, &trouble) == 0)
        return 0;
    return trouble.code == FAIL_UNSUPPORTED
               ? fail_set(why, FAIL_KEY_FILE, "%s; use --ssh auto", trouble.text)
               : fail_set(why, trouble.code, "%s", trouble.text);
}

int route_choose(struct ssh_client *client, struct ssh_order *order,
                 char reason[ROUTE_REASON_BYTES], struct fail *why)
{
    struct openssh *shared = client_openssh(client);
    const char *noted = shared ? detours_find(&shared->detours, order->name) : NULL;

    *reason = '\0';
    if (order->through == SSH_THROUGH_LIBSSH2)
        return insist(client, order, why);
    if (noted)
        snprintf(reason, ROUTE_REASON_BYTES, "%s", noted);
    if (noted)
        return 0;
    if (look(client, order, reason, why) < 0)
        return -1;
    return *reason ? note(client, order, reason, why) : 0;
}

/* What is said of this node and would be said of others alike: behind "ADDRESS:PORT". */
static const char *after_address(const char *text, const struct ssh_order *order)
{
    const char *address = order->address ? order->address : order->name;
    size_t len = strlen(address);

    if (strncmp(text, address, len) != 0 || text[len] != ':')
        return NULL;
    return text + len + 1 + strspn(text + len + 1, "0123456789");
}

int route_turn(struct ssh_client *client, const struct ssh_order *order,
               const struct fail *told, struct fail *why)
{
    const char *rest = after_address(told->text, order);
    char reason[ROUTE_REASON_BYTES];

    snprintf(reason, sizeof reason, "%s%.*s", rest ? "the node" : "",
             character_cut(rest ? rest : told->text, sizeof reason - 16),
             rest ? rest : told->text);
    return note(client, order, reason, why);
}
