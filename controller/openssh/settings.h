/* settings - what `ssh -G` prints, and whether libssh2 can do the same (pure)
 *
 * A setting is one of three:
 *
 *   taken     HostName, Port, User, IdentityFile, the known_hosts files: we do as it says
 *   not ours  what does not decide whether and how a command is reached: terminals,
 *             forwardings, sharing of connections, deadlines and checks that are the fleet's
 *   else      OpenSSH's business, when it differs from what OpenSSH does by itself
 *
 * Lists of algorithms are OpenSSH's business only when they forbid one that we offer.
 */
#ifndef CONTROLLER_SETTINGS_H
#define CONTROLLER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#define SETTINGS_VALUE_BYTES ((size_t)1024)
#define SETTINGS_KEY_BYTES   ((size_t)64)
#define SETTINGS_MAX_KEYS    8

struct settings {
    /* Where it differs from the default; else "" or 0. */
    char hostname[SETTINGS_VALUE_BYTES];
    char user[SETTINGS_VALUE_BYTES];
    unsigned port;
    char keys[SETTINGS_MAX_KEYS][SETTINGS_VALUE_BYTES]; /* as written: "~/" and all */
    size_t key_count;
    char known_hosts[SETTINGS_VALUE_BYTES], system_known_hosts[SETTINGS_VALUE_BYTES];

    /* The first setting that only OpenSSH can do: "proxyjump"; "": none. */
    char beyond_us[SETTINGS_KEY_BYTES];
};

/* Does a line of ssh_config with this name mean anything to us? */
bool settings_is_ours(const char *name);

/* mine: what `ssh -G HOST` printed; plain: what it printed without a configuration. */
void settings_read(const char *mine, const char *plain, const char *host,
                   struct settings *s);

#endif
