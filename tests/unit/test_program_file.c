#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/program/program_file.h"
#include "controller/program/program_state.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static char folder[] = "/tmp/ibfleet-file.XXXXXX", program[64];
static struct fail why;

static void set_mode(mode_t mode)
{
    assert_int_equal(chmod(program, mode), 0);
}

static void is_found(const char *word, const char *from, const char *as)
{
    CLEANUP(text_done) char *path = NULL;

    if (program_file_find(word, from, FAIL_FLEET_FILE, &path, &why) < 0)
        fail_msg("%s", why.text);
    assert_string_equal(path, as);
}

static void is_refused(const char *word, const char *text)
{
    char *path = NULL;

    assert_int_equal(program_file_find(word, folder, FAIL_FLEET_FILE, &path, &why), -1);
    assert_null(path);
    assert_int_equal(why.code, FAIL_FLEET_FILE);
    if (!strstr(why.text, text))
        fail_msg("not '%s': %s", text, why.text);
}

static void a_path_becomes_absolute(void **state)
{
    CLEANUP(text_done) char *before = getcwd(NULL, 0);

    (void)state;
    set_mode(0755);
    is_found(program, NULL, program);
    is_found("./run", folder, strcat(strcpy((char[80]){0}, folder), "/./run"));
    assert_int_equal(chdir("/tmp"), 0);
    is_found(program + strlen("/tmp/"), NULL, program);
    is_found("./run", folder + strlen("/tmp/"),
             strcat(strcpy((char[80]){0}, folder), "/./run"));
    assert_int_equal(chdir(before), 0);
}

static void a_name_is_looked_for_in_path(void **state)
{
    CLEANUP(text_done) char *before = strdup(getenv("PATH"));
    char search[100];

    (void)state;
    set_mode(0755);
    snprintf(search, sizeof search, ":relative:/nonexistent:%s", folder);
    setenv("PATH", search, 1);
    is_found("run", NULL, program);
    set_mode(0644);
    is_refused("run", "there is no program 'run' in $PATH");
    setenv("PATH", before, 1);
}

static void what_cannot_be_run_is_refused_by_name(void **state)
{
    (void)state;
    set_mode(0644);
    is_refused("./run", "/run cannot be run: Permission denied; chmod +x");
    is_refused("./gone", "/gone: No such file or directory");
    is_refused("/tmp", "/tmp is no file");
    is_refused("", "no program is named");
}

static void what_everybody_may_write_is_refused(void **state)
{
    (void)state;
    set_mode(0757);
    is_refused("./run", "may be written by everybody");
    set_mode(0775); /* a group of administrators may */
    is_found(program, NULL, program);
}

/* Whatever happens, each ends: the states lead on, never back. */
static void no_program_runs_again(void **state)
{
    (void)state;
    for (int s = PROGRAM_RUNNING; s < PROGRAM_STATES; s++)
        for (int e = PROGRAM_EV_NONE; e < PROGRAM_EVENTS; e++) {
            int to = program_state_next((enum program_state)s, (enum program_event)e);

            assert_true(to == PROGRAM_ILLEGAL || to > s);
        }
    assert_int_equal(program_state_next(PROGRAM_OVER, PROGRAM_EV_CLOSE), PROGRAM_CLOSED);
    assert_int_equal(program_state_next(PROGRAM_CLOSED, PROGRAM_EV_CLOSE),
                     PROGRAM_ILLEGAL);
}

static int prepare(void **state)
{
    int fd;

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(program, sizeof program, "%s/run", folder);
    fd = open(program, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : close(fd);
}

static int take_away(void **state)
{
    (void)state;
    return unlink(program) < 0 ? -1 : rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_becomes_absolute),
        cmocka_unit_test(a_name_is_looked_for_in_path),
        cmocka_unit_test(what_cannot_be_run_is_refused_by_name),
        cmocka_unit_test(what_everybody_may_write_is_refused),
        cmocka_unit_test(no_program_runs_again),
    };

    return cmocka_run_group_tests(tests, prepare, take_away);
}
