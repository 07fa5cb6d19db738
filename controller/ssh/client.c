#include "controller/ssh/client.h"

#include <libssh2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/ssh/hostkeys.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/userkey.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Sites give it to all their machines. */
#define SYSTEM_KNOWN_HOSTS "/etc/ssh/ssh_known_hosts"

struct known_userkey {
    struct known_userkey *next;
    char *path; /* as asked for; NULL: the default */
    struct userkey *key;
};

struct known_hostkeys {
    struct known_hostkeys *next;
    char *path;
    struct hostkeys *keys;
};

struct ssh_client {
    struct known_userkey *userkeys;
    struct known_hostkeys *hostkeys;
    char *login, *home; /* of who runs us; NULL when the system does not say */
};

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* A session is a descriptor, and the usual limit is 1024. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* what is left is told by who has none */
    }
}

struct ssh_client *ssh_client_new(void)
{
    struct ssh_client *c = calloc(1, sizeof *c);
    const struct passwd *me = getpwuid(getuid());
    const char *home = getenv("HOME");

    if (!c || libssh2_init(0) != 0) {
        free(c);
        return NULL;
    }
    raise_descriptors();
    c->login = copy_of(me ? me->pw_name : NULL);
    c->home = copy_of(home && *home ? home : me ? me->pw_dir : NULL);
    return c;
}

void ssh_client_free(struct ssh_client *c)
{
    if (!c)
        return;
    while (c->userkeys) {
        struct known_userkey *next = c->userkeys->next;

        userkey_free(c->userkeys->key);
        free(c->userkeys->path);
        free(c->userkeys);
        c->userkeys = next;
    }
    while (c->hostkeys) {
        struct known_hostkeys *next = c->hostkeys->next;

        hostkeys_free(c->hostkeys->keys);
        free(c->hostkeys->path);
        free(c->hostkeys);
        c->hostkeys = next;
    }
    free(c->login);
    free(c->home);
    free(c);
    libssh2_exit();
}

const char *ssh_client_login(const struct ssh_client *c)
{
    return c->login;
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

static bool exists_in_ssh_folder(const struct ssh_client *c, const char *name)
{
    CLEANUP(text_done) char *path = in_ssh_folder(c, name);

    return path && access(path, F_OK) == 0;
}

static int default_userkey(const struct ssh_client *c, struct userkey **key,
                           struct fail *why)
{
    static const char *const usable[] = {"id_ed25519", "id_ecdsa"};

    for (size_t i = 0; i < sizeof usable / sizeof *usable; i++) {
        CLEANUP(text_done) char *path = in_ssh_folder(c, usable[i]);

        if (path && access(path, F_OK) == 0)
            return userkey_new(path, key, why);
    }
    return fail_set(
        why, FAIL_KEY_FILE,
        "no ~/.ssh/id_ed25519 or id_ecdsa%s; make one (ssh-keygen -t ed25519), "
        "or name one with -i",
        exists_in_ssh_folder(c, "id_rsa") ? " (id_rsa: RSA cannot be used)" : "");
}

static int find_userkey(struct ssh_client *c, const char *path, struct userkey **key,
                        struct fail *why)
{
    struct known_userkey *k = c->userkeys;

    while (k && !same(k->path, path))
        k = k->next;
    if (!k) {
        struct userkey *made = NULL;

        if ((path ? userkey_new(path, &made, why) : default_userkey(c, &made, why)) < 0)
            return -1;
        k = calloc(1, sizeof *k);
        if (!k || (path && !(k->path = strdup(path)))) {
            userkey_free(made);
            free(k);
            return fail_memory(why);
        }
        k->key = made;
        k->next = c->userkeys;
        c->userkeys = k;
    }
    *key = k->key;
    return 0;
}

/* The same, for known_hosts. */
static struct known_hostkeys *load_hostkeys(struct ssh_client *c, const char *path,
                                            struct fail *why)
{
    CLEANUP(text_done) char *standard = path ? NULL : in_ssh_folder(c, "known_hosts");
    struct known_hostkeys *k = calloc(1, sizeof *k);

    if (k && path)
        k->path = strdup(path);
    if (!k || (path ? !k->path : !standard))
        fail_memory(why);
    else if (hostkeys_new(path ? path : standard, path ? NULL : SYSTEM_KNOWN_HOSTS,
                          &k->keys, why) == 0)
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

int client_files(struct ssh_client *client, const struct ssh_order *order,
                 struct userkey **key, struct hostkeys **hostkeys, struct fail *why)
{
    return find_userkey(client, order->key, key, why) < 0 ||
                   find_hostkeys(client, order->known_hosts, hostkeys, why) < 0
               ? -1
               : 0;
}

int ssh_client_check(struct ssh_client *client, const struct ssh_order *order,
                     struct fail *why)
{
    struct hostkeys *hostkeys;
    struct userkey *key;

    if (!order->user && !client->login)
        return fail_set(why, FAIL_USAGE, "no login name; name one with -l");
    return client_files(client, order, &key, &hostkeys, why);
}
