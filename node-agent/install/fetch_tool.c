#include "node-agent/install/fetch_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "node-agent/install/exec.h"
#include "protocol/fail.h"

/* As curl has it by default, and more than any site needs. */
#define REDIRECTS "10"

#define NUMBER_BYTES 12

/* ---- which ------------------------------------------------------------------------- */

static bool is_in_path(const char *name)
{
    const char *folder = getenv("PATH");
    char file[512];

    while (folder && *folder) {
        int len = (int)strcspn(folder, ":");

        if (snprintf(file, sizeof file, "%.*s/%s", len, folder, name) <
                (int)sizeof file &&
            access(file, X_OK) == 0)
            return true;
        folder += len + (folder[len] == ':');
    }
    return false;
}

const char *fetch_tool_name(void)
{
    return is_in_path("curl") ? "curl" : is_in_path("wget") ? "wget" : NULL;
}

/* ---- how --------------------------------------------------------------------------- */

static int run(const struct fetch_tool *f, const char *const *argv, const char *input,
               struct fail *why)
{
    struct exec e = {.argv = argv,
                     .deadline_ms = f->deadline_ms,
                     .input = input,
                     .ends_with_us = true,
                     .on_line = f->on_line,
                     .go_on = f->go_on,
                     .arg = f->arg};
    int status;

    if (exec_run(&e, &status, why) < 0)
        return -1;
    return status == 0
               ? 0
               : fail_set(why, FAIL_DOWNLOAD, "%s ended with %d", argv[0], status);
}

/* No settings of the user's: they could undo any of these.  All of them were there
 * in 7.29, which is CentOS 7's.
 */
static int run_curl(const struct fetch_tool *f, struct fail *why)
{
    char patience[NUMBER_BYTES], input[EXEC_INPUT_MAX_BYTES];
    /* clang-format off */
    const char *const argv[] = {
        "curl", "-q", "--config", "-", "--globoff", "--silent", "--show-error", "--fail",
        "--proto", "=http,https", "--proto-redir", "=http,https",
        "--location", "--max-redirs", REDIRECTS, "--connect-timeout", patience,
        "--speed-limit", "1", "--speed-time", patience,
        "--dump-header", "-", "--continue-at", "-", "--output", f->path, NULL,
    };
    /* clang-format on */

    snprintf(patience, sizeof patience, "%u", f->patience_s);
    if (snprintf(input, sizeof input, "url = \"%s\"\n", f->url) >= (int)sizeof input)
        return fail_set(why, FAIL_BUG, "a URL that is too long");
    return run(f, argv, input, why);
}

/* As above; 1.14 is CentOS 7's. */
static int run_wget(const struct fetch_tool *f, struct fail *why)
{
    char patience[NUMBER_BYTES], timeout[NUMBER_BYTES + 12], input[EXEC_INPUT_MAX_BYTES];
    /* clang-format off */
    const char *const argv[] = {
        "wget", "--no-config", "--no-verbose", "--server-response", "--tries=1",
        "--max-redirect=" REDIRECTS, timeout, "--no-use-server-timestamps",
        "--continue", "-O", f->path, "-i", "-", NULL,
    };
    /* clang-format on */

    snprintf(patience, sizeof patience, "%u", f->patience_s);
    snprintf(timeout, sizeof timeout, "--timeout=%s", patience);
    if (snprintf(input, sizeof input, "%s\n", f->url) >= (int)sizeof input)
        return fail_set(why, FAIL_BUG, "a URL that is too long");
    return run(f, argv, input, why);
}

int fetch_tool_run(const struct fetch_tool *f, struct fail *why)
{
    const char *name = fetch_tool_name();

    if (!name)
        return fail_set(why, FAIL_NO_TOOL, "neither curl nor wget is on the node");
    return strcmp(name, "curl") == 0 ? run_curl(f, why) : run_wget(f, why);
}
