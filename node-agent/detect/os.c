#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

/* The value of a line NAME="value", unquoted in place. */
static char *unquote(char *value)
{
    size_t n = strcspn(value, "\n");

    value[n] = '\0';
    if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
        value[n - 1] = '\0';
        value++;
    }
    return value;
}

static void read_release(FILE *file, struct facts_os *os)
{
    const struct {
        const char *key;
        char **field;
    } wanted[] = {
        {"ID=", &os->id},
        {"ID_LIKE=", &os->id_like},
        {"VERSION_ID=", &os->version_id},
        {"PRETTY_NAME=", &os->pretty},
    };
    char line[TREE_LINE_MAX_BYTES];

    while (fgets(line, sizeof line, file))
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            size_t n = strlen(wanted[i].key);

            if (strncmp(line, wanted[i].key, n) == 0 && !*wanted[i].field)
                *wanted[i].field = strdup(unquote(line + n));
        }
}

/* CentOS keeps the minor version elsewhere: "CentOS Linux release 7.9.2009 (Core)" is 7.9. */
static void read_centos_minor(const char *root, struct facts_os *os)
{
    CLEANUP(text_done) char *line = tree_line(root, "/etc/centos-release");
    char *version = line ? strstr(line, " release ") : NULL;
    size_t major_len = os->version_id ? strlen(os->version_id) : 0, minor_len;

    version = version ? version + strlen(" release ") : NULL;
    if (!version || !major_len || strncmp(version, os->version_id, major_len) != 0 ||
        version[major_len] != '.')
        return;
    minor_len = strspn(version + major_len + 1, "0123456789");
    if (!minor_len)
        return;
    free(os->version_id);
    os->version_id = strndup(version, major_len + 1 + minor_len);
}

static const char *package_manager(const char *root)
{
    static const struct {
        const char *name, *program;
    } known[] = {
        {"apt", "/usr/bin/apt-get"},
        {"tdnf", "/usr/bin/tdnf"}, /* before dnf: Azure Linux has both */
        {"dnf", "/usr/bin/dnf"},
        {"yum", "/usr/bin/yum"}, /* after dnf, which keeps its name too */
        {"zypper", "/usr/bin/zypper"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (tree_exists(root, "%s", known[i].program))
            return known[i].name;
    return NULL;
}

void part_os(const char *root, struct facts *f)
{
    FILE *release = tree_open(root, "/etc/os-release");
    const char *manager = package_manager(root);
    struct utsname here;

    if (!release)
        release = tree_open(root, "/usr/lib/os-release");
    if (release) {
        read_release(release, &f->os);
        fclose(release);
    }
    if (f->os.id && strcmp(f->os.id, "centos") == 0)
        read_centos_minor(root, &f->os);
    f->os.kernel = tree_line(root, "/proc/sys/kernel/osrelease");
    f->os.machine = tree_line(root, "/proc/sys/kernel/arch"); /* from Linux 6.1 on */
    if (!f->os.machine && uname(&here) == 0)
        f->os.machine = strdup(here.machine);
    f->os.packages = manager ? strdup(manager) : NULL;
    f->os.systemd = tree_exists(root, "/run/systemd/system");
}
