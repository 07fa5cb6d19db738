/* fleet - the fleet file: who the nodes are, how to reach them, what they should have
 *
 *     [defaults]
 *     user   = azureuser
 *     key    = ~/.ssh/id_ed25519
 *     driver = inbox
 *
 *     [nodes]
 *     ib[001-128]                           the address is the name itself
 *     gpu[1-4] = 10.0.0.[11-14]             as many addresses as names, in this order
 *     vm[1-2]  = 127.0.0.1:[22101-22102]    ADDRESS:PORT
 *     head     = [fe80::1]:2222             IPv6 in brackets
 *
 *     [groups]
 *     gpu     = gpu[1-4]
 *     compute = @all!@gpu,head              the same name again adds to the group
 *
 *     [group:gpu]                           settings of the nodes of @gpu
 *     driver = none
 *
 *     [policy]
 *     window = 32
 *
 *     [azure]                               nodes that Azure knows (fleet_azure.h)
 *     vmss = hpc/ib
 *
 * A setting is looked up in the groups of a node, then in [defaults], then in the
 * table below; a port written with the address wins over all.  Two groups that
 * disagree about a node are refused, as is everything that is not known here.
 * Comments begin with '#' or ';'.  A line has at most FLEET_MAX_LINE bytes.
 *
 *     if (fleet_load("ibfleet.ini", getenv("HOME"), NULL, &fleet, why) < 0 ||
 *         fleet_select(fleet, "@gpu!gpu3", NULL, &set, why) < 0)
 *         return -1;
 *     node = fleet_find(fleet, hostset_name(set, 0));
 *
 * Pure but for fleet_load(), which reads the file.  No name is resolved, no key opened.
 */
#ifndef INVENTORY_FLEET_H
#define INVENTORY_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct fleet;
struct fleet_azure;
struct fleet_policy;
struct hostset;
struct hostset_groups;

#define FLEET_MAX_TEXT  ((size_t)16 << 20) /* bytes in a fleet file                   */
#define FLEET_MAX_LINE  190                /* bytes in one line of it                 */
#define FLEET_MAX_NODES 100000

/* An unknown server key: refuse it, or store it and go on.  A changed key is
 * always refused.
 */
enum fleet_host_keys { FLEET_HOST_KEYS_STRICT, FLEET_HOST_KEYS_ACCEPT_NEW };

/* Through what to reach a node; auto: through OpenSSH what libssh2 cannot reach. */
enum fleet_ssh { FLEET_SSH_AUTO, FLEET_SSH_LIBSSH2, FLEET_SSH_OPENSSH };

/* The RDMA stack to bring a node to: the distribution's own, what the catalog prefers for
 * the node, one of the vendor's, or leave it alone.
 */
enum fleet_driver {
    FLEET_DRIVER_INBOX,
    FLEET_DRIVER_AUTO,
    FLEET_DRIVER_DOCA_OFED,
    FLEET_DRIVER_MLNX_OFED,
    FLEET_DRIVER_NONE
};

/* What no update may undo: nothing, the vendor's driver, or that and the kernel. */
enum fleet_hold { FLEET_HOLD_DRIVER, FLEET_HOLD_KERNEL, FLEET_HOLD_NOTHING };

/* auto: only when something installed needs it. */
enum fleet_reboot { FLEET_REBOOT_AUTO, FLEET_REBOOT_ALWAYS, FLEET_REBOOT_NEVER };

/* Settings as they hold for one node.  All text is borrowed from the fleet. */
struct fleet_node {
    const char *name;
    const char *address; /* host name, IPv4 or IPv6 without brackets; default: name */
    uint16_t port;       /* `port`, 1-65535; default 22                             */
    bool port_is_said;   /* somewhere: it wins over the one of ssh_config           */
    const char *user;    /* `user`; NULL: whoever runs ibfleet                      */
    const char *key;     /* `key`, key file; NULL: those of ~/.ssh and the ssh-agent */
    const char *known_hosts; /* `known_hosts`, files, a space between; NULL: OpenSSH's */
    enum fleet_host_keys
        host_keys;          /* `host_keys` = strict | accept-new; default strict       */
    enum fleet_ssh ssh;     /* `ssh` = auto | libssh2 | openssh; default auto */
    const char *ssh_config; /* `ssh_config`, file, or none; NULL: ~/.ssh/config and
                                 /etc/ssh/ssh_config                                     */
    const char *jump;       /* `jump`, the hosts to go through (jump.h); NULL: none    */
    enum fleet_driver driver;   /* `driver` = inbox | auto | doca-ofed [VERSION] |
                                 mlnx-ofed [VERSION] | none; default inbox              */
    const char *driver_version; /* of it; NULL: the one that the catalog prefers        */
    const char *mirror; /* `mirror`, URL of a folder that has the bundles; NULL: the
                           catalog's own URLs                                           */
    const char *proxy;  /* `proxy`, URL; NULL: what the node's environment says         */
    enum fleet_hold hold; /* `hold` = driver | kernel | nothing; default driver         */
    bool ipoib;      /* `ipoib` = yes | no, give IPoIB Azure's addresses; default yes */
    bool names;      /* `names` = yes | no, RDMA devices keep their names; default no */
    const char *rxe; /* `rxe`, interface that gets Soft-RoCE where there is no
                                 HCA; NULL: none                                         */
    enum fleet_reboot reboot; /* `reboot` = auto | always | never; default auto */
    const char *agent;        /* `agent`, absolute path of an agent that is already on
                                 the node; NULL: push one                                */
    bool sudo;                /* `sudo` = yes | no, work that needs root goes through
                                 sudo -n; default yes                                    */
    const char
        *leaf; /* `leaf`, the switch that it is at; NULL: not known                */

    /* Of those that a finder found (below), else NULL. */
    const char *machine; /* what no other machine is called, whatever its name     */
    const char *former;  /* the machine whose name or address it has taken         */
};

/* A node that somebody else than the fleet file knows.  Texts are borrowed. */
struct fleet_found {
    const char *name, *address;   /* address NULL: the name; without a port           */
    const char *group;            /* of the fleet that it is in; NULL: none           */
    const char *machine, *former; /* as in struct fleet_node; NULL: not known         */
};

/* Who finds such nodes while a fleet is read. */
struct fleet_finder {
    /* azure: what [azure] says.  *found, valid until the fleet is made, are *count
     * nodes.  -1 with *why filled in.
     */
    int (*find)(void *arg, const struct fleet_azure *azure,
                const struct fleet_found **found, size_t *count, struct fail *why);
    void *arg;
};

/* ---- make and free ------------------------------------------------------------ */

/* Read len_bytes of text; file is the name used in messages.  "~/" at the start
 * of a path means home (NULL: such paths are refused).  finder finds nodes beside those
 * of the text (NULL: there are no others).  Free with fleet_free().  -1 leaves *fleet
 * alone; *why is FAIL_FLEET_FILE (text: "FILE:LINE: ..."), what the finder said, or
 * FAIL_MEMORY.
 */
int fleet_parse(const char *text, size_t len_bytes, const char *file, const char *home,
                const struct fleet_finder *finder, struct fleet **fleet,
                struct fail *why);

/* The same from the file at path (NULL: there is none, and all nodes are the finder's);
 * also -1 with FAIL_FLEET_FILE when it cannot be read or has more than FLEET_MAX_TEXT
 * bytes.
 */
int fleet_load(const char *path, const char *home, const struct fleet_finder *finder,
               struct fleet **fleet, struct fail *why);

/* A fleet without a file: the nodes of this hostlist, ADDRESS or ADDRESS:PORT,
 * all settings at their defaults; groups (NULL: there are none) knows what @names mean.
 * -1: FAIL_HOSTLIST, what the groups said, or FAIL_MEMORY; to mean no node is fine.
 */
int fleet_of(const char *hostlist, const struct hostset_groups *groups,
             struct fleet **fleet, struct fail *why);

/* NULL is allowed. */
void fleet_free(struct fleet *fleet);

/* CLEANUP(fleet_done) struct fleet *fleet = NULL; */
void fleet_done(struct fleet **fleet);

/* One setting for all nodes, over whatever the file says (`-l USER` and the like).
 * key is a setting as in [defaults], the value is held to the same rules.  `port`
 * does not reach nodes whose address was written with a port.  -1: FAIL_USAGE or
 * FAIL_MEMORY, and nothing has changed.
 */
int fleet_override(struct fleet *fleet, const char *key, const char *value,
                   const char *home, struct fail *why);

/* The same for a key of [policy]. */
int fleet_override_policy(struct fleet *fleet, const char *key, const char *value,
                          struct fail *why);

/* ---- look ----------------------------------------------------------------------- */

/* The nodes in natural order of their names. */
size_t fleet_count(const struct fleet *fleet);

/* i below fleet_count().  Borrowed from the fleet, as everything in it. */
const struct fleet_node *fleet_node(const struct fleet *fleet, size_t i);

/* NULL when there is no node of that name. */
const struct fleet_node *fleet_find(const struct fleet *fleet, const char *name);

/* The groups of the file by name, in its order; i below fleet_group_count(). */
size_t fleet_group_count(const struct fleet *fleet);
const char *fleet_group_name(const struct fleet *fleet, size_t i);

/* What [policy] says; see fleet_policy.h. */
const struct fleet_policy *fleet_policy(const struct fleet *fleet);

/* What [azure] says. */
const struct fleet_azure *fleet_azure(const struct fleet *fleet);

/* The nodes that a hostlist means, with the groups of the file and @all, into
 * *set; free with hostset_free().  Without a fleet file there is only @all.
 * others knows sources, files, and as its default source the groups that the file does
 * not have; NULL: there are none.  -1: FAIL_HOSTLIST when the text is wrong, it or a
 * source names a node or a group that the fleet does not have; what others said; or
 * FAIL_MEMORY.  To mean no node is fine here.
 */
int fleet_select(const struct fleet *fleet, const char *hostlist,
                 const struct hostset_groups *others, struct hostset **set,
                 struct fail *why);

/* Take the nodes that a hostlist means out of the set.  Same failures, but a source may
 * name nodes that the fleet does not have.
 */
int fleet_exclude(const struct fleet *fleet, const char *hostlist,
                  const struct hostset_groups *others, struct hostset *set,
                  struct fail *why);

/* The names that a hostlist means, with the same groups, whether the fleet has them or
 * not; free *set with hostset_free().  Same failures.
 */
int fleet_names(const struct fleet *fleet, const char *hostlist,
                const struct hostset_groups *others, struct hostset **set,
                struct fail *why);

/* "doca-ofed 3.2.2", "auto", ...: what `driver` may be.  *version is borrowed from text, or
 * NULL.  -1: FAIL_FLEET_FILE, and nothing has changed.
 */
int fleet_driver_read(const char *text, enum fleet_driver *driver, const char **version,
                      struct fail *why);

/* "strict", "inbox", "auto"...: the word of the fleet file; never NULL. */
const char *fleet_host_keys_name(enum fleet_host_keys host_keys);
const char *fleet_driver_name(enum fleet_driver driver);
const char *fleet_hold_name(enum fleet_hold hold);
const char *fleet_reboot_name(enum fleet_reboot reboot);

#endif
