/* Whatever ssh_config says and ssh -G prints: kinds can be compared, what is found names
 * what was asked for, and no value is longer than it may be.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/openssh/settings.h"
#include "controller/openssh/sshconfig.h"
#include "protocol/fail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* A file that includes itself, a few times over. */
static unsigned depth;

static int include(void *arg, struct sshconfig *c, const char *files, struct fail *why)
{
    int rc;

    if (depth == 2)
        return fail_set(why, FAIL_USAGE, "%s: too deep", files);
    depth++;
    rc = sshconfig_parse(c, arg, files, include, arg, why);
    depth--;
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sshconfig *c = sshconfig_new();
    char *text = malloc(size + 1), *kind;
    const struct sshconfig_word *word;
    struct settings s;

    demand(c && text);
    memcpy(text, data, size);
    text[size] = '\0';
    depth = 0;
    sshconfig_parse(c, text, "f", include, text, NULL);
    kind = sshconfig_kind(c, "ib1", "me");
    word = sshconfig_find(c, "ib1", "HostName");
    demand(kind && (!*kind || sshconfig_words(c)));
    demand(!word || strcasecmp(word->name, "HostName") == 0);
    settings_read(text, "hostname x\n", "ib1", &s);
    demand(s.key_count <= SETTINGS_MAX_KEYS);
    demand(memchr(s.hostname, '\0', sizeof s.hostname) != NULL);
    free(kind);
    free(text);
    sshconfig_free(c);
    return 0;
}
