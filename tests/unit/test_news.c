#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/rollout/news.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static bool read(const char *event, const char *text, struct news *news)
{
    CLEANUP(json_done) struct json *body = NULL;

    assert_int_equal(json_parse(text, strlen(text), &body, NULL), 0);
    return news_read(event, body, news);
}

static void a_step_has_a_state_or_a_line(void **state)
{
    CLEANUP(json_done) struct json *body = NULL;
    const char *said = "{\"name\": \"fetch\", \"line\": \"412 of 1290 MiB\"}";
    struct news n;

    (void)state;
    assert_true(read("step",
                     "{\"name\": \"driver\", \"state\": \"done\", \"seconds\": 812.5}",
                     &n));
    assert_string_equal(n.step, "driver");
    assert_string_equal(n.state, "done");
    assert_null(n.line);
    assert_true(n.seconds > 812 && n.seconds < 813);
    assert_int_equal(json_parse(said, strlen(said), &body, NULL), 0);
    assert_true(news_read("output", body, &n));
    assert_string_equal(n.step, "fetch");
    assert_string_equal(n.line, "412 of 1290 MiB");
    assert_null(n.state);
}

static void what_a_node_makes_up_is_no_news(void **state)
{
    static const struct {
        const char *event, *body;
    } wrong[] = {
        {"step", "{}"},
        {"step", "{\"name\": \"\\u001b[2J\", \"state\": \"running\"}"},
        {"step", "{\"name\": 7, \"state\": \"running\"}"},
        {"step", "{\"name\": \"driver\"}"},
        {"step", "{\"name\": \"driver\", \"state\": \"exploded\"}"},
        {"output", "{\"name\": \"driver\"}"},
        {"output", "{\"name\": \"driver\", \"line\": null}"},
        {"output", "{\"name\": \"rm\", \"line\": \"-rf\"}"},
        {"tea", "{\"name\": \"driver\", \"state\": \"done\", \"line\": \"x\"}"},
    };
    struct news n;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (read(wrong[i].event, wrong[i].body, &n))
            fail_msg("%s %s", wrong[i].event, wrong[i].body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_has_a_state_or_a_line),
        cmocka_unit_test(what_a_node_makes_up_is_no_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
