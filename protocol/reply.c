#include "protocol/reply.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

/* Of the line before a chunk: its length and what few would ever add. */
#define CHUNK_LINE_MAX 256

struct head {
    size_t bytes; /* with the empty line */
    int status, retry_after_s;
    bool has_length, is_chunked;
    size_t length;
};

/* ---- lines -------------------------------------------------------------------------- */

/* A line without its end; false: it is not whole.  *next is where the following begins. */
static bool line_at(const char *bytes, size_t len, size_t at, size_t *line_len,
                    size_t *next)
{
    const char *end = at < len ? memchr(bytes + at, '\n', len - at) : NULL;

    if (!end)
        return false;
    *next = (size_t)(end - bytes) + 1;
    *line_len = *next - 1 - at;
    if (*line_len && end[-1] == '\r')
        --*line_len;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digit_of(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 16;
}

/* A number of digits only; what is beyond REPLY_MAX_BYTES is one more than that.  Returns
 * how many digits there are.
 */
static size_t number_of(const char *text, size_t len, int base, size_t *number)
{
    size_t i = 0;

    *number = 0;
    for (; i < len && digit_of(text[i]) < base; i++)
        if (*number <= REPLY_MAX_BYTES)
            *number = *number * (size_t)base + (size_t)digit_of(text[i]);
    if (*number > REPLY_MAX_BYTES)
        *number = REPLY_MAX_BYTES + 1;
    return i;
}

/* ---- the head ----------------------------------------------------------------------- */

/* "HTTP/1.1 200 OK": is this how it begins, as far as it has come? */
static bool begins_like_http(const char *bytes, size_t len)
{
    static const char start[] = "HTTP/1.";

    return memcmp(bytes, start, len < sizeof start - 1 ? len : sizeof start - 1) == 0;
}

static bool take_status(const char *line, size_t len, struct head *h)
{
    if (len < 12 || !begins_like_http(line, len) || !is_digit(line[7]) ||
        line[8] != ' ' || !is_digit(line[9]) || !is_digit(line[10]) ||
        !is_digit(line[11]) || (len > 12 && line[12] != ' '))
        return false;
    h->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
    return h->status >= 200 && h->status <= 599;
}

static bool is_header(const char *line, size_t name_len, const char *name)
{
    return name_len == strlen(name) && strncasecmp(line, name, name_len) == 0;
}

/* Said twice is well when it is the same. */
static bool take_length(const char *value, size_t len, struct head *h)
{
    size_t length;

    if (len == 0 || number_of(value, len, 10, &length) != len ||
        (h->has_length && h->length != length))
        return false;
    h->has_length = true;
    h->length = length;
    return true;
}

static bool take_coding(const char *value, size_t len, struct head *h)
{
    h->is_chunked = len == 7 && strncasecmp(value, "chunked", 7) == 0;
    return h->is_chunked;
}

/* A date is no reason to refuse the answer; we have no time for one anyway. */
static void take_pause(const char *value, size_t len, struct head *h)
{
    size_t seconds;

    if (len && number_of(value, len, 10, &seconds) == len)
        h->retry_after_s = (int)seconds;
}

static bool take_header(const char *line, size_t len, struct head *h)
{
    const char *colon = memchr(line, ':', len), *value;
    size_t name_len, value_len;

    if (!colon || colon == line || memchr(line, '\0', len))
        return false;
    name_len = (size_t)(colon - line);
    value = colon + 1;
    value_len = len - name_len - 1;
    for (; value_len && (*value == ' ' || *value == '\t'); value++)
        value_len--;
    while (value_len && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
        value_len--;
    if (is_header(line, name_len, "Content-Length"))
        return take_length(value, value_len, h);
    if (is_header(line, name_len, "Transfer-Encoding"))
        return take_coding(value, value_len, h);
    if (is_header(line, name_len, "Retry-After"))
        take_pause(value, value_len, h);
    return true;
}

static enum reply_state read_head(const char *bytes, size_t len, struct head *h)
{
    size_t at = 0, line_len, next;
    size_t most = len < REPLY_MAX_HEAD ? len : REPLY_MAX_HEAD;

    *h = (struct head){.retry_after_s = -1};
    if (!begins_like_http(bytes, len))
        return REPLY_GARBAGE;
    for (; line_at(bytes, most, at, &line_len, &next); at = next) {
        if (at && !line_len) {
            h->bytes = next;
            /* Two ways to say where it ends are one too many. */
            return h->is_chunked && h->has_length ? REPLY_GARBAGE : REPLY_WHOLE;
        }
        if (at ? !take_header(bytes + at, line_len, h) : !take_status(bytes, line_len, h))
            return REPLY_GARBAGE;
    }
    return len >= REPLY_MAX_HEAD ? REPLY_TOO_LARGE : REPLY_MORE;
}

/* ---- the body ----------------------------------------------------------------------- */

/* Behind a chunk's bytes there is the end of a line and nothing else. */
static enum reply_state skip_line_end(const char *bytes, size_t len, size_t *at)
{
    size_t line_len;

    if (line_at(bytes, len, *at, &line_len, at))
        return line_len ? REPLY_GARBAGE : REPLY_WHOLE;
    return len - *at > 1 || (*at < len && bytes[*at] != '\r') ? REPLY_GARBAGE
                                                              : REPLY_MORE;
}

/* What may follow the last chunk is of no interest, but it has to end. */
static enum reply_state skip_trailers(const char *bytes, size_t len, size_t at)
{
    size_t line_len;

    while (line_at(bytes, len, at, &line_len, &at))
        if (!line_len)
            return REPLY_WHOLE;
    return REPLY_MORE;
}

static enum reply_state read_chunk_line(const char *bytes, size_t len, size_t *at,
                                        size_t *chunk)
{
    size_t line_len, digits, next;

    if (!line_at(bytes, len, *at, &line_len, &next))
        return len - *at > CHUNK_LINE_MAX ? REPLY_GARBAGE : REPLY_MORE;
    digits = number_of(bytes + *at, line_len, 16, chunk);
    if (!digits || line_len > CHUNK_LINE_MAX ||
        (digits < line_len && !memchr("; \t", bytes[*at + digits], 3)))
        return REPLY_GARBAGE;
    *at = next;
    return *chunk > REPLY_MAX_BYTES ? REPLY_TOO_LARGE : REPLY_WHOLE;
}

/* Walk through the chunks from bytes on; join: move them together, which is done once all
 * are there.
 */
static enum reply_state walk_chunks(char *bytes, size_t len, bool join,
                                    size_t *body_bytes)
{
    size_t at = 0, chunk;
    enum reply_state state;

    for (*body_bytes = 0;; *body_bytes += chunk) {
        state = read_chunk_line(bytes, len, &at, &chunk);
        if (state != REPLY_WHOLE)
            return state;
        if (chunk == 0)
            return skip_trailers(bytes, len, at);
        if (chunk > len - at)
            return REPLY_MORE;
        if (join)
            memmove(bytes + *body_bytes, bytes + at, chunk);
        at += chunk;
        state = skip_line_end(bytes, len, &at);
        if (state != REPLY_WHOLE)
            return state;
    }
}

static enum reply_state read_body(char *bytes, size_t len, bool ended,
                                  const struct head *h, size_t *body_bytes)
{
    enum reply_state state;

    if (h->is_chunked) {
        state = walk_chunks(bytes, len, false, body_bytes);
        return state == REPLY_WHOLE ? walk_chunks(bytes, len, true, body_bytes) : state;
    }
    *body_bytes = h->has_length ? h->length : len;
    if (*body_bytes > REPLY_MAX_BYTES)
        return REPLY_TOO_LARGE;
    return (h->has_length ? len >= h->length : ended) ? REPLY_WHOLE : REPLY_MORE;
}

enum reply_state reply_read(char *bytes, size_t len_bytes, bool ended, struct reply *r)
{
    struct head h;
    size_t body_bytes = 0;
    enum reply_state state = read_head(bytes, len_bytes, &h);

    if (state == REPLY_WHOLE)
        state = read_body(bytes + h.bytes, len_bytes - h.bytes, ended, &h, &body_bytes);
    if (state == REPLY_MORE && len_bytes >= REPLY_MAX_BYTES)
        return REPLY_TOO_LARGE;
    if (state == REPLY_MORE && ended)
        return REPLY_CUT;
    if (state == REPLY_WHOLE)
        *r = (struct reply){h.status, h.retry_after_s, bytes + h.bytes, body_bytes};
    return state;
}
