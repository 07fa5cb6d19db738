#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "controller/outside/metrics_file.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"

static uv_loop_t loop;
static struct metrics_file *file;
static int renders, failures, closes;
static struct fail last;
static char folder[] = "/tmp/ibfleet-metrics.XXXXXX", path[64], beside[80];

static void render(void *arg, struct text *text)
{
    assert_ptr_equal(arg, &renders);
    text_add(text, "version %d\n", ++renders);
}

static void on_failed(void *arg, const struct fail *why)
{
    assert_ptr_equal(arg, &renders);
    assert_int_equal(closes, 0);
    failures++;
    last = *why;
}

static void on_closed(void *arg)
{
    assert_ptr_equal(arg, &closes);
    closes++;
}

static const struct metrics_file_hooks hooks = {.render = render, .failed = on_failed};

static void begin(void)
{
    struct fail why;

    renders = failures = closes = 0;
    uv_loop_init(&loop);
    if (metrics_file_open(&loop, path, &hooks, &renders, &file, &why) < 0)
        fail_msg("%s", why.text);
}

static void finish(void)
{
    metrics_file_close(file, on_closed, &closes);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static const char *content(void)
{
    static char text[100];
    FILE *f = fopen(path, "r");

    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* Until the file says so; a second's pause may be in between. */
static void run_until(const char *text)
{
    uint64_t end_ms = uv_now(&loop) + 20000;

    while (strcmp(content(), text) != 0) {
        assert_true(uv_now(&loop) < end_ms);
        assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
    }
}

static void the_end_is_always_written(void **state)
{
    (void)state;
    begin();
    finish();
    assert_string_equal(content(), "version 1\n");
    begin();
    metrics_file_touch(file); /* and nothing runs before the end */
    finish();
    assert_string_equal(content(), "version 1\n");
    assert_int_equal(access(beside, F_OK), -1);
}

static void many_changes_are_one_file(void **state)
{
    (void)state;
    unlink(path);
    begin();
    for (int i = 0; i < 1000; i++)
        metrics_file_touch(file);
    run_until("version 1\n");
    for (int i = 0; i < 1000; i++)
        metrics_file_touch(file);
    assert_int_equal(renders, 1);
    run_until("version 2\n");
    finish();
    assert_string_equal(content(), "version 3\n");
}

/* Between two there is a second, however often something changes. */
static void it_is_not_written_more_often_than_once_a_second(void **state)
{
    uint64_t began_ms;

    (void)state;
    unlink(path);
    begin();
    began_ms = uv_now(&loop);
    for (int n = 1; n <= 3; n++) {
        char text[20];

        snprintf(text, sizeof text, "version %d\n", n);
        metrics_file_touch(file);
        run_until(text);
    }
    assert_true(uv_now(&loop) - began_ms >= 2 * METRICS_FILE_MS);
    finish();
}

/* The last one is told while another is under way. */
static void the_last_text_is_the_last_file(void **state)
{
    (void)state;
    begin();
    metrics_file_touch(file);
    while (!renders)
        uv_run(&loop, UV_RUN_NOWAIT);
    finish();
    assert_string_equal(content(), "version 2\n");
}

/* Whoever has begun to read goes on with what he has. */
static void a_reader_has_a_whole_one(void **state)
{
    char text[40] = "";
    int fd;

    (void)state;
    begin();
    metrics_file_touch(file);
    run_until("version 1\n");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    finish();
    assert_string_equal(content(), "version 2\n");
    assert_int_equal(read(fd, text, sizeof text - 1), strlen("version 1\n"));
    assert_string_equal(text, "version 1\n");
    close(fd);
}

static void others_may_read_it_whatever_the_umask(void **state)
{
    mode_t usual = umask(077);
    struct stat st;

    (void)state;
    unlink(path);
    begin();
    finish();
    umask(usual);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

static void what_cannot_be_written_is_said_once(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(mkdir(beside, 0755), 0); /* so that nobody can open it */
    begin();
    metrics_file_touch(file);
    while (!failures)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(last.code, FAIL_STATE);
    assert_non_null(strstr(last.text, path));
    finish();
    assert_int_equal(renders, 2); /* it has tried again */
    assert_int_equal(failures, 1);
    assert_int_equal(rmdir(beside), 0);
    begin(); /* and when it can, it does */
    finish();
    assert_string_equal(content(), "version 1\n");
}

/* Whoever made it: what it leads to is not ours to write. */
static void a_link_in_its_place_is_not_followed(void **state)
{
    char aim[80];

    (void)state;
    snprintf(aim, sizeof aim, "%s/aim", folder);
    assert_int_equal(symlink(aim, beside), 0);
    begin();
    finish();
    assert_int_equal(failures, 1);
    assert_int_equal(access(aim, F_OK), -1);
    unlink(beside);
}

static void refused(const char *name, const char *text)
{
    struct fail why;

    assert_int_equal(metrics_file_open(&loop, name, &hooks, NULL, &file, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    if (!strstr(why.text, text))
        fail_msg("not '%s': %s", text, why.text);
}

static void a_name_that_nobody_collects_is_refused(void **state)
{
    (void)state;
    refused("/tmp/ibfleet.txt", "/tmp/ibfleet.txt: its name must end in .prom");
    refused(".prom", "must end in .prom");
    refused("/tmp/.prom", "must end in .prom");
    refused("/nonexistent/x.prom", "folder /nonexistent: No such file or directory");
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/run.prom", folder);
    snprintf(beside, sizeof beside, "%s.tmp", path);
    return 0;
}

static int take_away(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_always_written),
        cmocka_unit_test(many_changes_are_one_file),
        cmocka_unit_test(it_is_not_written_more_often_than_once_a_second),
        cmocka_unit_test(the_last_text_is_the_last_file),
        cmocka_unit_test(a_reader_has_a_whole_one),
        cmocka_unit_test(others_may_read_it_whatever_the_umask),
        cmocka_unit_test(what_cannot_be_written_is_said_once),
        cmocka_unit_test(a_link_in_its_place_is_not_followed),
        cmocka_unit_test(a_name_that_nobody_collects_is_refused),
    };

    return cmocka_run_group_tests(tests, prepare, take_away);
}
