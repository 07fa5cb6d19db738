/* fleet_setting - the keys of [defaults] and [group:NAME], and what they may be
 *
 * Pure.
 */
#ifndef INVENTORY_FLEET_SETTING_H
#define INVENTORY_FLEET_SETTING_H

#include "inventory/arena.h"
#include "inventory/fleet.h"

struct fail;

enum fleet_setting {
    SETTING_USER,
    SETTING_PORT,
    SETTING_KEY,
    SETTING_KNOWN_HOSTS,
    SETTING_HOST_KEYS,
    SETTING_SSH,
    SETTING_SSH_CONFIG,
    SETTING_JUMP,
    SETTING_DRIVER,
    SETTING_MIRROR,
    SETTING_PROXY,
    SETTING_HOLD,
    SETTING_IPOIB,
    SETTING_NAMES,
    SETTING_RXE,
    SETTING_REBOOT,
    SETTING_AGENT,
    SETTING_SUDO,
    SETTING_LEAF,
    SETTINGS
};

const char *setting_name(enum fleet_setting setting);

/* "auto, always or never": what a value may be.  What it does, and what holds without it. */
const char *setting_what(enum fleet_setting setting);
const char *setting_help(enum fleet_setting setting);

/* The setting of that name; -1: FAIL_FLEET_FILE, with the nearest name. */
int setting_find(const char *name, enum fleet_setting *setting, struct fail *why);

/* Check a value and put what it stands for ("~/" resolved) into *text, which lives
 * in the arena.  home may be NULL.  -1: FAIL_FLEET_FILE or FAIL_MEMORY.
 */
int setting_read(enum fleet_setting setting, const char *value, const char *home,
                 struct arena *arena, const char **text, struct fail *why);

/* A path, "~/" at its start being home (NULL: refused), into *text, which lives in the
 * arena.  -1: FAIL_FLEET_FILE or FAIL_MEMORY.
 */
int setting_path(const char *value, const char *home, struct arena *arena,
                 const char **text, struct fail *why);

/* A text from setting_read() as a person may see it, into shown of size bytes, cut where it
 * does not fit: without the password and the query of a URL.  Returns shown.
 */
const char *setting_show(enum fleet_setting setting, const char *text, char *shown,
                         size_t size);

/* Put a text from setting_read() into a node, which borrows it. */
void setting_apply(enum fleet_setting setting, const char *text, struct fleet_node *node);

/* A whole decimal number from min to max, with no sign and no space. */
int setting_number(const char *text, unsigned min, unsigned max, unsigned *number);

#endif
