#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/bundle.h"
#include "node-agent/install/fetch_proxy.h"
#include "node-agent/install/fetch_said.h"
#include "protocol/fail.h"

#define HASH_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct fetch_said hear(const char *const *lines)
{
    struct fetch_said s;

    fetch_said_begin(&s);
    while (*lines)
        fetch_said_line(&s, *lines++);
    return s;
}

#define HEAR(...) hear((const char *const[]){__VA_ARGS__, NULL})

static void check_reason(const struct fetch_said *s, const char *wanted)
{
    char text[160];

    fetch_said_reason(s, text, sizeof text);
    assert_string_equal(text, wanted);
}

/* ---- what they said ---------------------------------------------------------------- */

static void the_last_answer_counts(void **state)
{
    struct fetch_said s =
        HEAR("HTTP/1.1 302 Found", "Content-Length: 12", "Retry-After: 9",
             "Location: https://blob.example/f?sig=S3CRET", "HTTP/2 200",
             "content-length: 300");

    (void)state;
    assert_int_equal(s.status, 200);
    assert_int_equal(s.total_bytes, 300);
    assert_int_equal(s.retry_after_s, -1);
    assert_string_equal(s.complaint, "");
}

static void of_a_part_the_whole_is_known(void **state)
{
    struct fetch_said s = HEAR("  HTTP/1.1 206 Partial Content", "  Content-Length: 100",
                               "  Content-Range: bytes 200-299/300");

    (void)state;
    assert_int_equal(s.total_bytes, 300);
    s = HEAR("HTTP/1.1 206 Partial Content", "Content-Range: bytes 0-9/*");
    assert_int_equal(s.total_bytes, -1);
    s = HEAR("HTTP/1.1 416 Requested Range Not Satisfiable",
             "Content-Range: bytes */300");
    assert_int_equal(s.total_bytes, -1);
}

static void absurd_numbers_are_none(void **state)
{
    struct fetch_said s = HEAR("HTTP/1.1 200 OK", "Content-Length: 99999999999999999999");

    (void)state;
    assert_int_equal(s.total_bytes, -1);
    s = HEAR("HTTP/1.1 200 OK", "Content-Length: -5");
    assert_int_equal(s.total_bytes, -1);
    s = HEAR("HTTP/1.1 99999", "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT");
    assert_int_equal(s.status, 0);
    assert_int_equal(s.retry_after_s, -1);
    s = HEAR("HTTP/1.1");
    assert_int_equal(s.status, 0);
}

static void the_first_complaint_counts_without_who_said_it(void **state)
{
    struct fetch_said s = HEAR("curl: (6) Could not resolve host: mirror.example",
                               "curl: (99) something else");

    (void)state;
    check_reason(&s, "Could not resolve host: mirror.example");
    s = HEAR("wget: unable to resolve host address 'mirror.example'");
    check_reason(&s, "unable to resolve host address 'mirror.example'");
    s = HEAR("failed: Connection refused.");
    check_reason(&s, "failed: Connection refused");
    s = HEAR(
        "2026-11-29 16:43:14 URL:http://mirror.example/f?sig=S3CRET [1/1] -> \"f\" [1]",
        "FINISHED --2026-11-29 16:43:13--", "Total wall clock time: 0.04s");
    check_reason(&s, "");
    s = HEAR("  HTTP/1.1 404 Not Found", "http://mirror.example/f?sig=S3CRET:",
             "2026-11-29 16:43:14 ERROR 404: Not Found.");
    check_reason(&s, "404, not found");
}

/* Whatever a program of another version says: nothing that follows a host is told. */
static void no_url_and_no_query_is_told(void **state)
{
    static const char *const lines[] = {
        "curl: (3) bad URL https://blob.example/f?sig=S3CRET here",
        "cannot open /f?sig=S3CRET",
        "file:///f?sig=S3CRET: Unsupported scheme 'file'.",
        "Proxy http://ann:S3CRET@proxy.example refused",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct fetch_said s = HEAR(lines[i]);

        assert_true(strlen(s.complaint) > 8);
        assert_null(strstr(s.complaint, "S3CRET"));
    }
}

static void long_and_strange_lines_are_cut(void **state)
{
    char line[1001];
    struct fetch_said s;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    s = HEAR(line);
    assert_true(strlen(s.complaint) < sizeof s.complaint);
    memset(line, ' ', sizeof line - 1);
    memcpy(line + 900, "a\033b", 3);
    s = HEAR(line);
    assert_string_equal(s.complaint, "a?b");
}

static void another_try_is_made_where_it_may_help(void **state)
{
    static const struct {
        const char *line;
        bool final;
    } cases[] = {
        {"HTTP/1.1 404 Not Found", true},
        {"HTTP/1.1 403 Forbidden", true},
        {"HTTP/1.1 407 Proxy Authentication Required", true},
        {"HTTP/1.1 408 Request Timeout", false},
        {"HTTP/1.1 429 Too Many Requests", false},
        {"HTTP/1.1 503 Service Unavailable", false},
        {"HTTP/1.1 500 Internal Server Error", false},
        {"curl: (7) Failed to connect to 127.0.0.1 port 1", false},
        {"curl: (60) SSL certificate problem: self signed certificate", true},
        {"ERROR: cannot verify mirror.example's certificate, issued by 'CN=x':", true},
        {"curl: (47) Maximum (10) redirects followed", true},
        {"10 redirections exceeded.", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fetch_said s = HEAR(cases[i].line);

        assert_int_equal(fetch_said_is_final(&s), cases[i].final);
    }
}

static void of_a_url_only_the_host_is_told(void **state)
{
    static const char *const cases[][2] = {
        {"https://mirror.example/f?sig=S3CRET", "mirror.example"},
        {"http://ann:S3CRET@mirror.example:8080/f", "mirror.example:8080"},
        {"http://ann@b:S3CRET@mirror.example", "mirror.example"},
        {"https://mirror.example?sig=S3CRET", "mirror.example"},
        {"http://[::1]:80/f", "[::1]:80"},
        {"http://", ""},
    };
    char host[FETCH_SAID_HOST_BYTES], long_one[400];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fetch_said_host(cases[i][0], host);
        assert_string_equal(host, cases[i][1]);
    }
    memset(long_one, 'h', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    fetch_said_host(long_one, host);
    assert_int_equal(strlen(host), sizeof host - 1);
}

/* ---- through which proxy ----------------------------------------------------------- */

static void forget_proxies(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "no_proxy",
                                        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
                                        "all_proxy",  "ALL_PROXY"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void the_node_s_own_file_names_its_proxies(void **state)
{
    forget_proxies();
    (void)state;
    fetch_proxy_read("# of the site\n"
                     "no=x\n"
                     "=x\n"
                     "PATH=\"/usr/bin\"\n"
                     "  http_proxy=\"http://one:3128\"  \n"
                     "export HTTPS_PROXY='http://two:3128'\n"
                     "no_proxy=.example\n"
                     "not_a_http_proxy=x\n"
                     "LD_PRELOAD=/tmp/evil.so\n");
    assert_string_equal(getenv("http_proxy"), "http://one:3128");
    assert_string_equal(getenv("https_proxy"), "http://two:3128");
    assert_string_equal(getenv("no_proxy"), ".example");
    assert_null(getenv("LD_PRELOAD"));
    forget_proxies();
}

static void what_the_environment_has_is_not_changed_by_the_file(void **state)
{
    forget_proxies();
    (void)state;
    setenv("http_proxy", "http://zero", 1);
    fetch_proxy_read("http_proxy=http://one\nhttps_proxy=http://two");
    assert_string_equal(getenv("http_proxy"), "http://zero");
    assert_string_equal(getenv("https_proxy"), "http://two");
    forget_proxies();
}

/* ---- the folder -------------------------------------------------------------------- */

static struct home home;

static void put(const char *file, const char *text)
{
    char path[HOME_PATH_MAX_BYTES];

    assert_int_equal(bundle_path(&home, file, path, NULL), 0);
    assert_int_equal(home_write(path, text, 0644, NULL), 0);
}

static bool is_there(const char *file)
{
    char path[HOME_PATH_MAX_BYTES];

    bundle_path(&home, file, path, NULL);
    return access(path, F_OK) == 0;
}

static int make_home(void **state)
{
    char folder[] = "/tmp/ibfleet-fetch.XXXXXX";

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    home = (struct home){0};
    snprintf(home.state, sizeof home.state, "%s", folder);
    return home_make(&home, BUNDLE_FOLDER, NULL);
}

static int remove_home(void **state)
{
    char command[HOME_PATH_MAX_BYTES + 16];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", home.state);
    return system(command);
}

static void a_bundle_is_known_by_its_digest(void **state)
{
    bool found, moved;

    (void)state;
    put("other", "abd");
    put("abc.bin", "abc");
    assert_int_equal(bundle_find(&home, HASH_OF_ABC, "doca.deb", &found, &moved, NULL),
                     0);
    assert_true(found && moved && is_there("doca.deb") && !is_there("abc.bin"));
    assert_int_equal(bundle_find(&home, HASH_OF_ABC, "doca.deb", &found, &moved, NULL),
                     0);
    assert_true(found && !moved);
    put("doca.deb", "abd");
    assert_int_equal(bundle_find(&home, HASH_OF_ABC, "doca.deb", &found, &moved, NULL),
                     0);
    assert_false(found || moved);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    struct home nowhere = {.state = "/nonexistent"};
    struct fail why;
    bool found, moved;

    (void)state;
    assert_int_equal(bundle_find(&nowhere, HASH_OF_ABC, "f", &found, &moved, &why), -1);
    assert_non_null(strstr(why.text, "/nonexistent"));
    bundle_tidy(&nowhere, "f");
}

static void what_is_no_file_has_no_digest(void **state)
{
    char path[HOME_PATH_MAX_BYTES], hex[DIGEST_HEX_BYTES];
    struct fail why;

    (void)state;
    bundle_path(&home, "pipe", path, NULL);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(bundle_hash(path, hex, &why), -1); /* and it does not wait */
    bundle_path(&home, "folder", path, NULL);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(bundle_hash(path, hex, &why), -1);
}

static void the_way_back_is_kept_and_no_more(void **state)
{
    (void)state;
    put("old", "1");
    usleep(20000); /* the clock of files is coarse */
    put("new", "2");
    put("new.part", "3");
    put("doca.deb", "4");
    put("doca.deb.part", "5");
    bundle_tidy(&home, "doca.deb");
    assert_true(is_there("doca.deb") && is_there("doca.deb.part") && is_there("new"));
    assert_false(is_there("old") || is_there("new.part"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_answer_counts),
        cmocka_unit_test(of_a_part_the_whole_is_known),
        cmocka_unit_test(absurd_numbers_are_none),
        cmocka_unit_test(the_first_complaint_counts_without_who_said_it),
        cmocka_unit_test(no_url_and_no_query_is_told),
        cmocka_unit_test(long_and_strange_lines_are_cut),
        cmocka_unit_test(another_try_is_made_where_it_may_help),
        cmocka_unit_test(of_a_url_only_the_host_is_told),
        cmocka_unit_test(the_node_s_own_file_names_its_proxies),
        cmocka_unit_test(what_the_environment_has_is_not_changed_by_the_file),
        cmocka_unit_test_setup_teardown(a_bundle_is_known_by_its_digest, make_home,
                                        remove_home),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
        cmocka_unit_test_setup_teardown(what_is_no_file_has_no_digest, make_home,
                                        remove_home),
        cmocka_unit_test_setup_teardown(the_way_back_is_kept_and_no_more, make_home,
                                        remove_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
