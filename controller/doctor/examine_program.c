#include <elf.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/journal/database.h"
#include "controller/link/agentfile.h"
#include "controller/screen/screen.h"
#include "controller/ssh/library.h"
#include "protocol/fail.h"

static void examine_libraries(struct checkup *c)
{
    char ssh[SSH_LIBRARY_BYTES];

    ssh_library_name(ssh);
    checkup_add(c, CHECKUP_OK, "program", NULL, "ibfleet %s, libuv %s, %s, SQLite %s",
                IBFLEET_VERSION, uv_version_string(), ssh, database_library());
    if (ssh_library_lacks())
        checkup_add(c, CHECKUP_WARN, "libssh2",
                    "ed25519 keys, or  --ssh openssh  for those nodes", "%s",
                    ssh_library_lacks());
}

/* ---- the agent ------------------------------------------------------------------- */

/* Does it name a loader?  Then it needs libraries that a bare node does not have. */
static bool is_dynamic(const struct agentfile *file)
{
    Elf64_Ehdr header;
    Elf64_Phdr part;

    if (file->len_bytes < sizeof header)
        return false;
    memcpy(&header, file->bytes, sizeof header);
    for (size_t i = 0; i < header.e_phnum; i++) {
        if (header.e_phoff > file->len_bytes - sizeof part ||
            i * sizeof part > file->len_bytes - sizeof part - header.e_phoff)
            return false;
        memcpy(&part, file->bytes + header.e_phoff + i * sizeof part, sizeof part);
        if (part.p_type == PT_INTERP)
            return true;
    }
    return false;
}

static void examine_agent(struct checkup *c, const struct agentfile *file)
{
    if (strcmp(file->machine, "-") == 0)
        checkup_add(c, CHECKUP_BAD, "agent", "build it again:  make",
                    "the file is no program for a machine we know");
    else
        checkup_add(c, is_dynamic(file) ? CHECKUP_WARN : CHECKUP_OK, "agent",
                    "nodes without libibverbs cannot start it: link it static",
                    "for %s, %s, %.1f MB, SHA-256 %.16s...", file->machine,
                    is_dynamic(file) ? "dynamic" : "static",
                    (double)file->len_bytes / 1e6, file->sha256);
}

/* Most fleets are of one machine: another's agent that is missing is only told. */
static void examine_agents(struct checkup *c)
{
    struct agentfiles agents;
    struct fail why;

    if (agentfiles_read(NULL, &agents, &why) < 0) {
        checkup_add(c, CHECKUP_BAD, "agent", "install it there:  make install", "%s",
                    why.text);
        return;
    }
    for (size_t i = 0; i < agents.count; i++)
        examine_agent(c, &agents.files[i]);
    for (size_t i = 0; i < AGENTFILE_MACHINES; i++)
        if (!agentfiles_find(&agents, agentfile_machine(i)))
            checkup_add(c, CHECKUP_OK, "agent", NULL,
                        "none for %s: such nodes would be refused", agentfile_machine(i));
    agentfiles_clear(&agents);
}

/* ---- clock, locale, terminal ------------------------------------------------------- */

/* When the program was laid down is a time that has passed. */
static void examine_clock(struct checkup *c)
{
    struct timex state = {0};
    struct stat program;

    if (stat("/proc/self/exe", &program) == 0 && time(NULL) < program.st_mtime)
        checkup_add(c, CHECKUP_BAD, "clock",
                    "set it:  timedatectl;  claims and times in the journal need it",
                    "it is before the time at which ibfleet was installed");
    else if (adjtimex(&state) < 0 || (state.status & STA_UNSYNC))
        checkup_add(c, CHECKUP_WARN, "clock", "switch NTP on:  timedatectl set-ntp true",
                    "nothing keeps it right");
    else
        checkup_add(c, CHECKUP_OK, "clock", NULL, "kept right by NTP");
}

static void examine_locale(struct checkup *c)
{
    const char *codeset;

    setlocale(LC_CTYPE, "");
    codeset = nl_langinfo(CODESET);
    checkup_add(c, strcmp(codeset, "UTF-8") == 0 ? CHECKUP_OK : CHECKUP_WARN, "locale",
                "what nodes print is shown as UTF-8:  export LC_CTYPE=C.UTF-8", "%s",
                codeset);
    setlocale(LC_CTYPE, "C");
}

static void examine_terminal(struct checkup *c)
{
    const char *term = getenv("TERM");

    if (!isatty(STDERR_FILENO))
        checkup_add(c, CHECKUP_OK, "terminal", NULL, "none: progress is told in lines");
    else
        checkup_add(c, term && strcmp(term, "dumb") != 0 ? CHECKUP_OK : CHECKUP_WARN,
                    "terminal", "progress is told in lines:  export TERM=...",
                    "%s, %zux%zu", term ? term : "TERM is not set",
                    screen_width(STDERR_FILENO), screen_height(STDERR_FILENO));
}

void examine_program(struct checkup *c)
{
    examine_libraries(c);
    examine_agents(c);
    examine_clock(c);
    examine_locale(c);
    examine_terminal(c);
}
