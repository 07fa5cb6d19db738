/* hostconfig - what ssh_config says for a node, asked of ssh once for each kind of node
 *
 * The files are read once (sshconfig.h); a node to which none of their lines applies, or
 * none that means something to us, costs nothing.
 */
#ifndef CONTROLLER_HOSTCONFIG_H
#define CONTROLLER_HOSTCONFIG_H

#include <stddef.h>

#include "controller/openssh/settings.h"

struct fail;
struct hostconfigs;

/* home holds .ssh, NULL: none; borrowed.  NULL only when memory is exhausted. */
struct hostconfigs *hostconfigs_new(const char *home);
void hostconfigs_free(struct hostconfigs *h); /* NULL is allowed */

/* What holds for this host and user (NULL: not said) by this configuration: a file, "none",
 * or NULL: ~/.ssh/config and /etc/ssh/ssh_config.  *settings is NULL when it says nothing;
 * borrowed.  FAIL_USAGE: a file cannot be read, or ssh refuses it; FAIL_STATE, FAIL_MEMORY.
 */
int hostconfigs_find(struct hostconfigs *h, const char *config, const char *host,
                     const char *user, const struct settings **settings,
                     struct fail *why);

/* The HostName of these settings for this host, in which ssh_config may have said "%h". */
int hostconfigs_hostname(const struct hostconfigs *h, const char *config,
                         const char *host, const struct settings *settings,
                         char hostname[SETTINGS_VALUE_BYTES]);

/* "ProxyJump in ~/.ssh/config": where what is beyond us was said. */
void hostconfigs_explain(const struct hostconfigs *h, const char *config,
                         const char *host, const struct settings *settings, char *reason,
                         size_t size_bytes);

#endif
