#include "node-agent/detect/part.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/rdma_stack.h"
#include "node-agent/detect/tree.h"
#include "node-agent/install/exec.h"
#include "protocol/facts.h"

/* rpm needs a moment on a cold disk; a locked database must not hold us for ever. */
#define RPM_DEADLINE_MS 20000

/* clang-format off */
static const char *const others[] = {
    "iproute2", "iproute", /* they bring the `rdma` tool */
    /* what a vendor's driver is built with (inventory/decide_packages.c) */
    "linux-headers-*", "kernel-devel*", "kernel-*-devel", "gcc", "gcc-gfortran", "make", "perl",
    "dkms", "rpm-build", "kernel-rpm-macros", "redhat-rpm-config", "elfutils-libelf-devel",
    "pciutils", "lsof", "tcl", "tk", "patch", "insserv-compat", "python3-devel", "expat",
    "createrepo_c",
};
/* clang-format on */

static bool is_wanted(const char *name)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (fnmatch(others[i], name, 0) == 0)
            return true;
    return rdma_stack_has(name);
}

static void note(struct facts *f, const char *name, const char *version)
{
    struct facts_package *p;

    if (!is_wanted(name))
        return;
    p = tree_grow(&f->packages, &f->package_count, FACTS_MAX_PACKAGES, sizeof *p);
    if (!p)
        return;
    p->name = strdup(name);
    p->version = strdup(version);
    if (!p->name || !p->version) {
        free(p->name);
        free(p->version);
        f->package_count--;
    }
}

/* ---- dpkg: paragraphs of "Field: value" ---------------------------------------- */

struct paragraph {
    char name[128], version[128];
    bool installed;
};

static void end_paragraph(struct facts *f, struct paragraph *p)
{
    if (p->installed && *p->name && *p->version)
        note(f, p->name, p->version);
    *p = (struct paragraph){0};
}

static void read_field(const char *line, struct paragraph *p)
{
    sscanf(line, "Package: %127s", p->name);
    sscanf(line, "Version: %127s", p->version);
    if (strncmp(line, "Status: ", 8) == 0)
        p->installed = strstr(line, " ok installed") != NULL;
}

/* A line that does not fit the buffer is none that we read: descriptions, conffiles. */
static void read_dpkg(FILE *file, struct facts *f)
{
    char line[TREE_LINE_MAX_BYTES];
    struct paragraph p = {0};
    bool whole = true;

    while (fgets(line, sizeof line, file)) {
        if (whole && *line == '\n')
            end_paragraph(f, &p);
        else if (whole)
            read_field(line, &p);
        whole = strchr(line, '\n') != NULL;
    }
    end_paragraph(f, &p);
}

/* ---- rpm: only on the machine itself, for its database has many formats -------- */

static void on_rpm_line(void *arg, const char *line)
{
    char name[128], version[128];

    if (sscanf(line, "%127s %127s", name, version) == 2)
        note(arg, name, version);
}

static void ask_rpm(struct facts *f)
{
    static const char *const argv[] = {"rpm", "-qa", "--qf",
                                       "%{NAME} %{VERSION}-%{RELEASE}\n", NULL};
    struct exec rpm = {.argv = argv,
                       .deadline_ms = RPM_DEADLINE_MS,
                       .on_line = on_rpm_line,
                       .arg = f};
    int status;

    exec_run(&rpm, &status, NULL); /* without rpm there is nothing to tell */
}

void part_packages(const char *root, struct facts *f)
{
    FILE *status = tree_open(root, "/var/lib/dpkg/status");

    if (status) {
        read_dpkg(status, f);
        fclose(status);
    } else if (!*root && f->os.packages && strcmp(f->os.packages, "apt") != 0) {
        ask_rpm(f);
    }
}
