#include "controller/link/bootstrap.h"

#include <stdio.h>
#include <string.h>

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
    NOT_EXECUTABLE = 126, /* these two are the shell's own */
    NOT_FOUND = 127,
};

/* $1 sha256, $2 bytes, $3 system or own, $4 machine, $5 the agent's command.  What lies in the folder is used
 * only when it is ours and its digest is right; the newest few are kept, and what a
 * broken connection left half written goes after an hour.  A home may be shared by
 * all nodes, so others can be at work in the folder.
 */
static const char script[] =
    "umask 022; "
    "[ \"$4\" = - ] || [ \"$(uname -m)\" = \"$4\" ] || "
    "{ echo \"it is a $(uname -m) machine, the agent is for $4\" >&2; exit 86; }; "
    "if [ \"$3\" = system ]; then d=/var/lib/ibfleet/agent; "
    "else d=\"$HOME/.cache/ibfleet\"; fi; "
    "f=\"$d/ibfleet-agent-$1\"; "
    "if [ -f \"$f\" ] && [ -O \"$f\" ] && [ \"$(sha256sum <\"$f\")\" = \"$1  -\" ]; "
    "then :; else "
    "command -v sha256sum >/dev/null && command -v head >/dev/null || "
    "{ echo \"sha256sum or head is missing\" >&2; exit 85; }; "
    "mkdir -p \"$d\" || exit 81; "
    "[ -O \"$d\" ] && [ -O \"${d%/*}\" ] || { echo \"$d is not its own\" >&2; exit 81; "
    "}; "
    "t=$(mktemp \"$f.XXXXXX\") || exit 81; "
    "printf \"\\001ibfleet-need\\002\\n\"; "
    "head -c \"$2\" >\"$t\" && [ \"$(wc -c <\"$t\")\" -eq \"$2\" ] || "
    "{ rm -f \"$t\"; exit 82; }; "
    "[ \"$(sha256sum <\"$t\")\" = \"$1  -\" ] || { rm -f \"$t\"; exit 83; }; "
    "chmod 755 \"$t\" && mv -f \"$t\" \"$f\" || { rm -f \"$t\"; exit 84; }; "
    "ls -t \"$d\" | grep -x \"ibfleet-agent-[0-9a-f]*\" | tail -n +4 | "
    "while read -r o; do rm -f \"$d/$o\"; done; "
    "find \"$d\" -name \"ibfleet-agent-*.??????\" -mmin +60 -exec rm -f {} + "
    "2>/dev/null; "
    "fi; "
    "exec \"$f\" \"$5\"";

static const char *work_of(const struct bootstrap_agent *agent)
{
    return agent->work ? agent->work : "serve";
}

int bootstrap_command(const struct bootstrap_agent *agent, enum bootstrap_folder folder,
                      bool sudo, char **command, struct fail *why)
{
    int rc = asprintf(command, "%ssh -c '%s' ibfleet %s %zu %s %s %s",
                      sudo ? "sudo -n " : "", script, agent->sha256, agent->size_bytes,
                      folder == BOOTSTRAP_SYSTEM ? "system" : "own", agent->machine,
                      work_of(agent));

    return rc < 0 ? fail_memory(why) : 0;
}

int bootstrap_installed(const char *path, const struct bootstrap_agent *agent, bool sudo,
                        char **command, struct fail *why)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/._+-";

    if (*path != '/' || path[strspn(path, plain)])
        return fail_set(
            why, FAIL_FLEET_FILE,
            "agent = %s: an absolute path of letters, digits and /._+- is needed", path);
    if (asprintf(command, "%s%s %s", sudo ? "sudo -n " : "", path, work_of(agent)) < 0)
        return fail_memory(why);
    return 0;
}

int bootstrap_for(const struct fleet_node *node, const char *user, bool unprivileged,
                  const struct bootstrap_agent *agent, char **command, struct fail *why)
{
    bool is_root = user && strcmp(user, "root") == 0;
    bool sudo = !is_root && node->sudo && !unprivileged;
    bool own = !sudo && (!is_root || unprivileged);

    if (node->agent)
        return bootstrap_installed(node->agent, agent, sudo, command, why);
    return bootstrap_command(agent, own ? BOOTSTRAP_OWN : BOOTSTRAP_SYSTEM, sudo, command,
                             why);
}

bool bootstrap_is_needed(struct bootstrap_scan *scan, const char *bytes, size_t len_bytes)
{
    static const char marker[] = BOOTSTRAP_NEED;
    bool found = false;

    for (size_t i = 0; i < len_bytes; i++) {
        if (bytes[i] != marker[scan->matched]) /* its first character occurs once */
            scan->matched = 0;
        if (bytes[i] == marker[scan->matched])
            scan->matched++;
        if (scan->matched == sizeof marker - 1) {
            scan->matched = 0;
            found = true;
        }
    }
    return found;
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
    case OTHER_MACHINE:
        fail_set(why, FAIL_UNSUPPORTED, "%s", line);
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
