#include "inventory/fleet_setting.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/jump.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/url.h"

/* A bundle's name is added to the one; an argument of a step has the other. */
#define MIRROR_MAX_BYTES  (URL_MAX_BYTES - 130)
#define VERSION_MAX_BYTES 64
#define LEAF_MAX_BYTES    64

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* In the order of the enums. */
static const char *const host_keys_words[] = {"strict", "accept-new", NULL};
static const char *const ssh_words[] = {"auto", "libssh2", "openssh", NULL};
static const char *const driver_words[] = {"inbox",     "auto", "doca-ofed",
                                           "mlnx-ofed", "none", NULL};
static const char *const hold_words[] = {"driver", "kernel", "nothing", NULL};
static const char *const reboot_words[] = {"auto", "always", "never", NULL};
static const char *const yes_words[] = {"no", "yes", NULL};

/* ---- what a value may be ---------------------------------------------------------- */

static bool text_is_made_of(const char *text, const char *chars)
{
    return *text && !text[strspn(text, chars)];
}

static bool is_port(const char *text)
{
    unsigned port;

    return setting_number(text, 1, 65535, &port) == 0;
}

static bool is_user(const char *text)
{
    return text_is_made_of(text, ALNUM "._@+$-") && *text != '-';
}

/* Local paths are opened by ourselves, so any character will do. */
static bool is_path(const char *text)
{
    return *text && (*text != '~' || text[1] == '/');
}

/* Parted by commas or spaces, as ssh_config has them. */
static bool are_paths(const char *text)
{
    size_t paths = 0;

    for (text += strspn(text, ", "); *text; text += strspn(text, ", "), paths++) {
        if (!is_path(text))
            return false;
        text += strcspn(text, ", ");
    }
    return paths > 0;
}

/* IFNAMSIZ is 16 with the NUL. */
static bool is_interface(const char *text)
{
    return text_is_made_of(text, ALNUM "._-") && *text != '-' && strlen(text) < 16;
}

/* It becomes a word of the line that the node's shell is given. */
static bool is_agent(const char *text)
{
    return *text == '/' && text_is_made_of(text, ALNUM "/._+-") && !strstr(text, "..");
}

static bool is_leaf(const char *text)
{
    return text_is_made_of(text, ALNUM "._:/-") && strlen(text) <= LEAF_MAX_BYTES;
}

static bool has_version(unsigned driver)
{
    return driver == FLEET_DRIVER_DOCA_OFED || driver == FLEET_DRIVER_MLNX_OFED;
}

/* It becomes an argument of a step. */
static bool is_version(const char *text)
{
    return text_is_made_of(text, ALNUM "._+-") && strspn(text, ALNUM) &&
           strlen(text) <= VERSION_MAX_BYTES;
}

static bool is_driver(const char *text)
{
    enum fleet_driver driver;
    const char *version;

    return fleet_driver_read(text, &driver, &version, NULL) == 0;
}

/* A bundle's name comes into it, before its query. */
static bool is_mirror(const char *text)
{
    return url_is_right(text) && !strchr(text, '#') && strlen(text) <= MIRROR_MAX_BYTES;
}

static const struct {
    const char *name;
    const char *const *words; /* either one of these */
    bool (*is_right)(const char *text);
    const char *what; /* or this */
    const char *help; /* what it does, and what holds without it */
} rules[SETTINGS] = {
    [SETTING_USER] = {"user", NULL, is_user, "a user name",
                      "who logs in; else whoever runs ibfleet"},
    [SETTING_PORT] = {"port", NULL, is_port, "a number from 1 to 65535",
                      "of sshd; else 22; one that is written with the address wins"},
    [SETTING_KEY] = {"key", NULL, is_path, "a path (only '~/' is expanded)",
                     "the key to log in with, itself or its public half when an "
                     "ssh-agent has it; else id_ed25519, id_ecdsa and id_rsa in "
                     "~/.ssh, then the keys of the ssh-agent"},
    [SETTING_KNOWN_HOSTS] = {"known_hosts", NULL, are_paths,
                             "paths (only '~/' is expanded)",
                             "files with the nodes' host keys, parted by commas or "
                             "spaces, new ones into the first; else ~/.ssh/known_hosts"},
    [SETTING_HOST_KEYS] =
        {"host_keys", host_keys_words, NULL, "strict or accept-new",
         "strict, as it is without this, refuses a host key that is not "
         "known; accept-new learns it; a changed one is always refused"},
    [SETTING_SSH] =
        {"ssh", ssh_words, NULL, "auto, libssh2 or openssh",
         "through what a node is reached: libssh2 within our own process, or "
         "openssh, a process for each node; auto, as it is without this, takes "
         "OpenSSH where libssh2 cannot get in, and says why"},
    [SETTING_SSH_CONFIG] = {"ssh_config", NULL, is_path,
                            "a path (only '~/' is expanded) or none",
                            "else ~/.ssh/config and /etc/ssh/ssh_config"},
    [SETTING_JUMP] = {"jump", NULL, jump_is_right,
                      "[USER@]HOST[:PORT], more than one with commas",
                      "the jump host to go through, itself reached as the fleet says; "
                      "none, as it is without this: directly"},
    [SETTING_DRIVER] =
        {"driver", NULL, is_driver,
         "inbox, auto, doca-ofed [VERSION], mlnx-ofed [VERSION] or none",
         "inbox, as it is without this, is the distribution's own RDMA stack; auto keeps "
         "a "
         "driver that suits the node, or takes what the catalog prefers for it; "
         "doca-ofed and mlnx-ofed are the vendor's, of that version or of the one that "
         "the catalog prefers; none leaves the node as it is"},
    [SETTING_MIRROR] = {"mirror", NULL, is_mirror, "an http or https URL of a folder",
                        "where nodes fetch the vendor's bundles from, by the names that "
                        "they have at the vendor's; a query, such as a signature, stays "
                        "at the end; else the catalog's own URLs"},
    [SETTING_PROXY] =
        {"proxy", NULL, url_is_right, "an http or https URL",
         "what nodes go through for that; else what their environment says"},
    [SETTING_HOLD] =
        {"hold", hold_words, NULL, "driver, kernel or nothing",
         "what package updates must not touch: driver, as it is without "
         "this, holds the vendor's driver, kernel that and the kernel it was "
         "built for"},
    [SETTING_IPOIB] = {"ipoib", yes_words, NULL, "yes or no",
                       "yes, as it is without this: IPoIB interfaces get the addresses "
                       "that Azure has for them"},
    [SETTING_NAMES] = {"names", yes_words, NULL, "yes or no",
                       "yes keeps the names of RDMA devices over boots, in the order of "
                       "their PCI addresses; else as the distribution names them"},
    [SETTING_RXE] = {"rxe", NULL, is_interface, "the name of a network interface",
                     "where there is no HCA, Soft-RoCE on this interface; else none"},
    [SETTING_REBOOT] = {"reboot", reboot_words, NULL, "auto, always or never",
                        "auto, as it is without this, reboots a node when what was "
                        "installed needs it"},
    [SETTING_AGENT] =
        {"agent", NULL, is_agent, "an absolute path of plain characters",
         "an agent that is on the node already, so that one line of sudoers "
         "can allow just this; else ours is pushed"},
    [SETTING_SUDO] = {"sudo", yes_words, NULL, "yes or no",
                      "yes, as it is without this: the agent is started with sudo -n"},
    [SETTING_LEAF] =
        {"leaf", NULL, is_leaf, "the name of a switch",
         "the leaf switch that the nodes of a group are at; rollouts spread over "
         "leaves, and can limit how many of one are unavailable; else not known"},
};

static unsigned word_index(const char *word, const char *const *words)
{
    unsigned i = 0;

    while (words[i] && strcmp(words[i], word) != 0)
        i++;
    return i;
}

/* ---- names --------------------------------------------------------------------------
 */

const char *setting_name(enum fleet_setting setting)
{
    assert(setting < SETTINGS);
    return rules[setting].name;
}

const char *setting_what(enum fleet_setting setting)
{
    assert(setting < SETTINGS);
    return rules[setting].what;
}

const char *setting_help(enum fleet_setting setting)
{
    assert(setting < SETTINGS);
    return rules[setting].help;
}

int setting_find(const char *name, enum fleet_setting *setting, struct fail *why)
{
    const char *names[SETTINGS + 1] = {NULL}, *near;

    for (unsigned i = 0; i < SETTINGS; i++) {
        names[i] = rules[i].name;
        if (strcmp(names[i], name) == 0) {
            *setting = (enum fleet_setting)i;
            return 0;
        }
    }
    near = nearest_word(name, names);
    return fail_set(why, FAIL_FLEET_FILE, "unknown setting '%s'%s%s%s", name,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static bool is_url(enum fleet_setting setting)
{
    return setting == SETTING_MIRROR || setting == SETTING_PROXY;
}

const char *fleet_host_keys_name(enum fleet_host_keys host_keys)
{
    return host_keys_words[host_keys];
}

const char *fleet_driver_name(enum fleet_driver driver)
{
    return driver_words[driver];
}

const char *fleet_hold_name(enum fleet_hold hold)
{
    return hold_words[hold];
}

const char *fleet_reboot_name(enum fleet_reboot reboot)
{
    return reboot_words[reboot];
}

int fleet_driver_read(const char *text, enum fleet_driver *driver, const char **version,
                      struct fail *why)
{
    size_t len = strcspn(text, " \t");
    const char *after = text + len + strspn(text + len, " \t");
    unsigned i = 0;

    while (driver_words[i] &&
           (strncmp(driver_words[i], text, len) != 0 || driver_words[i][len]))
        i++;
    if (!driver_words[i] || (*after && !(has_version(i) && is_version(after))))
        return fail_set(why, FAIL_FLEET_FILE, "%s is %s, not '%s'",
                        rules[SETTING_DRIVER].name, rules[SETTING_DRIVER].what, text);
    *driver = (enum fleet_driver)i;
    *version = *after ? after : NULL;
    return 0;
}

/* ---- values ---------------------------------------------------------------------------
 */

int setting_number(const char *text, unsigned min, unsigned max, unsigned *number)
{
    unsigned long value;

    if (!text_is_made_of(text, "0123456789") || strlen(text) > 9)
        return -1;
    value = strtoul(text, NULL, 10);
    if (value < min || value > max)
        return -1;
    *number = (unsigned)value;
    return 0;
}

static bool value_is_right(enum fleet_setting setting, const char *value)
{
    const char *const *words = rules[setting].words;

    return words ? words[word_index(value, words)] != NULL
                 : rules[setting].is_right(value);
}

/* One path, "~/" being home; the caller's to free. */
static int expand(const char *path, size_t len_bytes, const char *home, char **expanded,
                  struct fail *why)
{
    bool from_home = *path == '~';

    if (from_home && !home)
        return fail_set(why, FAIL_FLEET_FILE, "there is no home for '%.*s'",
                        (int)len_bytes, path);
    if (asprintf(expanded, "%s%.*s", from_home ? home : "", (int)(len_bytes - from_home),
                 path + from_home) < 0) {
        *expanded = NULL;
        return fail_memory(why);
    }
    return 0;
}

/* All of them, one space between two. */
static int expand_all(const char *paths, const char *home, char **expanded,
                      struct fail *why)
{
    for (paths += strspn(paths, ", "); *paths; paths += strspn(paths, ", ")) {
        CLEANUP(text_done) char *before = *expanded, *one = NULL;
        size_t len_bytes = strcspn(paths, ", ");

        *expanded = NULL;
        if (expand(paths, len_bytes, home, &one, why) < 0)
            return -1;
        if (asprintf(expanded, "%s%s%s", before ? before : "", before ? " " : "", one) <
            0) {
            *expanded = NULL;
            return fail_memory(why);
        }
        paths += len_bytes;
    }
    return 0;
}

/* Of a URL that is none, nobody knows where its password stands. */
static int refuse(enum fleet_setting setting, const char *value, struct fail *why)
{
    return is_url(setting) ? fail_set(why, FAIL_FLEET_FILE, "%s is %s",
                                      rules[setting].name, rules[setting].what)
                           : fail_set(why, FAIL_FLEET_FILE, "%s is %s, not '%s'",
                                      rules[setting].name, rules[setting].what, value);
}

int setting_read(enum fleet_setting setting, const char *value, const char *home,
                 struct arena *arena, const char **text, struct fail *why)
{
    CLEANUP(text_done) char *expanded = NULL;
    int rc = 0;

    if (!value_is_right(setting, value))
        return refuse(setting, value, why);
    if (setting == SETTING_KEY || setting == SETTING_SSH_CONFIG)
        rc = expand(value, strlen(value), home, &expanded, why);
    else if (setting == SETTING_KNOWN_HOSTS)
        rc = expand_all(value, home, &expanded, why);
    if (rc < 0)
        return fail_prefix(why, "%s", rules[setting].name);
    value = expanded ? expanded : value;
    *text = arena_copy(arena, value, strlen(value));
    return *text ? 0 : fail_memory(why);
}

const char *setting_show(enum fleet_setting setting, const char *text, char *shown,
                         size_t size)
{
    if (is_url(setting))
        return url_show(text, shown, size);
    snprintf(shown, size, "%s", text);
    return shown;
}

int setting_path(const char *value, const char *home, struct arena *arena,
                 const char **text, struct fail *why)
{
    CLEANUP(text_done) char *expanded = NULL;

    if (expand(value, strlen(value), home, &expanded, why) < 0)
        return -1;
    *text = arena_copy(arena, expanded, strlen(expanded));
    return *text ? 0 : fail_memory(why);
}

void setting_apply(enum fleet_setting setting, const char *text, struct fleet_node *node)
{
    switch (setting) {
    case SETTING_USER:
        node->user = text;
        break;
    case SETTING_PORT:
        node->port = (uint16_t)strtoul(text, NULL, 10);
        node->port_is_said = true;
        break;
    case SETTING_KEY:
        node->key = text;
        break;
    case SETTING_KNOWN_HOSTS:
        node->known_hosts = text;
        break;
    case SETTING_HOST_KEYS:
        node->host_keys = (enum fleet_host_keys)word_index(text, host_keys_words);
        break;
    case SETTING_SSH:
        node->ssh = (enum fleet_ssh)word_index(text, ssh_words);
        break;
    case SETTING_SSH_CONFIG:
        node->ssh_config = text;
        break;
    case SETTING_JUMP:
        node->jump = strcmp(text, "none") == 0 ? NULL : text;
        break;
    case SETTING_DRIVER:
        fleet_driver_read(text, &node->driver, &node->driver_version, NULL);
        break;
    case SETTING_MIRROR:
        node->mirror = text;
        break;
    case SETTING_PROXY:
        node->proxy = text;
        break;
    case SETTING_HOLD:
        node->hold = (enum fleet_hold)word_index(text, hold_words);
        break;
    case SETTING_IPOIB:
        node->ipoib = word_index(text, yes_words) == 1;
        break;
    case SETTING_NAMES:
        node->names = word_index(text, yes_words) == 1;
        break;
    case SETTING_RXE:
        node->rxe = text;
        break;
    case SETTING_REBOOT:
        node->reboot = (enum fleet_reboot)word_index(text, reboot_words);
        break;
    case SETTING_AGENT:
        node->agent = text;
        break;
    case SETTING_SUDO:
        node->sudo = word_index(text, yes_words) == 1;
        break;
    case SETTING_LEAF:
        node->leaf = text;
        break;
    case SETTINGS:
        break;
    }
}
