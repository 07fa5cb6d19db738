#include "controller/openssh/complaint.h"

#include <string.h>

#include "protocol/character.h"
#include "protocol/fail.h"

/* Of a line of ssh's, for the words of a failure. */
#define LINE_BYTES 180

/* The first row that any line has counts, so what names the cause comes before what
 * merely follows from it.
 */
static const struct {
    const char *words;
    enum fail_code code;
} meanings[] = {
    {"Bad configuration option", FAIL_USAGE},
    {"Bad owner or permissions on", FAIL_USAGE},
    {"terminating, ", FAIL_USAGE}, /* "FILE: terminating, 1 bad configuration options" */
    {"Can't open user config file", FAIL_USAGE},
    {" line 0: ", FAIL_USAGE}, /* one of ours, which an old ssh does not know */
    {"Could not resolve hostname", FAIL_RESOLVE},
    {" was revoked and you have requested", FAIL_HOST_KEY_CHANGED},
    {" has changed and you have requested", FAIL_HOST_KEY_CHANGED},
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", FAIL_HOST_KEY_CHANGED},
    {" host key is known for ", FAIL_HOST_KEY_UNKNOWN},
    {"Host key verification failed", FAIL_HOST_KEY_UNKNOWN},
    {"Unable to negotiate with", FAIL_UNSUPPORTED},
    {"Too many authentication failures", FAIL_AUTH_REFUSED},
    {"Permission denied (", FAIL_AUTH_REFUSED},
    {"No supported authentication methods", FAIL_AUTH_REFUSED},
    {"timed out", FAIL_NO_ANSWER},
    {" exec: ", FAIL_CONNECT},         /* a shell has not found what ProxyCommand names */
    {": open failed: ", FAIL_CONNECT}, /* the jump host could not reach it */
    {"connect to host ", FAIL_CONNECT},
    {"kex_exchange_identification: Connection closed", FAIL_TURNED_AWAY},
    {"kex_exchange_identification: read: Connection reset", FAIL_TURNED_AWAY},
};

static const char *const losses[] = {
    "Connection to ", /* HOST closed by remote host. */
    "Connection reset by ",
    "Connection closed by ",
    "client_loop: send disconnect: ",
    "Timeout, server ", /* HOST not responding. */
    "Read from remote host ",
    "packet_write_wait: ",
    "Received disconnect from ",
    "Disconnected from ",
    "ssh_dispatch_run_fatal: ",
};

/* ---- lines ------------------------------------------------------------------------ */

/* The start of the line in which p stands. */
static const char *line_of(const char *words, const char *p)
{
    while (p > words && p[-1] != '\n')
        p--;
    return p;
}

static int line_length(const char *line)
{
    size_t len_bytes = strcspn(line, "\r\n");

    return character_cut(line, len_bytes < LINE_BYTES ? len_bytes : LINE_BYTES);
}

/* The last line that is not empty, or "". */
static const char *last_line(const char *words)
{
    const char *end = words + strlen(words);

    while (end > words && strchr("\r\n ", end[-1]))
        end--;
    return line_of(words, end);
}

/* ---- what they mean ---------------------------------------------------------------- */

static int explain_changed(const char *words, const char *line, struct fail *why)
{
    const char *key = strstr(words, "Offending "), *in = key ? strstr(key, " in ") : NULL;
    const char *print = strstr(words, "SHA256:");

    if (!in || in > key + strcspn(key, "\n"))
        return fail_set(why, FAIL_HOST_KEY_CHANGED, "ssh: %.*s", line_length(line), line);
    in += strlen(" in ");
    return fail_set(why, FAIL_HOST_KEY_CHANGED,
                    "its host key is not the one in %.*s; it shows %.*s. If it was "
                    "reinstalled, remove that line",
                    line_length(in), in, print ? (int)strcspn(print, ". \r\n") : 7,
                    print ? print : "another");
}

static int explain(const char *words, const char *line, enum fail_code code,
                   struct fail *why)
{
    if (code == FAIL_HOST_KEY_CHANGED)
        return explain_changed(words, line, why);
    if (code == FAIL_HOST_KEY_UNKNOWN)
        return fail_set(why, code,
                        "ssh: %.*s Compare it and add it (ssh-keyscan), or use "
                        "--host-keys accept-new",
                        line_length(line), line);
    return fail_set(why, code, "%s%.*s",
                    strncmp(line, "ssh: ", 5) == 0 ? "" : "ssh: ", line_length(line),
                    line);
}

int complaint_explain(const char *words, int status, struct fail *why)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const char *found = strstr(words, meanings[i].words);

        if (found)
            return explain(words, line_of(words, found), meanings[i].code, why);
    }
    if (line_length(last_line(words)) == 0)
        return fail_set(why, FAIL_HANDSHAKE,
                        "ssh ended with status %d and without a word", status);
    return explain(words, last_line(words), FAIL_HANDSHAKE, why);
}

bool complaint_is_loss(const char *words, struct fail *why)
{
    const char *line = last_line(words);

    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (strncmp(line, losses[i], strlen(losses[i])) == 0) {
            fail_set(why, FAIL_LINK_LOST, "ssh: %.*s", line_length(line), line);
            return true;
        }
    return false;
}
