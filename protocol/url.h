/* url - is this a URL of http or https, and how is it shown
 *
 * Only what a person may see of one is told: neither user:password nor a query, which may
 * be a token.  Nothing is resolved or fetched.  Pure.
 */
#ifndef PROTOCOL_URL_H
#define PROTOCOL_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Longer ones are no URLs here. */
#define URL_MAX_BYTES 1024

/* http://HOST... or https://HOST..., of the characters that RFC 3986 allows. */
bool url_is_right(const char *url);

/* "https://host/a/b.tgz" of "https://user:password@host/a/b.tgz?sig=1", into text of
 * size bytes, cut where it does not fit.  Of what is no URL, "(not a URL)".  Returns text.
 */
const char *url_show(const char *url, char *text, size_t size);

#endif
