#include "protocol/frame.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

#define HEADER_BYTES 4

/* Kept of what a login prints before the marker, for the error text. */
#define NOISE_LINE_BYTES 120

struct frame_reader {
    unsigned char *bytes; /* from `start` to `end` is not handed out yet */
    size_t start, end, room;

    bool started;                /* the marker was seen, or none is awaited       */
    size_t matched;              /* of the marker                                 */
    size_t noise_bytes;          /* passed over so far                            */
    char line[NOISE_LINE_BYTES]; /* the last line of it that says anything   */
    size_t line_bytes;
    bool line_ended;
};

struct frame_reader *frame_reader_new(bool awaits_marker)
{
    struct frame_reader *r = calloc(1, sizeof *r);

    if (r)
        r->started = !awaits_marker;
    return r;
}

void frame_reader_free(struct frame_reader *r)
{
    if (r)
        free(r->bytes);
    free(r);
}

bool frame_started(const struct frame_reader *r)
{
    return r->started;
}

const char *frame_noise(const struct frame_reader *r)
{
    return r->line;
}

/* ---- before the marker --------------------------------------------------------- */

static void note_noise(struct frame_reader *r, char c)
{
    if (c == '\n' || c == '\r') {
        r->line_ended = true;
        return;
    }
    if (r->line_ended) {
        r->line_ended = false;
        r->line_bytes = 0;
    }
    if (r->line_bytes + 1 < sizeof r->line)
        r->line[r->line_bytes++] = c;
    r->line[r->line_bytes] = '\0';
}

/* One byte against the marker.  Its first character occurs in it only once, so a
 * mismatch can only begin anew with this very byte.
 */
static void match(struct frame_reader *r, char c)
{
    static const char marker[] = FRAME_MARKER;

    if (c != marker[r->matched])
        r->matched = 0;
    if (c == marker[r->matched])
        r->matched++;
    else
        note_noise(r, c);
    r->started = r->matched == sizeof marker - 1;
}

/* Pass over noise.  Returns how many of the bytes are used up. */
static size_t seek_marker(struct frame_reader *r, const char *bytes, size_t len_bytes)
{
    size_t used = 0;

    while (used < len_bytes && !r->started)
        match(r, bytes[used++]);
    r->noise_bytes += used;
    return used;
}

/* ---- messages ------------------------------------------------------------------ */

static size_t announced_bytes(const unsigned char *header)
{
    return (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 |
           (size_t)header[3];
}

static size_t waiting(const struct frame_reader *r)
{
    return r->end - r->start;
}

/* Is the length at the start of what waits one that we take? */
static int check_header(const struct frame_reader *r, struct fail *why)
{
    size_t announced;

    if (waiting(r) < HEADER_BYTES)
        return 0;
    announced = announced_bytes(r->bytes + r->start);
    if (announced == 0 || announced > FRAME_MAX_BYTES)
        return fail_set(why, FAIL_GARBAGE,
                        "a frame of %zu bytes was announced; 1 to %zu are possible",
                        announced, FRAME_MAX_BYTES);
    return 0;
}

/* Room for more bytes behind `end`; what was handed out is forgotten first. */
static int make_room(struct frame_reader *r, size_t more, struct fail *why)
{
    unsigned char *grown;
    size_t need, room = r->room ? r->room : 4096;

    if (r->start > 0) {
        memmove(r->bytes, r->bytes + r->start, waiting(r));
        r->end -= r->start;
        r->start = 0;
    }
    need = r->end + more;
    while (room < need)
        room *= 2;
    if (room == r->room)
        return 0;
    grown = realloc(r->bytes, room);
    if (!grown)
        return fail_memory(why);
    r->bytes = grown;
    r->room = room;
    return 0;
}

int frame_push(struct frame_reader *r, const void *bytes, size_t len_bytes,
               struct fail *why)
{
    const char *from = bytes;

    if (!r->started) {
        size_t used = seek_marker(r, from, len_bytes);

        if (!r->started && r->noise_bytes > FRAME_NOISE_MAX_BYTES)
            return fail_set(why, FAIL_FLOOD,
                            "the login printed over %zu bytes and no agent answered: %s",
                            FRAME_NOISE_MAX_BYTES, r->line);
        from += used;
        len_bytes -= used;
    }
    if (len_bytes == 0)
        return check_header(r, why);
    if (make_room(r, len_bytes, why) < 0)
        return -1;
    memcpy(r->bytes + r->end, from, len_bytes);
    r->end += len_bytes;
    return check_header(r, why);
}

const char *frame_next(struct frame_reader *r, size_t *len_bytes)
{
    const unsigned char *header;
    size_t len;

    /* A bad length behind a good message is left for the next push to refuse,
     * which may be one of nothing.
     */
    if (waiting(r) < HEADER_BYTES || check_header(r, NULL) < 0)
        return NULL;
    header = r->bytes + r->start;
    len = announced_bytes(header);
    if (waiting(r) < HEADER_BYTES + len)
        return NULL;
    r->start += HEADER_BYTES + len;
    *len_bytes = len;
    return (const char *)header + HEADER_BYTES;
}

bool frame_is_cut(const struct frame_reader *r)
{
    return waiting(r) > 0;
}

int frame_encode(const char *text, size_t len_bytes, unsigned char **frame,
                 size_t *frame_bytes, struct fail *why)
{
    unsigned char *made;

    if (len_bytes == 0 || len_bytes > FRAME_MAX_BYTES)
        return fail_set(why, FAIL_BUG, "a message of %zu bytes does not fit a frame",
                        len_bytes);
    made = malloc(HEADER_BYTES + len_bytes);
    if (!made)
        return fail_memory(why);
    for (int i = 0; i < HEADER_BYTES; i++)
        made[i] = (unsigned char)(len_bytes >> (8 * (HEADER_BYTES - 1 - i)));
    memcpy(made + HEADER_BYTES, text, len_bytes);
    *frame = made;
    *frame_bytes = HEADER_BYTES + len_bytes;
    return 0;
}
