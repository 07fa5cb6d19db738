#include "controller/link/bootstrap.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "controller/link/agentfile.h"
#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* How the script ends when it can not go on.  It has them as numbers, too. */
enum {
    NO_FOLDER = 81,
    NOT_WRITTEN = 82,
    DAMAGED = 83,
    NOT_PLACED = 84,
    NO_TOOLS = 85,
    OTHER_MACHINE = 86,
    KILLED = 128 + SIGKILL, /* as the shell tells it */
    NOT_EXECUTABLE = 126,   /* these two are the shell's own */
    NOT_FOUND = 127,
};

/* $1 system or own, $2 the agent's command; then, for each agent, the machine it is for
 * ("-": any), its sha256 and its bytes: others are shifted away until it is $1, $2 and
 * $3.  What lies in the folder is used only when it is ours and its digest is right; the newest few are kept, and what a
 * broken connection left half written goes after an hour.  A home may be shared by
 * all nodes, so others can be at work in the folder.
 */
static const char script[] =
    "umask 022; "
    "if [ \"$1\" = system ]; then d=/var/lib/ibfleet/agent; "
    "else d=\"$HOME/.cache/ibfleet\"; fi; "
    "w=\"$2\"; m=$(uname -m); shift 2; "
    "until [ $# = 0 ] || [ \"$1\" = - ] || [ \"$1\" = \"$m\" ]; do shift 3; done; "
    "[ $# -gt 0 ] || { echo \"$m\" >&2; exit 86; }; "
    "f=\"$d/ibfleet-agent-$2\"; "
    "if [ -f \"$f\" ] && [ -O \"$f\" ] && [ \"$(sha256sum <\"$f\")\" = \"$2  -\" ]; "
    "then :; else "
    "command -v sha256sum >/dev/null && command -v head >/dev/null || "
    "{ echo \"sha256sum or head is missing\" >&2; exit 85; }; "
    "mkdir -p \"$d\" || exit 81; "
    "[ -O \"$d\" ] && [ -O \"${d%/*}\" ] || { echo \"$d is not its own\" >&2; exit 81; "
    "}; "
    "t=$(mktemp \"$f.XXXXXX\") || exit 81; "
    "printf \"\\001ibfleet-need\\002%s\\n\" \"$1\"; "
    "head -c \"$3\" >\"$t\" && [ \"$(wc -c <\"$t\")\" -eq \"$3\" ] || "
    "{ rm -f \"$t\"; exit 82; }; "
    "[ \"$(sha256sum <\"$t\")\" = \"$2  -\" ] || { rm -f \"$t\"; exit 83; }; "
    "chmod 755 \"$t\" && mv -f \"$t\" \"$f\" || { rm -f \"$t\"; exit 84; }; "
    "ls -t \"$d\" | grep -x \"ibfleet-agent-[0-9a-f]*\" | tail -n +4 | "
    "while read -r o; do rm -f \"$d/$o\"; done; "
    "find \"$d\" -name \"ibfleet-agent-*.??????\" -mmin +60 -exec rm -f {} + "
    "2>/dev/null; "
    "fi; "
    "exec \"$f\" \"$w\"";

static const char *work_of(const struct bootstrap_order *order)
{
    return order->work ? order->work : "serve";
}

/* A machine, a digest and a size, which are short. */
#define OFFER_BYTES (DIGEST_HEX_BYTES + BOOTSTRAP_MACHINE_BYTES + 24)

int bootstrap_command(const struct bootstrap_order *order, enum bootstrap_folder folder,
                      bool sudo, char **command, struct fail *why)
{
    char offers[AGENTFILE_MACHINES * OFFER_BYTES] = "";
    size_t len = 0;
    int rc;

    for (size_t i = 0; i < order->agents->count; i++) {
        const struct agentfile *a = &order->agents->files[i];

        len += (size_t)snprintf(offers + len, OFFER_BYTES, " %s %s %zu", a->machine,
                                a->sha256, a->len_bytes);
    }
    rc = asprintf(command, "%ssh -c '%s' ibfleet %s %s%s", sudo ? "sudo -n " : "", script,
                  folder == BOOTSTRAP_SYSTEM ? "system" : "own", work_of(order), offers);
    return rc < 0 ? fail_memory(why) : 0;
}

int bootstrap_installed(const char *path, const struct bootstrap_order *order, bool sudo,
                        char **command, struct fail *why)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/._+-";

    if (*path != '/' || path[strspn(path, plain)])
        return fail_set(
            why, FAIL_FLEET_FILE,
            "agent = %s: an absolute path of letters, digits and /._+- is needed", path);
    if (asprintf(command, "%s%s %s", sudo ? "sudo -n " : "", path, work_of(order)) < 0)
        return fail_memory(why);
    return 0;
}

int bootstrap_for(const struct fleet_node *node, const char *user, bool unprivileged,
                  const struct bootstrap_order *order, char **command, struct fail *why)
{
    bool is_root = user && strcmp(user, "root") == 0;
    bool sudo = !is_root && node->sudo && !unprivileged;
    bool own = !sudo && (!is_root || unprivileged);

    if (node->agent)
        return bootstrap_installed(node->agent, order, sudo, command, why);
    return bootstrap_command(order, own ? BOOTSTRAP_OWN : BOOTSTRAP_SYSTEM, sudo, command,
                             why);
}

static const char marker[] = BOOTSTRAP_NEED;
#define MARKER_BYTES (sizeof marker - 1)

/* A byte of the name behind the marker.  A name that is too long is none of ours. */
static bool take_machine(struct bootstrap_scan *scan, char byte)
{
    if (byte == '\n')
        return true;
    if (scan->machine_len + 1 < sizeof scan->machine)
        scan->machine[scan->machine_len++] = byte;
    else
        *scan = (struct bootstrap_scan){0};
    return false;
}

bool bootstrap_is_needed(struct bootstrap_scan *scan, const char *bytes, size_t len_bytes)
{
    if (scan->done)
        return false;
    for (size_t i = 0; i < len_bytes && !scan->done; i++) {
        if (scan->matched == MARKER_BYTES) {
            scan->done = take_machine(scan, bytes[i]);
            continue;
        }
        if (bytes[i] != marker[scan->matched]) /* its first character occurs once */
            scan->matched = 0;
        if (bytes[i] == marker[scan->matched])
            scan->matched++;
    }
    return scan->done;
}

/* ---- when it ends too early --------------------------------------------------- */

/* What a node printed goes to terminals and into JSON. */
static void quote(const char *text, size_t len_bytes, char line[BOOTSTRAP_LINE_BYTES])
{
    size_t i = 0;

    for (; i < len_bytes && text[i] && i + 1 < BOOTSTRAP_LINE_BYTES; i++)
        line[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
    line[i] = '\0';
}

/* The last line that begins like this, or "". */
static void last_line(const char *text, const char *begins,
                      char line[BOOTSTRAP_LINE_BYTES])
{
    line[0] = '\0';
    while (*text) {
        size_t len_bytes = strcspn(text, "\r\n");

        if (len_bytes > 0 && strncmp(text, begins, strlen(begins)) == 0)
            quote(text, len_bytes, line);
        text += len_bytes;
        text += strspn(text, "\r\n");
    }
}

void bootstrap_last_line(const char *text, char line[BOOTSTRAP_LINE_BYTES])
{
    last_line(text, "", line);
}

static void explain_sudo(const char *line, struct fail *why)
{
    if (strstr(line, "password"))
        fail_set(why, FAIL_SUDO_PASSWORD,
                 "sudo asks for a password; allow this user NOPASSWD in sudoers, put the "
                 "agent into the image (agent =), or use --unprivileged");
    else
        fail_set(why, FAIL_SUDO_PASSWORD, "sudo refuses: %s", line);
}

static bool is_full(const char *line)
{
    return strstr(line, "No space left") || strstr(line, "quota exceeded");
}

/* For some machine an agent can be built, and is not there; for any other it can not. */
static void explain_machine(const char *machine, struct fail *why)
{
    for (size_t i = 0; i < AGENTFILE_MACHINES; i++)
        if (strcmp(machine, agentfile_machine(i)) == 0) {
            fail_set(why, FAIL_UNSUPPORTED,
                     "its machine is %s, and there is no ibfleet-agent.%s beside our own "
                     "ibfleet-agent: build it (make arm64 for aarch64) and put it there",
                     machine, machine);
            return;
        }
    fail_set(why, FAIL_UNSUPPORTED,
             "its machine is %s, which would need an ibfleet-agent.%s: there are agents "
             "for x86_64 and aarch64 only",
             machine, machine);
}

/* The script's own endings.  False: it is none of them. */
static bool explain_script(int status, const char *line, struct fail *why)
{
    switch (status) {
    case NO_FOLDER:
        fail_set(why, is_full(line) ? FAIL_DISK_FULL : FAIL_PUSH,
                 "the agent's folder cannot be made or written: %s", line);
        return true;
    case NOT_WRITTEN:
        fail_set(why, FAIL_DISK_FULL, "not all of the agent could be written: %s", line);
        return true;
    case DAMAGED:
        fail_set(why, FAIL_PUSH, "the agent arrived damaged: its digest differs");
        return true;
    case NOT_PLACED:
        fail_set(why, FAIL_PUSH, "the agent cannot be put in its place: %s", line);
        return true;
    case NO_TOOLS:
        fail_set(why, FAIL_UNSUPPORTED, "%s", line);
        return true;
    case OTHER_MACHINE:
        explain_machine(line, why);
        return true;
    case KILLED:
    case SSH_STATUS_SIGNAL:
        fail_set(why, FAIL_AGENT_DIED, "the agent was killed before it said a word%s%s",
                 *line ? ": " : "", line);
        return true;
    case NOT_EXECUTABLE:
        fail_set(why, FAIL_NO_AGENT,
                 "the agent may not be started there (file system mounted noexec?): %s",
                 line);
        return true;
    case NOT_FOUND:
        fail_set(why, FAIL_NO_AGENT, "something to start is missing: %s", line);
        return true;
    default:
        return false;
    }
}

void bootstrap_explain(int status, const char *printed, const char *err, struct fail *why)
{
    char line[BOOTSTRAP_LINE_BYTES];

    last_line(err, "sudo: ", line);
    if (*line) {
        explain_sudo(line, why);
        return;
    }
    last_line(err, "", line);
    if (explain_script(status, line, why))
        return;
    if (*line) {
        fail_set(why, FAIL_NO_AGENT, "no agent answered (status %d): %s", status, line);
        return;
    }
    quote(printed, strlen(printed), line);
    if (*line)
        fail_set(why, FAIL_GARBAGE,
                 "no agent answered (status %d); the login printed: %s", status, line);
    else
        fail_set(why, FAIL_NO_AGENT, "no agent answered (status %d)", status);
}
