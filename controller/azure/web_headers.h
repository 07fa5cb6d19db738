/* web_headers - the headers of one answer (pure)
 *
 * Lines as they come from the network; what is no "Name: value" is passed over.  A new
 * status line begins anew, since only the last answer counts (after a 100, or a proxy's).
 */
#ifndef CONTROLLER_WEB_HEADERS_H
#define CONTROLLER_WEB_HEADERS_H

#include <stddef.h>

/* All zero is empty. */
struct web_headers {
    char *bytes; /* "Name\0value\0" after one another */
    size_t len_bytes, room_bytes;
};

/* -1: more than WEB_MAX_HEADER_BYTES, or no memory. */
int web_headers_add(struct web_headers *h, const char *line, size_t len_bytes);
const char *web_headers_get(const struct web_headers *h, const char *name, size_t nth);
void web_headers_clear(struct web_headers *h);

#endif
