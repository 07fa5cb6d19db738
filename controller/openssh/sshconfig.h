/* sshconfig - which lines of ssh_config can apply to a host (pure)
 *
 * Not what they mean: that is asked of ssh itself (ssh -G), which costs a process.  So
 * hosts to which the same Host and Match lines apply are asked about once.  What a Match
 * line tests that is not a host's name (exec, user, host) is not decided here; then each
 * host is a kind of its own.
 *
 *     sshconfig_parse(c, text, "~/.ssh/config", include, arg, why);
 *     kind = sshconfig_kind(c, "ib17", "me");      equal kinds: equal settings
 */
#ifndef CONTROLLER_SSHCONFIG_H
#define CONTROLLER_SSHCONFIG_H

#include <stddef.h>

struct fail;
struct sshconfig;

#define SSHCONFIG_MAX_SECTIONS 4096

/* One setting, as it stands in a file. */
struct sshconfig_word {
    struct sshconfig_word *next;
    unsigned section;
    const char *name, *value, *file;
};

/* NULL only when memory is exhausted. */
struct sshconfig *sshconfig_new(void);
void sshconfig_free(struct sshconfig *c); /* NULL is allowed */

/* Reads the files that an Include line names, by sshconfig_parse(). */
typedef int (*sshconfig_include_fn)(void *arg, struct sshconfig *c, const char *files,
                                    struct fail *why);

/* Add the lines of text, which is copied; settings that mean nothing to us (see
 * settings_is_ours()) are passed over.  FAIL_USAGE: too much of it; FAIL_MEMORY; or what
 * include says.
 */
int sshconfig_parse(struct sshconfig *c, const char *text, const char *file,
                    sshconfig_include_fn include, void *arg, struct fail *why);

/* What begins now applies to all hosts again: another file. */
void sshconfig_begin(struct sshconfig *c);

/* The kind of this host for this user (NULL: not said), malloc'ed; "" when no setting that
 * means something to us can apply.  NULL: no memory.
 */
char *sshconfig_kind(const struct sshconfig *c, const char *host, const char *user);

/* The first line of that name that can apply to the host, or NULL. */
const struct sshconfig_word *sshconfig_find(const struct sshconfig *c, const char *host,
                                            const char *name);

/* All settings, in their order. */
const struct sshconfig_word *sshconfig_words(const struct sshconfig *c);

#endif
