#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "controller/own_home.h"

static void the_variable_comes_first(void **state)
{
    (void)state;
    setenv("HOME", "/some/where", 1);
    assert_string_equal(own_home(), "/some/where");
}

/* Of a user without a name, as in a container, nobody knows more. */
static void without_the_variable_the_system_is_asked(void **state)
{
    static const char *const values[] = {"", NULL};
    const struct passwd *me = getpwuid(getuid());

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        if (values[i])
            setenv("HOME", values[i], 1);
        else
            unsetenv("HOME");
        if (me)
            assert_string_equal(own_home(), me->pw_dir);
        else
            assert_null(own_home());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variable_comes_first),
        cmocka_unit_test(without_the_variable_the_system_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
