#include "controller/ssh/client.h"

#include <libssh2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/openssh/detours.h"
#include "controller/openssh/openssh.h"
#include "controller/openssh/route.h"
#include "controller/own_home.h"
#include "controller/ssh/descriptors.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/keyagent.h"
#include "controller/ssh/keyring.h"
#include "controller/ssh/meter.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/turns.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct known_keyring {
    struct known_keyring *next;
    char *path; /* files, as asked for; NULL: the default */
    struct keyring *ring;
};

struct known_hostkeys {
    struct known_hostkeys *next;
    char *path;
    struct hostkeys *keys;
};

struct ssh_client {
    struct known_keyring *keyrings;
    struct known_hostkeys *hostkeys;
    struct keyagent *agent;  /* NULL: none */
    struct openssh *openssh; /* NULL before the first child */
    struct passage *passage; /* NULL: none */
    char *login, *home;      /* of who runs us; NULL when the system does not say */
    struct meter meter;
    struct turns turns;
};

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

struct ssh_client *ssh_client_new(void)
{
    struct ssh_client *c = calloc(1, sizeof *c);
    const struct passwd *me = getpwuid(getuid());
    const char *agent = getenv("SSH_AUTH_SOCK");

    if (!c || libssh2_init(0) != 0) {
        free(c);
        return NULL;
    }
    c->agent = agent && *agent ? keyagent_new(agent, 0) : NULL;
    if (agent && *agent && !c->agent) {
        ssh_client_free(c);
        return NULL;
    }
    descriptors_raise();
    c->login = copy_of(me ? me->pw_name : NULL);
    c->home = copy_of(own_home());
    return c;
}

void ssh_client_free(struct ssh_client *c)
{
    if (!c)
        return;
    while (c->keyrings) {
        struct known_keyring *next = c->keyrings->next;

        keyring_free(c->keyrings->ring);
        free(c->keyrings->path);
        free(c->keyrings);
        c->keyrings = next;
    }
    while (c->hostkeys) {
        struct known_hostkeys *next = c->hostkeys->next;

        hostkeys_free(c->hostkeys->keys);
        free(c->hostkeys->path);
        free(c->hostkeys);
        c->hostkeys = next;
    }
    keyagent_free(c->agent);
    openssh_free(c->openssh);
    free(c->login);
    free(c->home);
    free(c);
    libssh2_exit();
}

const char *ssh_client_login(const struct ssh_client *c)
{
    return c->login;
}

const char *client_home(const struct ssh_client *c)
{
    return c->home;
}

struct openssh *client_openssh(struct ssh_client *c)
{
    if (!c->openssh)
        c->openssh = openssh_new(c->home);
    return c->openssh;
}

void ssh_client_pass(struct ssh_client *c, struct passage *passage)
{
    c->passage = passage;
}

struct passage *client_passage(const struct ssh_client *c)
{
    return c->passage;
}

struct meter *client_meter(struct ssh_client *client)
{
    return &client->meter;
}

struct turns *client_turns(struct ssh_client *client)
{
    return &client->turns;
}

double ssh_client_longest_ms(const struct ssh_client *c)
{
    return (double)c->meter.longest_ns / 1e6;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* "~/.ssh/NAME", the caller's; NULL: no home, or no memory. */
static char *in_ssh_folder(const struct ssh_client *c, const char *name)
{
    char *path = NULL;

    return c->home && asprintf(&path, "%s/.ssh/%s", c->home, name) >= 0 ? path : NULL;
}

static int find_keyring(struct ssh_client *c, const char *path, struct keyring **ring,
                        struct fail *why)
{
    struct known_keyring *k = c->keyrings;

    while (k && !same(k->path, path))
        k = k->next;
    if (!k) {
        struct keyring *made = NULL;

        if (keyring_new(path, c->home, c->agent, &made, why) < 0)
            return -1;
        k = calloc(1, sizeof *k);
        if (!k || (path && !(k->path = strdup(path)))) {
            keyring_free(made);
            free(k);
            return fail_memory(why);
        }
        k->ring = made;
        k->next = c->keyrings;
        c->keyrings = k;
    }
    *ring = k->ring;
    return 0;
}

/* The same, for known_hosts. */

/* Where OpenSSH looks, and in its order. */
static int standard_files(const struct ssh_client *c, struct hostkeys **keys,
                          struct fail *why)
{
    CLEANUP(text_done) char *first = in_ssh_folder(c, "known_hosts");
    CLEANUP(text_done) char *second = in_ssh_folder(c, "known_hosts2");
    const char *const files[] = {first, second, HOSTKEYS_SYSTEM_FILE,
                                 HOSTKEYS_SYSTEM_FILE "2"};

    return first && second ? hostkeys_new(files, sizeof files / sizeof *files, keys, why)
                           : fail_memory(why);
}

/* Paths parted by spaces, as ssh_config has them. */
static int named_files(const char *paths, struct hostkeys **keys, struct fail *why)
{
    CLEANUP(text_done) char *words = strdup(paths);
    const char *files[HOSTKEYS_MAX_FILES];
    char *rest = NULL;
    size_t count = 0;

    if (!words)
        return fail_memory(why);
    for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        if (count == HOSTKEYS_MAX_FILES)
            return fail_set(why, FAIL_STATE, "more than %d files of known hosts: %s",
                            HOSTKEYS_MAX_FILES, paths);
        files[count++] = w;
    }
    return count ? hostkeys_new(files, count, keys, why)
                 : fail_set(why, FAIL_STATE, "no file of known hosts is named");
}

static struct known_hostkeys *load_hostkeys(struct ssh_client *c, const char *path,
                                            struct fail *why)
{
    struct known_hostkeys *k = calloc(1, sizeof *k);

    if (k && path)
        k->path = strdup(path);
    if (!k || (path && !k->path))
        fail_memory(why);
    else if ((path ? named_files(path, &k->keys, why)
                   : standard_files(c, &k->keys, why)) == 0)
        return k;
    if (k)
        free(k->path);
    free(k);
    return NULL;
}

static int find_hostkeys(struct ssh_client *c, const char *path, struct hostkeys **keys,
                         struct fail *why)
{
    struct known_hostkeys *k = c->hostkeys;

    while (k && !same(k->path, path))
        k = k->next;
    if (!k) {
        k = load_hostkeys(c, path, why);
        if (!k)
            return -1;
        k->next = c->hostkeys;
        c->hostkeys = k;
    }
    *keys = k->keys;
    return 0;
}

static int read_files(struct ssh_client *client, const struct ssh_order *order,
                      struct keyring **ring, struct hostkeys **hostkeys, struct fail *why)
{
    return find_keyring(client, order->key, ring, why) < 0 ||
                   find_hostkeys(client, order->known_hosts, hostkeys, why) < 0
               ? -1
               : 0;
}

int client_ready(struct ssh_client *client, const struct ssh_order *order,
                 struct keyring **ring, struct hostkeys **hostkeys, struct fail *why)
{
    if (!order->user && !client->login)
        return fail_set(why, FAIL_USAGE, "no login name; name one with -l");
    return read_files(client, order, ring, hostkeys, why);
}

const char *ssh_client_user(struct ssh_client *client, const struct ssh_order *order)
{
    struct ssh_order routed = *order;
    char reason[ROUTE_REASON_BYTES];

    if (!order->user)
        route_configure(client, &routed, reason, NULL);
    return routed.user ? routed.user : client->login;
}

int ssh_client_check(struct ssh_client *client, const struct ssh_order *order,
                     struct fail *why)
{
    struct ssh_order routed = *order;
    char reason[ROUTE_REASON_BYTES];

    return order->through == SSH_THROUGH_OPENSSH
               ? openssh_is_installed(why)
               : route_choose(client, &routed, reason, why);
}

void ssh_client_detours(struct ssh_client *client,
                        void (*tell)(void *arg, const char *node, const char *reason),
                        void *arg)
{
    if (client->openssh)
        detours_tell(&client->openssh->detours, tell, arg);
}

const char *ssh_client_way(const struct ssh_client *client, const struct ssh_order *order)
{
    bool turned = client->openssh && detours_find(&client->openssh->detours, order->name);

    return turned || order->through == SSH_THROUGH_OPENSSH ? "openssh" : "libssh2";
}
