/* One request: what libcurl is told about it, what comes back, and why it did not. */
#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/azure/cloud.h"
#include "controller/azure/throttle.h"
#include "controller/azure/web.h"
#include "controller/azure/web_call.h"
#include "controller/azure/web_headers.h"
#include "protocol/fail.h"

struct web_call {
    struct web *web;
    struct web_call *next, **link; /* in the list of those under way */
    CURL *easy;
    struct curl_slist *lines;
    char *sent; /* the body, ours */
    size_t sent_bytes;
    char *body; /* the answer's */
    size_t len_bytes, room_bytes, max_bytes;
    struct web_headers headers;
    bool is_too_large, has_no_memory;
    uint64_t deadline_ms;
    web_done *done;
    void *arg;
    char host[128];
    char said[CURL_ERROR_SIZE];
};

/* ---- what comes ---------------------------------------------------------------------------- */

static size_t keep_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct web_call *call = arg;
    size_t room_bytes = call->room_bytes ? call->room_bytes : 16384;
    char *more;

    (void)one; /* always 1 */
    if (n > call->max_bytes - call->len_bytes) {
        call->is_too_large = true;
        return 0;
    }
    while (room_bytes < call->len_bytes + n + 1)
        room_bytes *= 2;
    if (room_bytes != call->room_bytes) {
        more = realloc(call->body, room_bytes);
        if (!more) {
            call->has_no_memory = true;
            return 0;
        }
        call->body = more;
        call->room_bytes = room_bytes;
    }
    memcpy(call->body + call->len_bytes, bytes, n);
    call->len_bytes += n;
    call->body[call->len_bytes] = '\0';
    return n;
}

static size_t keep_header(char *line, size_t one, size_t n, void *arg)
{
    struct web_call *call = arg;

    (void)one;
    if (web_headers_add(&call->headers, line, n) == 0)
        return n;
    call->is_too_large = true;
    return 0;
}

/* ---- what is asked --------------------------------------------------------------------------- */

/* Request headers carry a bearer, bodies a secret: they do not stay in freed memory. */
static void wipe_lines(struct curl_slist *lines)
{
    for (struct curl_slist *l = lines; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data));
    curl_slist_free_all(lines);
}

static void free_call(struct web_call *call)
{
    if (call->easy)
        curl_easy_cleanup(call->easy);
    wipe_lines(call->lines);
    if (call->sent)
        explicit_bzero(call->sent, call->sent_bytes);
    if (call->body)
        explicit_bzero(call->body, call->len_bytes);
    free(call->sent);
    free(call->body);
    web_headers_clear(&call->headers);
    free(call);
}

static int add_line(struct web_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->lines, line);

    if (!longer)
        return -1;
    call->lines = longer;
    return 0;
}

/* "Expect:" would cost a round trip before each body; and nothing is no form, which is
 * what libcurl calls a POST without a body.
 */
static int add_lines(struct web_call *call, const struct web_request *ask)
{
    const char *const *lines = ask->headers;

    if (add_line(call, "Expect:") < 0 ||
        (!ask->body && add_line(call, "Content-Type:") < 0))
        return -1;
    for (; lines && *lines; lines++)
        if (add_line(call, *lines) < 0)
            return -1;
    return 0;
}

static int copy_body(struct web_call *call, const struct web_request *ask)
{
    if (!ask->body)
        return 0;
    call->sent = malloc(ask->body_bytes + 1);
    if (!call->sent)
        return -1;
    memcpy(call->sent, ask->body, ask->body_bytes);
    call->sent[ask->body_bytes] = '\0';
    call->sent_bytes = ask->body_bytes;
    return 0;
}

/* The host for sentences; an URL itself may carry what nobody should read. */
static void note_host(struct web_call *call, const char *url)
{
    const char *at = strstr(url, "://");
    size_t len = at ? strcspn(at + 3, "/?#") : 0;

    if (len >= sizeof call->host)
        len = sizeof call->host - 1;
    if (at)
        memcpy(call->host, at + 3, len);
}

static CURLcode set_body(struct web_call *call, const struct web_request *ask)
{
    CURLcode bad = curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, ask->method);

    if (strcmp(ask->method, "GET") == 0 && !ask->body)
        return bad;
    if (strcmp(ask->method, "DELETE") == 0 && !ask->body)
        return bad;
    bad |= curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)call->sent_bytes);
    return bad |
           curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->sent ? call->sent : "");
}

/* That peer and host are verified is libcurl's default; it is said here so that nothing
 * can have it otherwise.
 */
static CURLcode set_trust(struct web_call *call, const struct web_request *ask)
{
    bool is_direct = ask->is_direct || cloud_is_loopback(ask->url);
    const char *bundle = web_ca_bundle(call->web);
    CURLcode bad = curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYPEER, 1L);

    bad |= curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(call->easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (bundle)
        bad |= curl_easy_setopt(call->easy, CURLOPT_CAINFO, bundle);
    if (bundle)
        bad |= curl_easy_setopt(call->easy, CURLOPT_CAPATH, NULL);
    bad |= curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR,
                            is_direct ? "http,https" : "https");
    if (is_direct)
        bad |= curl_easy_setopt(call->easy, CURLOPT_NOPROXY, "*");
    return bad | curl_easy_setopt(call->easy, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
}

static CURLcode set_limits(struct web_call *call, const struct web_request *ask)
{
    uint64_t connect_ms = ask->connect_ms ? ask->connect_ms : WEB_CONNECT_MS;
    CURLcode bad = curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);

    bad |= curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)ask->deadline_ms);
    bad |= curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    bad |= curl_easy_setopt(call->easy, CURLOPT_MAXFILESIZE_LARGE,
                            (curl_off_t)ask->max_bytes);
    bad |= curl_easy_setopt(call->easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    /* A kept connection may have died; on a new one libcurl sends nothing twice. */
    bad |= curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, (long)ask->is_for_once);
    return bad | curl_easy_setopt(call->easy, CURLOPT_QUICK_EXIT, 1L);
}

static CURLcode set_ears(struct web_call *call)
{
    CURLcode bad = curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, keep_body);

    bad |= curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    bad |= curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, keep_header);
    bad |= curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    bad |= curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->said);
    bad |= curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->lines);
    bad |= curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    bad |= curl_easy_setopt(call->easy, CURLOPT_USERAGENT, "ibfleet/" IBFLEET_VERSION);
    return bad | curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
}

static int prepare(struct web_call *call, const struct web_request *ask, struct fail *why)
{
    call->easy = curl_easy_init();
    if (!call->easy || add_lines(call, ask) < 0 || copy_body(call, ask) < 0)
        return fail_memory(why);
    if (curl_easy_setopt(call->easy, CURLOPT_URL, ask->url) || set_body(call, ask) ||
        set_trust(call, ask) || set_limits(call, ask) || set_ears(call))
        return fail_memory(why);
    return 0;
}

static int check_url(const struct web_request *ask, struct fail *why)
{
    if (strncmp(ask->url, "https://", 8) == 0 ||
        (ask->is_direct && strncmp(ask->url, "http://", 7) == 0) ||
        cloud_is_loopback(ask->url))
        return 0;
    return fail_set(why, FAIL_USAGE, "'%.100s' is not https: nothing is sent there",
                    ask->url);
}

static void enlist(struct web_call *call)
{
    struct web_call **head = web_calls(call->web);

    call->next = *head;
    call->link = head;
    if (call->next)
        call->next->link = &call->next;
    *head = call;
}

static void drop(struct web_call *call)
{
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    curl_multi_remove_handle(web_multi(call->web), call->easy);
}

struct web_call *web_ask(struct web *w, const struct web_request *ask, web_done *done,
                         void *arg, struct fail *why)
{
    struct web_call *call;

    assert(ask->deadline_ms > 0 && ask->max_bytes > 0);
    if (check_url(ask, why) < 0)
        return NULL;
    call = calloc(1, sizeof *call);
    if (!call) {
        fail_memory(why);
        return NULL;
    }
    *call = (struct web_call){.web = w,
                              .done = done,
                              .arg = arg,
                              .max_bytes = ask->max_bytes,
                              .deadline_ms = ask->deadline_ms};
    note_host(call, ask->url);
    if (prepare(call, ask, why) < 0) {
        free_call(call);
        return NULL;
    }
    if (curl_multi_add_handle(web_multi(w), call->easy) != CURLM_OK) {
        free_call(call);
        fail_memory(why);
        return NULL;
    }
    enlist(call);
    return call;
}

void web_cancel(struct web_call *call)
{
    drop(call);
    free_call(call);
}

/* ---- what has come of it ----------------------------------------------------------------------- */

struct web_call *web_call_of(void *easy)
{
    char *call = NULL;

    curl_easy_getinfo((CURL *)easy, CURLINFO_PRIVATE, &call);
    return (struct web_call *)(void *)call;
}

static bool is_about_trust(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION ||
           result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_INVALIDCERTSTATUS;
}

static int tell(const struct web_call *call, CURLcode result, struct fail *why)
{
    const char *said = *call->said ? call->said : curl_easy_strerror(result);

    if (call->has_no_memory || result == CURLE_OUT_OF_MEMORY)
        return fail_memory(why);
    if (call->is_too_large || result == CURLE_FILESIZE_EXCEEDED)
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "%s: its answer is larger than the %zu KiB that are allowed",
                        call->host, call->max_bytes >> 10);
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return fail_set(why, FAIL_USAGE, "%s: %s", call->host, said);
    if (is_about_trust(result))
        return fail_set(why, FAIL_AZURE_TRUST, "%s: %s", call->host, said);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return fail_set(why, FAIL_AZURE_UNREACHABLE, "%s: no whole answer within %g s",
                        call->host, (double)call->deadline_ms / 1000);
    return fail_set(why, FAIL_AZURE_UNREACHABLE, "%s: %s", call->host, said);
}

/* Once libcurl stands before its first byte, the server may have got it. */
static bool was_sent(const struct web_call *call)
{
    curl_off_t before_us = 0;

    curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &before_us);
    return before_us > 0;
}

void web_call_end(struct web_call *call, int result)
{
    struct web_answer answer = {.body = "", .headers = &call->headers};
    struct fail why;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.was_sent = was_sent(call);
    drop(call);
    if (result == CURLE_OK) {
        answer.status = (int)status;
        answer.len_bytes = call->len_bytes;
        answer.body = call->body ? call->body : "";
    } else {
        tell(call, (CURLcode)result, &why);
        answer.why = &why;
    }
    call->done(call->arg, &answer);
    free_call(call);
}

const char *web_header(const struct web_answer *answer, const char *name, size_t nth)
{
    return web_headers_get(answer->headers, name, nth);
}

int64_t web_retry_after_ms(const struct web_answer *answer)
{
    const char *said = answer->why ? NULL : web_header(answer, "Retry-After", 0);

    return said ? throttle_retry_after_ms(said, (int64_t)time(NULL)) : -1;
}
