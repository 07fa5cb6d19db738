#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/own_home.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/keyagent.h"
#include "controller/ssh/keyagent_list.h"
#include "controller/ssh/keyring.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/userkey.h"
#include "controller/whole_file.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define KNOWN_HOSTS_MAX_BYTES ((size_t)64 << 20)

/* Nodes that name other keys or files than the one before them; more are not told. */
#define MOST_KINDS 8

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- the ssh-agent ----------------------------------------------------------------- */

static const char *agent_path(void)
{
    const char *path = getenv("SSH_AUTH_SOCK");

    return path && *path ? path : NULL;
}

static void examine_agent_of_ssh(struct checkup *c)
{
    CLEANUP(keyagent_list_clear) struct keyagent_list list = {0};
    const char *path = agent_path();
    struct fail why;

    if (!path)
        checkup_add(c, CHECKUP_OK, "ssh-agent", NULL,
                    "none ($SSH_AUTH_SOCK is not set): keys with a passphrase cannot be "
                    "used");
    else if (keyagent_list(path, KEYAGENT_LIST_MS, &list, &why) < 0)
        checkup_add(c, CHECKUP_WARN, "ssh-agent", "start it, or unset SSH_AUTH_SOCK",
                    "%s", why.text);
    else
        checkup_add(c, list.count ? CHECKUP_OK : CHECKUP_WARN, "ssh-agent",
                    "ssh-add puts a key into it", "%s: %u keys", path,
                    (unsigned)list.count);
}

/* ---- keys ------------------------------------------------------------------------- */

static bool is_private(const char *path)
{
    static const char mark[] = "-----BEGIN";
    char start[sizeof mark] = "";
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    if (!fgets(start, sizeof start, file))
        start[0] = '\0';
    fclose(file);
    return strcmp(start, mark) == 0;
}

static void examine_mode(struct checkup *c, const char *path)
{
    struct stat file;

    if (is_private(path) && stat(path, &file) == 0 && (file.st_mode & 077))
        checkup_add(c, CHECKUP_WARN, "key",
                    "ssh itself refuses it like that:  chmod 600 KEY",
                    "%s can be read by others (mode %04o)", path,
                    (unsigned)(file.st_mode & 07777));
}

/* There is no key that we could use.  ssh_config may name one, and the OpenSSH client has
 * ways that we have not: is a command for the nodes of this key refused?  Without nodes
 * nobody knows.
 */
static void examine_without_key(struct checkup *c, const struct command *command,
                                const char *path, const struct fail *reason)
{
    struct ssh_client *client = ssh_client_new();
    struct fail why = *reason;
    int status = client && command->node_count ? 0 : -1;

    for (size_t i = 0; i < command->node_count && status == 0; i++) {
        const struct ssh_order order = ssh_order_to(command->nodes[i]);

        if (is_same(command->nodes[i]->key, path))
            status = ssh_client_check(client, &order, &why);
    }
    ssh_client_free(client);
    if (status < 0)
        checkup_add(c, command->node_count ? CHECKUP_BAD : CHECKUP_WARN, "key",
                    "-i KEY, or `key =` in the fleet file", "%s", why.text);
    else
        checkup_add(c, CHECKUP_OK, "key", NULL,
                    "ssh_config or the OpenSSH client has one");
}

/* path NULL: those that are used when none is named. */
static void examine_key(struct checkup *c, const struct command *command,
                        const char *path)
{
    struct keyagent *agent = agent_path() ? keyagent_new(agent_path(), 0) : NULL;
    unsigned char order[KEYRING_MAX_KEYS];
    struct keyring *ring;
    struct fail why;
    size_t count;

    if (keyring_new(path, own_home(), agent, &ring, &why) < 0) {
        examine_without_key(c, command, path, &why);
        keyagent_free(agent);
        return;
    }
    count = keyring_order(ring, order);
    for (size_t i = 0; i < count; i++) {
        const struct userkey *key = keyring_key(ring, order[i]);

        checkup_add(c, CHECKUP_OK, "key", NULL, "%s, %s", userkey_name(key),
                    userkey_has_secret(key) ? "from its file" : "by the ssh-agent");
        examine_mode(c, userkey_name(key));
    }
    keyring_free(ring);
    keyagent_free(agent);
}

/* ---- known hosts -------------------------------------------------------------------- */

struct lines {
    size_t all, hashed, bytes;
};

static int count_lines(const char *path, struct lines *l)
{
    CLEANUP(text_done) char *text = NULL;

    if (whole_file_read(path, KNOWN_HOSTS_MAX_BYTES, &text, &l->bytes) < 0)
        return -1;
    for (const char *line = text; *line; line += strcspn(line, "\n")) {
        line += strspn(line, "\n \t");
        l->all += *line && *line != '#';
        l->hashed += strncmp(line, "|1|", 3) == 0;
    }
    return 0;
}

static void examine_known_hosts(struct checkup *c, const char *path)
{
    struct lines l = {0};

    if (count_lines(path, &l) < 0)
        checkup_add(c, errno == ENOENT ? CHECKUP_WARN : CHECKUP_BAD, "known hosts",
                    "every host key is unknown: ssh-keyscan, or  --host-keys accept-new",
                    "%s: %s", path, strerror(errno));
    else
        checkup_add(c, CHECKUP_OK, "known hosts", NULL,
                    "%s: %zu lines, %zu of them hashed, %.1f kB", path, l.all, l.hashed,
                    (double)l.bytes / 1e3);
}

/* The user's, and the machine's, which need not be there; one of them will do. */
static void examine_usual_files(struct checkup *c)
{
    CLEANUP(text_done) char *own = NULL;
    const char *home = own_home();
    bool has_system = access(HOSTKEYS_SYSTEM_FILE, F_OK) == 0;

    if (has_system)
        examine_known_hosts(c, HOSTKEYS_SYSTEM_FILE);
    if (!home)
        checkup_add(c, CHECKUP_WARN, "known hosts",
                    "export HOME=..., or  --known-hosts FILE",
                    "no home for ~/.ssh/known_hosts");
    else if (asprintf(&own, "%s/.ssh/known_hosts", home) < 0)
        own = NULL;
    else if (!has_system || access(own, F_OK) == 0)
        examine_known_hosts(c, own);
}

/* A list of files, spaces between; NULL: the usual ones. */
static void examine_known_files(struct checkup *c, const struct command *command,
                                const char *paths)
{
    CLEANUP(text_done) char *copy = paths ? strdup(paths) : NULL;
    char *rest = NULL;

    (void)command;
    if (!paths)
        examine_usual_files(c);
    for (char *path = copy ? strtok_r(copy, " ", &rest) : NULL; path;
         path = strtok_r(NULL, " ", &rest))
        examine_known_hosts(c, path);
}

/* ---- the ssh client ------------------------------------------------------------------ */

/* The shell's status when it finds no such program. */
#define NOT_FOUND 127

static void examine_client(struct checkup *c)
{
    char line[200] = "";
    FILE *said = popen("exec ssh -V 2>&1", "re");
    int status;

    if (said && !fgets(line, sizeof line, said))
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    status = said ? pclose(said) : -1;
    if (!said || (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND))
        checkup_add(c, CHECKUP_WARN, "ssh client",
                    "jump hosts, certificates and FIDO keys need it: install "
                    "openssh-client",
                    "not there");
    else if (status != 0)
        checkup_add(c, CHECKUP_WARN, "ssh client",
                    "jump hosts, certificates and FIDO keys need one that runs",
                    "ssh -V fails: %s", *line ? line : "without a word");
    else
        checkup_add(c, CHECKUP_OK, "ssh client", NULL, "%s", line);
}

/* ---- as the nodes need them ------------------------------------------------------------ */

typedef void (*examine_fn)(struct checkup *c, const struct command *command,
                           const char *value);

/* Each value of a setting once, as far as there are few; without a fleet the default, and
 * with one that cannot be read nobody knows.
 */
static void each_kind(struct checkup *c, const struct command *command, size_t at,
                      examine_fn examine)
{
    const char *seen[MOST_KINDS];
    size_t count = 0;

    if (!command->node_count && !command_fleet_file(command))
        examine(c, command, NULL);
    for (size_t i = 0; i < command->node_count && count < MOST_KINDS; i++) {
        const char *value = *(const char *const *)((const char *)command->nodes[i] + at);
        size_t s = 0;

        while (s < count && !is_same(seen[s], value))
            s++;
        if (s < count)
            continue;
        seen[count++] = value;
        examine(c, command, value);
    }
}

void examine_login(struct checkup *c, const struct command *command)
{
    each_kind(c, command, offsetof(struct fleet_node, key), examine_key);
    examine_agent_of_ssh(c);
    each_kind(c, command, offsetof(struct fleet_node, known_hosts), examine_known_files);
    examine_client(c);
}
