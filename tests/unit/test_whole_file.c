#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/whole_file.h"

static char path[] = "/tmp/ibfleet-test-file.XXXXXX";

static void put(const char *bytes, size_t len_bytes)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len_bytes, file), len_bytes);
    assert_int_equal(fclose(file), 0);
}

static void all_of_it_is_read_and_ends_in_a_nul(void **state)
{
    size_t len_bytes = 0;
    char *bytes = NULL;

    (void)state;
    put("one\0two\n", 8);
    assert_int_equal(whole_file_read(path, 100, &bytes, &len_bytes), 0);
    assert_int_equal(len_bytes, 8);
    assert_memory_equal(bytes, "one\0two\n", 9);
    free(bytes);
    put("", 0);
    assert_int_equal(whole_file_read(path, 100, &bytes, &len_bytes), 0);
    assert_int_equal(len_bytes, 0);
    assert_string_equal(bytes, "");
    free(bytes);
}

static void the_ceiling_is_kept(void **state)
{
    size_t len_bytes = 7;
    char *bytes = NULL;

    (void)state;
    put("12345678", 8);
    assert_int_equal(whole_file_read(path, 8, &bytes, &len_bytes), 0);
    assert_int_equal(len_bytes, 8);
    free(bytes);
    bytes = NULL;
    len_bytes = 7;
    assert_int_equal(whole_file_read(path, 7, &bytes, &len_bytes), -1);
    assert_int_equal(errno, EFBIG);
    assert_null(bytes);
    assert_int_equal(len_bytes, 7);
}

static void what_cannot_be_read_says_why(void **state)
{
    size_t len_bytes;
    char *bytes;

    (void)state;
    assert_int_equal(whole_file_read("/nowhere/at/all", 8, &bytes, &len_bytes), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(whole_file_read("/tmp", 8, &bytes, &len_bytes), -1);
    assert_int_equal(errno, EISDIR);
}

/* It comes in two parts, and has no size. */
static void a_pipe_is_read_to_its_end(void **state)
{
    size_t len_bytes;
    char *bytes, name[40];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    if (fork() == 0) {
        ssize_t n = write(ends[1], "first ", 6);

        usleep(20000);
        n += write(ends[1], "second", 6);
        _exit(n != 12);
    }
    close(ends[1]);
    assert_int_equal(whole_file_read(name, 100, &bytes, &len_bytes), 0);
    assert_string_equal(bytes, "first second");
    free(bytes);
    close(ends[0]);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_read_and_ends_in_a_nul),
        cmocka_unit_test(the_ceiling_is_kept),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
