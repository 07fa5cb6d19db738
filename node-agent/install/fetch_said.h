/* fetch_said - what curl or wget said of a download, for people and for the next try
 *
 * It takes the lines that both print: the heads of the answers (curl -D -, wget -S) and
 * their complaints.  No URL of theirs is kept: what follows its host may be a secret
 * (a SAS token).  Pure.
 *
 *     struct fetch_said said;
 *
 *     fetch_said_begin(&said);
 *     fetch_said_line(&said, line);      for each
 */
#ifndef NODE_AGENT_INSTALL_FETCH_SAID_H
#define NODE_AGENT_INSTALL_FETCH_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_SAID_COMPLAINT_BYTES 100

/* Longer names are cut; DNS knows at most 253. */
#define FETCH_SAID_HOST_BYTES 72

struct fetch_said {
    int status;          /* of the last answer; 0: there was none              */
    int64_t total_bytes; /* of the whole file, as that answer has it; -1       */
    int retry_after_s;   /* the server's wish; -1                              */
    char complaint[FETCH_SAID_COMPLAINT_BYTES]; /* the first one, or ""        */
};

void fetch_said_begin(struct fetch_said *s);
void fetch_said_line(struct fetch_said *s, const char *line);

/* Another try would hear the same: 404 and the like, a certificate, a circle of
 * redirects.  A server's bad day (5xx), its haste (429) and a network's are not.
 */
bool fetch_said_is_final(const struct fetch_said *s);

/* "404, not found", else the complaint, else "": why there is no file. */
void fetch_said_reason(const struct fetch_said *s, char *text, size_t size);

/* "mirror.example:8080" of a URL: all of it that may be told. */
void fetch_said_host(const char *url, char host[FETCH_SAID_HOST_BYTES]);

#endif
