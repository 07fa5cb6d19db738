#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "protocol/url.h"

static void assert_shown(const char *url, const char *wanted)
{
    char text[100];

    assert_string_equal(url_show(url, text, sizeof text), wanted);
}

static void only_http_and_https_with_a_host_are_urls(void **state)
{
    static const char *const wrong[] = {
        "",
        "depot/a",
        "ftp://depot/a",
        "file:///etc/passwd",
        "http://",
        "http:///a",
        "http://?a",
        "http://me@",
        "http://:80/",
        "http://a b",
        "http://a\n",
        "http://a\"b",
        "http://a`id`",
        "http://a\\b",
        "HTTP://a",
        "http://a<b",
        "http://\303\244",
        "http://me:secret@/a",
    };
    char longest[URL_MAX_BYTES + 2] = "http://a/";

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (url_is_right(wrong[i]))
            fail_msg("'%s'", wrong[i]);
    assert_true(url_is_right("http://a"));
    assert_true(url_is_right("https://me:secret@[::1]:8080/a/b.tgz?sig=x%2F&sv=1"));
    memset(longest + 9, 'a', URL_MAX_BYTES - 9);
    assert_true(url_is_right(longest));
    longest[URL_MAX_BYTES] = 'a';
    assert_false(url_is_right(longest));
}

static void neither_password_nor_query_is_shown(void **state)
{
    (void)state;
    assert_shown("https://depot/a/b.tgz", "https://depot/a/b.tgz");
    assert_shown("http://me:secret@depot:80/a?sig=secret", "http://depot:80/a");
    assert_shown("http://me:se@cret@depot", "http://depot");
    assert_shown("http://depot/a@b#secret", "http://depot/a@b");
    assert_shown("http://depot?me:secret@x", "http://depot");
    assert_shown("me:secret@depot", "(not a URL)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_http_and_https_with_a_host_are_urls),
        cmocka_unit_test(neither_password_nor_query_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
