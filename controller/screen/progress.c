#include "controller/screen/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/screen/color.h"
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

#define BLOCK_LINES   3
#define DEFAULT_WIDTH 80

enum display { DISPLAY_NONE, DISPLAY_LINES, DISPLAY_BLOCK };

struct progress {
    enum display display;
    struct progress_view view;
    bool changed;
    uint64_t drawn_ms;
    size_t drawn_columns[BLOCK_LINES]; /* of the block on the screen */
    size_t drawn_lines;
    bool told; /* lines: something has been said */
    bool color;
    uv_timer_t timer;
};

/* ---- the block on the terminal ---------------------------------------------------- */

static size_t terminal_width(void)
{
    size_t width = screen_width(STDERR_FILENO);

    return width ? width : DEFAULT_WIDTH;
}

/* The terminal may have become narrower and wrapped what was drawn. */
static size_t rows_taken(const struct progress *p, size_t width)
{
    size_t rows = 0;

    for (size_t i = 0; i < p->drawn_lines; i++)
        rows += p->drawn_columns[i] ? (p->drawn_columns[i] - 1) / width + 1 : 1;
    return rows;
}

static void add_erase(struct progress *p, struct text *text)
{
    size_t rows = rows_taken(p, terminal_width());

    if (rows)
        text_add(text, "\r\033[%zuA\033[J", rows);
    p->drawn_lines = 0;
}

/* Colours take no columns, and no line is as wide as the terminal. */
static void remember_lines(struct progress *p, const char *block, size_t width)
{
    for (const char *end; (end = strchr(block, '\n')); block = end + 1) {
        size_t columns = utf8_columns(block, (size_t)(end - block));

        p->drawn_columns[p->drawn_lines++] = columns < width ? columns : width - 1;
    }
}

static void redraw(struct progress *p, uint64_t now_ms)
{
    CLEANUP(text_clear) struct text frame = {0}, block = {0};
    size_t width = terminal_width();

    progress_view_block(&p->view, now_ms, width, BLOCK_LINES, p->color, &block);
    add_erase(p, &frame);
    text_put(&frame, text_of(&block), block.len_bytes);
    remember_lines(p, text_of(&block), width);
    screen_err(&frame);
}

static void tell_changes(struct progress *p)
{
    CLEANUP(text_clear) struct text lines = {0};

    progress_view_changes(&p->view, &lines);
    p->told |= lines.len_bytes > 0;
    screen_err(&lines);
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
    uv_timer_set_repeat(timer, every_ms < LINES_MAX_MS ? every_ms : LINES_MAX_MS);
}

/* ---- life -------------------------------------------------------------------------- */

static enum display display_of(const char *mode)
{
    const char *term = getenv("TERM");

    if (!mode || strcmp(mode, "auto") == 0)
        return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 ? DISPLAY_BLOCK
                                                                          : DISPLAY_LINES;
    if (strcmp(mode, "tty") == 0)
        return DISPLAY_BLOCK;
    return strcmp(mode, "plain") == 0 ? DISPLAY_LINES : DISPLAY_NONE;
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
    made->display = display_of(options->mode);
    made->color = color_wanted(STDERR_FILENO);
    made->changed = true;
    made->drawn_ms = uv_now(loop);
    made->timer.data = made;
    uv_timer_init(loop, &made->timer);
    if (made->display == DISPLAY_BLOCK)
        uv_timer_start(&made->timer, on_redraw, REDRAW_MS, REDRAW_MS);
    else if (made->display == DISPLAY_LINES)
        uv_timer_start(&made->timer, on_lines, LINES_MS, LINES_MS);
    uv_unref((uv_handle_t *)&made->timer);
    *p = made;
    return 0;
}

void progress_set(struct progress *p, size_t item, size_t state)
{
    progress_view_set(&p->view, item, state, uv_now(p->timer.loop));
    p->changed = true;
}

void progress_work(struct progress *p, size_t done, size_t total, const char *unit)
{
    bool news = progress_view_work(&p->view, done, total, unit);

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
    screen_err(&frame);
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
    screen_warn("%s", line);
}

static void on_closed(uv_handle_t *handle)
{
    struct progress *p = handle->data;

    progress_view_clear(&p->view);
    free(p);
}

void progress_close(struct progress *p)
{
    if (!p)
        return;
    progress_hide(p);
    if (p->told)
        tell_changes(p);
    uv_close((uv_handle_t *)&p->timer, on_closed);
}
