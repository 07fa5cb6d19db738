#include "controller/openssh/route.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/openssh/openssh.h"
#include "controller/ssh/client.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/ssh.h"
#include "protocol/character.h"
#include "protocol/fail.h"

#define PATH_BYTES ((size_t)4096)
#define TYPE_BYTES ((size_t)32)

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

static bool has_certificate(const struct ssh_client *client, const char *key,
                            char reason[ROUTE_REASON_BYTES])
{
    size_t count = key ? 1 : sizeof standard / sizeof *standard;
    char found[PATH_BYTES];

    for (size_t i = 0; i < count; i++)
        if (is_there(client, key, standard[i], "-cert.pub", found)) {
            snprintf(reason, ROUTE_REASON_BYTES, "the certificate %.*s",
                     character_cut(found, ROUTE_REASON_BYTES / 2), found);
            return true;
        }
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

/* Asked only when nothing else can be used. */
static bool has_fido_key(const struct ssh_client *client, const char *key,
                         char reason[ROUTE_REASON_BYTES])
{
    size_t count = key ? 1 : sizeof fido / sizeof *fido;
    char found[PATH_BYTES];

    for (size_t i = 0; i < count; i++)
        if (is_there(client, key, fido[i], ".pub", found) && begins_like_fido(found)) {
            snprintf(reason, ROUTE_REASON_BYTES, "the FIDO key %.*s",
                     character_cut(found, ROUTE_REASON_BYTES / 2), found);
            return true;
        }
    return false;
}

/* ---- the host's key ------------------------------------------------------------------- */

static bool needs_host_key(struct hostkeys *keys, const struct ssh_order *order,
                           char reason[ROUTE_REASON_BYTES])
{
    const struct hostkeys_host host = {.name = order->name,
                                       .address =
                                           order->address ? order->address : order->name,
                                       .port = order->port ? order->port : 22};
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

/* ---- the choice ------------------------------------------------------------------------ */

static int look(struct ssh_client *client, const struct ssh_order *order,
                char reason[ROUTE_REASON_BYTES], struct fail *why)
{
    struct fail trouble = {.code = FAIL_NONE};
    struct hostkeys *hostkeys;
    struct keyring *ring;

    if (has_certificate(client, order->key, reason))
        return 0;
    if (client_files(client, order, &ring, &hostkeys, &trouble) < 0)
        return trouble.code == FAIL_KEY_FILE && has_fido_key(client, order->key, reason)
                   ? 0
                   : fail_set(why, trouble.code, "%s", trouble.text);
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

int route_choose(struct ssh_client *client, const struct ssh_order *order,
                 char reason[ROUTE_REASON_BYTES], struct fail *why)
{
    struct openssh *shared = client_openssh(client);
    const char *noted = shared ? detours_find(&shared->detours, order->name) : NULL;

    *reason = '\0';
    if (noted)
        snprintf(reason, ROUTE_REASON_BYTES, "%s", noted);
    if (noted)
        return 0;
    if (look(client, order, reason, why) < 0)
        return -1;
    return *reason ? note(client, order, reason, why) : 0;
}

int route_turn(struct ssh_client *client, const struct ssh_order *order,
               const struct fail *told, struct fail *why)
{
    const char *address = order->address ? order->address : order->name;
    const char *text = told->text;
    char reason[ROUTE_REASON_BYTES];

    /* "ADDRESS:PORT: " is another one for each node. */
    if (strncmp(text, address, strlen(address)) == 0 && strstr(text, ": "))
        text = strstr(text, ": ") + 2;
    snprintf(reason, sizeof reason, "libssh2 says: %.*s",
             character_cut(text, sizeof reason / 2), text);
    return note(client, order, reason, why);
}
