/* fetch_tool - one download by the node's own curl, or else its wget
 *
 * The agent is one static file and speaks no TLS; the node's own program does, and
 * knows the certificates that the site trusts.  The URL reaches it on its standard
 * input and the proxy in its environment: argv is everybody's to read.
 */
#ifndef NODE_AGENT_INSTALL_FETCH_TOOL_H
#define NODE_AGENT_INSTALL_FETCH_TOOL_H

#include <stdbool.h>

struct fail;

/* A server that says nothing for so long is given up. */
#define FETCH_TOOL_PATIENCE_S 30

struct fetch_tool {
    const char *url;
    const char *path; /* continued where it ends, where the server can        */
    unsigned patience_s;
    unsigned deadline_ms;
    void (*on_line)(void *arg, const char *line); /* as fetch_said has them   */
    bool (*go_on)(void *arg);                     /* as in exec.h             */
    void *arg;
};

/* "curl" or "wget", whichever is in PATH; NULL: neither. */
const char *fetch_tool_name(void);

/* 0: it says that the file is whole.  FAIL_DOWNLOAD: it ended otherwise; FAIL_NO_TOOL; else
 * as exec_run().
 */
int fetch_tool_run(const struct fetch_tool *f, struct fail *why);

#endif
