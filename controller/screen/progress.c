#include "controller/screen/progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/screen/color.h"
#include "controller/screen/cursor.h"
#include "controller/screen/progress_block.h"
#include "controller/screen/progress_view.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* At most ten redraws a second; lines ever more seldom, a log is read later. */
#define REDRAW_MS    100
#define LINES_MS     2000
#define LINES_MAX_MS 16000

/* Without changes the seconds still count. */
#define TICK_MS 1000

/* As plain lines, nothing new for so long: say that we are alive. */
#define HEARTBEAT_MS 30000

#define DEFAULT_WIDTH  80
#define DEFAULT_HEIGHT 24

enum display { DISPLAY_NONE, DISPLAY_LINES, DISPLAY_BLOCK };

struct progress {
    enum display display;
    int fd; /* stderr or stdout */
    struct progress_view view;
    bool changed;
    uint64_t drawn_ms;
    size_t drawn_lines; /* of the block on the screen */
    bool told;          /* lines: something has been said */
    uint64_t told_ms;
    bool color;
    uv_timer_t timer;
    uv_signal_t resized, stopping;
    unsigned open_handles;
};

/* ---- the block on the terminal ---------------------------------------------------- */

static void put(const struct progress *p, const struct text *text)
{
    if (p->fd == STDOUT_FILENO)
        screen_out(text);
    else
        screen_err(text);
}

static size_t terminal_width(const struct progress *p)
{
    size_t width = screen_width(p->fd);

    return width ? width : DEFAULT_WIDTH;
}

/* All of the block must be on the screen, or there is no way back to where it begins. */
static size_t lines_that_fit(const struct progress *p)
{
    size_t height = screen_height(p->fd);
    size_t most = PROGRESS_BLOCK_LINES + p->view.of->foot_lines;

    height = height ? height : DEFAULT_HEIGHT;
    return height < most ? height : most;
}

/* The cursor stays where the block begins.  So however a terminal wraps lines anew when it
 * changes its size, and whenever it tells us, the cursor is still where to draw; nothing
 * has to be counted but the lines just written, which do not wrap: autowrap is off.
 *
 * Line over line, so that nothing flickers, and never all of a screen in one go, which
 * some terminals keep in their scrollback.
 */
static void add_lines(struct progress *p, const char *block, struct text *text)
{
    size_t lines = 0;

    text_add(text, "\033[?7l\r");
    for (const char *end; (end = strchr(block, '\n')); block = end + 1) {
        text_add(text, "%s", lines++ ? "\n" : "");
        text_put(text, block, (size_t)(end - block));
        text_add(text, "\033[K");
    }
    text_add(text, "\033[J\033[?7h\r");
    if (lines > 1)
        text_add(text, "\033[%zuA", lines - 1);
    p->drawn_lines = lines;
}

static void add_erase(struct progress *p, struct text *text)
{
    text_add(text, "\r\033[K");
    if (p->drawn_lines > 1)
        text_add(text, "\n\033[J\033[A");
    p->drawn_lines = 0;
}

static size_t count_lines(const struct text *text)
{
    size_t lines = 0;

    for (const char *at = text_of(text); (at = strchr(at, '\n')); at++)
        lines++;
    return lines;
}

static void add_foot(const struct progress *p, size_t width, size_t max_lines,
                     struct text *block)
{
    CLEANUP(text_clear) struct text foot = {0};
    const char *line, *end;

    if (!p->view.of->foot || !max_lines)
        return;
    p->view.of->foot(p->view.of->arg, max_lines, &foot);
    for (line = text_of(&foot); max_lines-- && (end = strchr(line, '\n'));
         line = end + 1) {
        text_put(block, line,
                 utf8_fit(line, (size_t)(end - line), width ? width - 1 : 0));
        text_put(block, "\n", 1);
    }
}

static void redraw(struct progress *p, uint64_t now_ms)
{
    CLEANUP(text_clear) struct text frame = {0}, block = {0};
    size_t width = terminal_width(p), lines = lines_that_fit(p);

    cursor_hide(p->fd);
    progress_block_add(&p->view, now_ms, width, lines, p->color, &block);
    add_foot(p, width, lines - count_lines(&block), &block);
    add_lines(p, text_of(&block), &frame);
    put(p, &frame);
}

static void tell_changes(struct progress *p)
{
    CLEANUP(text_clear) struct text lines = {0};

    progress_view_changes(&p->view, &lines);
    p->told |= lines.len_bytes > 0;
    if (lines.len_bytes)
        p->told_ms = uv_now(p->timer.loop);
    put(p, &lines);
}

static void tell_heartbeat(struct progress *p)
{
    CLEANUP(text_clear) struct text line = {0};
    uint64_t now_ms = uv_now(p->timer.loop);

    if (now_ms - p->told_ms < HEARTBEAT_MS)
        return;
    progress_view_heartbeat(&p->view, now_ms, &line);
    put(p, &line);
    p->told_ms = now_ms;
}

static void on_redraw(uv_timer_t *timer)
{
    struct progress *p = timer->data;
    uint64_t now_ms = uv_now(timer->loop);

    if (!p->changed && now_ms - p->drawn_ms < TICK_MS)
        return;
    redraw(p, now_ms);
    p->changed = false;
    p->drawn_ms = now_ms;
}

static void on_lines(uv_timer_t *timer)
{
    struct progress *p = timer->data;
    uint64_t every_ms = 2 * uv_timer_get_repeat(timer);

    tell_changes(p);
    tell_heartbeat(p);
    uv_timer_set_repeat(timer, every_ms < LINES_MAX_MS ? every_ms : LINES_MAX_MS);
}

/* ---- what happens to a terminal ----------------------------------------------------- */

/* The next redraw, soon, is of the new size. */
static void on_resized(uv_signal_t *handle, int signum)
{
    struct progress *p = handle->data;

    (void)signum;
    p->changed = true;
}

/* Ctrl-Z: leave the terminal as a shell wants it, stop, and come back here. */
static void on_stopping(uv_signal_t *handle, int signum)
{
    struct progress *p = handle->data;

    progress_hide(p);
    cursor_show();
    uv_signal_stop(handle);
    signal(signum, SIG_DFL);
    raise(signum);
    uv_signal_start(handle, on_stopping, signum);
}

static void watch(struct progress *p, uv_signal_t *handle, uv_signal_cb hook, int signum)
{
    if (uv_signal_init(p->timer.loop, handle) < 0)
        return; /* the block is right without */
    handle->data = p;
    p->open_handles++;
    uv_unref((uv_handle_t *)handle);
    uv_signal_start(handle, hook, signum);
}

/* ---- life -------------------------------------------------------------------------- */

/* Somebody looks at it, and it can move its cursor. */
static bool is_for_eyes(int fd)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");

    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0 && !(ci && *ci);
}

static enum display display_of(const char *mode, int fd)
{
    if (!mode || strcmp(mode, "auto") == 0)
        return is_for_eyes(fd) ? DISPLAY_BLOCK : DISPLAY_LINES;
    if (strcmp(mode, "tty") == 0)
        return DISPLAY_BLOCK;
    return strcmp(mode, "plain") == 0 ? DISPLAY_LINES : DISPLAY_NONE;
}

static void begin_block(struct progress *p)
{
    uv_timer_start(&p->timer, on_redraw, REDRAW_MS, REDRAW_MS);
    watch(p, &p->resized, on_resized, SIGWINCH);
    watch(p, &p->stopping, on_stopping, SIGTSTP);
}

int progress_open(struct uv_loop_s *loop, const struct progress_options *options,
                  struct progress **p, struct fail *why)
{
    struct progress *made = calloc(1, sizeof *made);

    if (!made || progress_view_init(&made->view, options, uv_now(loop)) < 0) {
        if (made)
            progress_view_clear(&made->view);
        free(made);
        return fail_memory(why);
    }
    made->fd = options->on_stdout ? STDOUT_FILENO : STDERR_FILENO;
    made->display = display_of(options->mode, made->fd);
    made->color = color_wanted(made->fd);
    made->changed = true;
    made->drawn_ms = made->told_ms = uv_now(loop);
    made->timer.data = made;
    uv_timer_init(loop, &made->timer);
    made->open_handles = 1;
    if (made->display == DISPLAY_BLOCK)
        begin_block(made);
    else if (made->display == DISPLAY_LINES)
        uv_timer_start(&made->timer, on_lines, LINES_MS, LINES_MS);
    uv_unref((uv_handle_t *)&made->timer);
    *p = made;
    return 0;
}

bool progress_is_block(const struct progress *p)
{
    return p->display == DISPLAY_BLOCK;
}

void progress_set(struct progress *p, size_t item, size_t state)
{
    progress_view_set(&p->view, item, state, uv_now(p->timer.loop));
    p->changed = true;
}

/* What the clock of a loop cannot say any more was at its beginning. */
static uint64_t before(const struct progress *p, uint64_t ago_ms)
{
    uint64_t now_ms = uv_now(p->timer.loop);

    return ago_ms < now_ms ? now_ms - ago_ms : 0;
}

void progress_begun(struct progress *p, uint64_t ago_ms, bool from_now)
{
    progress_view_begun(&p->view, before(p, ago_ms), from_now);
    p->changed = true;
}

void progress_since(struct progress *p, size_t item, uint64_t ago_ms)
{
    p->view.since_ms[item] = before(p, ago_ms);
    p->changed = true;
}

void progress_part(struct progress *p, size_t item, const char *part, const char *heard)
{
    progress_view_part(&p->view, item, part, heard);
    p->changed = true;
}

void progress_work(struct progress *p, size_t done, size_t total, const char *unit)
{
    bool news = progress_view_work(&p->view, done, total, unit, uv_now(p->timer.loop));

    if (news && p->display == DISPLAY_LINES)
        progress_line(p, "%zu of %zu %s", done, total, unit);
    p->changed = true;
}

void progress_hide(struct progress *p)
{
    CLEANUP(text_clear) struct text frame = {0};

    if (!p->drawn_lines)
        return;
    add_erase(p, &frame);
    put(p, &frame);
    p->changed = true;
}

void progress_line(struct progress *p, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    progress_hide(p);
    p->told_ms = uv_now(p->timer.loop);
    screen_warn("%s", line);
}

void progress_text(struct progress *p, const struct text *text)
{
    progress_hide(p);
    p->told_ms = uv_now(p->timer.loop);
    put(p, text);
}

static void on_closed(uv_handle_t *handle)
{
    struct progress *p = handle->data;

    if (--p->open_handles)
        return;
    progress_view_clear(&p->view);
    free(p);
}

/* Of lines, none was ever opened. */
static void unwatch(uv_signal_t *handle)
{
    if (handle->data)
        uv_close((uv_handle_t *)handle, on_closed);
}

void progress_close(struct progress *p)
{
    if (!p)
        return;
    progress_hide(p);
    cursor_show();
    if (p->told)
        tell_changes(p);
    uv_close((uv_handle_t *)&p->timer, on_closed);
    unwatch(&p->resized);
    unwatch(&p->stopping);
}
