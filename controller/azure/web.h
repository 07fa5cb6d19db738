/* web - one HTTP request at a time, on the loop, through libcurl
 *
 * It knows nothing of Azure.  Connections are kept and few; redirects are not followed;
 * a server's certificate is always verified.  Proxies are those of curl's usual variables
 * (https_proxy, no_proxy, ...), but for a request that is direct.
 *
 *     struct web_request ask = {.method = "GET", .url = url, .deadline_ms = 30000,
 *                               .max_bytes = 1 << 20};
 *
 *     if (!web_ask(w, &ask, on_answer, call, &why))
 *         ...
 */
#ifndef CONTROLLER_WEB_H
#define CONTROLLER_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct uv_loop_s;
struct web;
struct web_call;

#define WEB_MAX_PER_HOST     8                   /* connections at once       */
#define WEB_CONNECT_MS       15000               /* unless the request says   */
#define WEB_MAX_HEADER_BYTES ((size_t)128 << 10) /* all headers of one answer */

/* ca_bundle: a file of certificates beside which none is trusted; NULL: the system's.
 * -1: FAIL_USAGE when that file cannot be read, FAIL_MEMORY.
 */
int web_open(struct uv_loop_s *loop, const char *ca_bundle, struct web **w,
             struct fail *why);

/* What is under way is dropped without an answer.  closed may be NULL; it comes once,
 * later.
 */
void web_close(struct web *w, void (*closed)(void *arg), void *arg);

/* All is borrowed until web_ask() has returned. */
struct web_request {
    const char *method, *url;
    const char *const *headers; /* "Name: value", ended by NULL; NULL: none    */
    const char *body;           /* NULL: none                                  */
    size_t body_bytes;
    uint64_t deadline_ms; /* for all of it, 1 or more                        */
    uint64_t connect_ms;  /* of that until it is connected; 0: WEB_CONNECT_MS */
    size_t max_bytes;     /* of the answer, unpacked                         */
    bool is_direct;       /* through no proxy, and http:// is allowed        */
    bool is_for_once;     /* never sent a second time, not even by libcurl   */
};

struct web_answer {
    int status;       /* 0: there was none, and why says so                */
    const char *body; /* a NUL follows; never NULL                         */
    size_t len_bytes;
    const struct fail *why; /* NULL: a whole answer came, whatever its status */
    bool was_sent; /* without an answer: the server may have acted nevertheless */
    const struct web_headers *headers;
};

/* Borrowed by the callback until it returns; it may call anything here. */
typedef void web_done(void *arg, const struct web_answer *answer);

/* NULL: nothing was sent and done will not be called.  FAIL_USAGE: an URL that is none or
 * not https; FAIL_MEMORY.
 */
struct web_call *web_ask(struct web *w, const struct web_request *ask, web_done *done,
                         void *arg, struct fail *why);

/* Before done was called: it will not be. */
void web_cancel(struct web_call *call);

/* How long the server says to wait (Retry-After); -1: it does not, or in no words of HTTP's. */
int64_t web_retry_after_ms(const struct web_answer *answer);

/* The nth header of that name, from 0, in whatever case; NULL: there are no more. */
const char *web_header(const struct web_answer *answer, const char *name, size_t nth);

#endif
