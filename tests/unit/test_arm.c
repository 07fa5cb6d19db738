#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/arm.h"
#include "controller/azure/arm_error.h"
#include "controller/azure/arm_url.h"
#include "controller/azure/cloud.h"
#include "controller/azure/throttle.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_choice.h"
#include "controller/azure/web.h"
#include "controller/azure/web_headers.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- clouds ------------------------------------------------------------------------------ */

static void a_cloud_is_known_by_each_of_its_names(void **state)
{
    static const char *const names[][2] = {
        {"public", "public"},           {"AzureCloud", "public"},
        {"AZUREPUBLICCLOUD", "public"}, {"AzureUSGovernmentCloud", "usgov"},
        {"AzureUSGovernment", "usgov"}, {"AzureChinaCloud", "china"},
    };
    struct cloud cloud;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(cloud_named(names[i][0], &cloud, NULL), 0);
        assert_string_equal(cloud.name, names[i][1]);
    }
    assert_string_equal(cloud.arm, "https://management.chinacloudapi.cn");
    assert_string_equal(cloud.login, "https://login.chinacloudapi.cn");
    assert_int_equal(cloud_named("azure", &cloud, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
}

static void a_cloud_of_ones_own_must_be_https(void **state)
{
    static const char *const bad[] = {"http://arm.local", "https://",
                                      "https://a@b",      "arm",
                                      "https://arm?x=1",  "https://a\r\nb",
                                      "file:///x"};
    struct cloud cloud;
    struct fail why;

    (void)state;
    cloud_named("public", &cloud, NULL);
    assert_int_equal(cloud_change(&cloud, "https://arm.local:30/", NULL, NULL, NULL), 0);
    assert_string_equal(cloud.arm, "https://arm.local:30");
    assert_string_equal(cloud.resource, "https://arm.local:30");
    assert_string_equal(cloud.name, "custom");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cloud_change(&cloud, bad[i], NULL, NULL, &why), -1);
        assert_int_equal(cloud_change(&cloud, NULL, bad[i], NULL, &why), -1);
    }
    assert_string_equal(cloud.arm, "https://arm.local:30");
}

static void plain_http_is_for_the_metadata_service_alone(void **state)
{
    (void)state;
    assert_int_equal(cloud_check_metadata("http://169.254.169.254", NULL), 0);
    assert_int_equal(cloud_check_metadata("http://127.0.0.1:8080", NULL), 0);
    assert_int_equal(cloud_check_metadata("http://[::1]:8080", NULL), 0);
    assert_int_equal(cloud_check_metadata("http://169.254.169.254.evil.org", NULL), -1);
    assert_int_equal(cloud_check_metadata("http://localhost@evil.org", NULL), -1);
    assert_int_equal(cloud_check_metadata("http://10.0.0.1", NULL), -1);
}

static void the_same_host_is_scheme_name_and_port(void **state)
{
    static const char arm[] = "https://management.azure.com";

    (void)state;
    assert_true(cloud_same_host("https://Management.Azure.com:443/a?b", arm));
    assert_true(cloud_same_host("https://management.azure.com/", arm));
    assert_false(cloud_same_host("http://management.azure.com/", arm));
    assert_false(cloud_same_host("https://management.azure.com.evil.org/", arm));
    assert_false(cloud_same_host("https://management.azure.com:444/", arm));
    assert_false(cloud_same_host("https://management.azure.com@evil.org/", arm));
    assert_false(cloud_same_host("https://evil.org/#https://management.azure.com", arm));
    assert_false(cloud_same_host("https://evil.org\\@management.azure.com/", arm));
    assert_false(cloud_same_host("/subscriptions/x", arm));
    assert_false(cloud_same_host("", arm));
}

/* ---- URLs --------------------------------------------------------------------------------- */

static void a_name_cannot_leave_its_place_in_the_url(void **state)
{
    static const char *const bad[] = {
        "subscriptions/x", "/a//b", "/a/../b", "/a/.", "/", ""};
    struct arm_param query[] = {{"$filter", "'a b' eq 'c&d'"}, {NULL, NULL}};
    struct arm_request ask = {.path = ARM_SUBSCRIPTION "/resourceGroups/r?g#1%/x",
                              .api_version = "2024-03-01",
                              .query = query,
                              .what = "it"};
    CLEANUP(text_done) char *url = arm_url("https://arm", "s/1", &ask, NULL);
    struct fail why;

    (void)state;
    assert_string_equal(url, "https://arm/subscriptions/s%2F1/resourceGroups/"
                             "r%3Fg%231%25/x?api-version=2024-03-01&$filter="
                             "%27a%20b%27%20eq%20%27c%26d%27");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask.path = bad[i];
        assert_null(arm_url("https://arm", "s", &ask, &why));
        assert_int_equal(why.code, FAIL_USAGE);
    }
}

/* ---- throttling ------------------------------------------------------------------------------ */

#define GET_SET "GET/subscriptions/-/x"

static void calls_are_spread_before_none_is_left(void **state)
{
    struct throttle *t = throttle_new();
    static const char list[] = "Microsoft.Compute/A3Min;6,Microsoft.Compute/B30Min;175";

    (void)state;
    assert_int_equal(throttle_take(t, GET_SET, 1000), 0);
    throttle_note_remaining(t, GET_SET, "resource", list, 1000);
    assert_int_equal(throttle_take(t, GET_SET, 1000), 0); /* 5 are left now */
    assert_int_equal(throttle_take(t, GET_SET, 1000), 500);
    throttle_note_remaining(t, GET_SET, "resource", "Microsoft.Compute/A3Min;0", 2000);
    assert_int_equal(throttle_take(t, GET_SET, 2000), 15000);
    assert_int_equal(throttle_take(t, "GET/other", 2000), 0);
    assert_int_equal(throttle_take(t, GET_SET, 17000), 0);
    throttle_free(t);
}

static void a_bucket_is_shared_by_the_classes_that_draw_from_it(void **state)
{
    struct throttle *t = throttle_new();

    (void)state;
    throttle_note_remaining(t, "a", "subscription-reads", "100", 0);
    throttle_note_remaining(t, "b", "subscription-reads", "0", 0);
    assert_int_equal(throttle_take(t, "a", 0), 15000);
    throttle_note_refusal(t, "c", 7000, 0);
    assert_int_equal(throttle_take(t, "c", 1000), 6000);
    throttle_free(t);
}

static void after_a_refusal_they_go_one_by_one(void **state)
{
    struct throttle *t = throttle_new();
    uint64_t at_ms = 2000;

    (void)state;
    throttle_note_refusal(t, "c", 2000, 0);
    throttle_note_refusal(t, "c", 2000, 0); /* went together, so it tells nothing new */
    assert_int_equal(throttle_take(t, "c", at_ms), 0);
    assert_int_equal(throttle_take(t, "c", at_ms), 500);
    throttle_note_refusal(t, "c", 2000, at_ms);
    at_ms += 2000;
    assert_int_equal(throttle_take(t, "c", at_ms), 0);
    assert_int_equal(throttle_take(t, "c", at_ms), 750);
    for (int i = 0; i < 40; i++)
        at_ms += throttle_take(t, "c", at_ms);
    assert_int_equal(throttle_take(t, "c", at_ms + 1000), 0);
    assert_int_equal(throttle_take(t, "c", at_ms + 1000), 0); /* it is forgotten */
    throttle_free(t);
}

static void words_that_are_no_count_are_passed_over(void **state)
{
    static const char *const values[] = {"",    ";",    ",,,",
                                         "a;b", "a;-1", "a;99999999999999",
                                         "a",   "-1",   "a;1;2",
                                         " ,; "};
    struct throttle *t = throttle_new();

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        throttle_note_remaining(t, "c", "resource", values[i], 0);
    assert_int_equal(throttle_take(t, "c", 0), 0);
    throttle_free(t);
}

static void a_full_table_holds_up_nobody(void **state)
{
    struct throttle *t = throttle_new();
    char name[32];

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "class%d", i);
        throttle_note_remaining(t, name, name, "100", 0);
        assert_int_equal(throttle_take(t, name, 0), 0);
    }
    throttle_free(t);
}

static void names_are_left_out_of_a_class(void **state)
{
    char class[THROTTLE_CLASS_BYTES];

    (void)state;
    throttle_class("POST",
                   "/subscriptions/-/resourceGroups/rg/providers/Microsoft.Compute/"
                   "virtualMachineScaleSets/hb/virtualMachines/7/restart?api-version=1",
                   class);
    assert_string_equal(class, "POST/subscriptions/-/resourceGroups/-/providers/"
                               "Microsoft.Compute/virtualMachineScaleSets/-/"
                               "virtualMachines/-/restart");
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    assert_int_equal(throttle_retry_after_ms("17", 0), 17000);
    assert_int_equal(throttle_retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 784111770),
                     7000);
    assert_int_equal(throttle_retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 784111800),
                     0);
    assert_int_equal(throttle_retry_after_ms("soon", 0), -1);
    assert_int_equal(throttle_retry_after_ms("-5", 0), -1);
    assert_int_equal(throttle_retry_after_ms("", 0), -1);
    assert_int_equal(throttle_retry_after_ms("Sun, 06 Foo 1994 08:49:37 GMT", 0), -1);
}

/* ---- errors -------------------------------------------------------------------------------------- */

static void tell(int status, const char *text, char code[ARM_ERROR_CODE],
                 struct fail *why)
{
    CLEANUP(json_done) struct json *body = NULL;

    if (text)
        assert_int_equal(json_parse(text, strlen(text), &body, why), 0);
    arm_error_tell("scale set rg/hb", status, body, "r-1", code, why);
}

static void an_error_is_understood_with_its_wrapper_and_without(void **state)
{
    char code[ARM_ERROR_CODE];
    struct fail why;

    (void)state;
    tell(404, "{\"error\":{\"code\":\"ResourceNotFound\",\"message\":\"no\\nsuch\"}}",
         code, &why);
    assert_int_equal(why.code, FAIL_AZURE_NOT_FOUND);
    assert_string_equal(why.text,
                        "scale set rg/hb: 404 ResourceNotFound: no?such (request r-1)");
    tell(429, "{\"code\":\"OperationNotAllowed\",\"message\":\"slow\"}", code, &why);
    assert_int_equal(why.code, FAIL_AZURE_THROTTLED);
    assert_string_equal(code, "OperationNotAllowed");
    tell(503, NULL, code, &why);
    assert_string_equal(why.text, "scale set rg/hb: Azure answered 503 (request r-1)");
    tell(409, "[1]", code, &why);
    assert_int_equal(why.code, FAIL_AZURE_REFUSED);
}

static void a_missing_right_is_named_with_its_scope(void **state)
{
    char code[ARM_ERROR_CODE];
    struct fail why;

    (void)state;
    tell(403,
         "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client 'x' with "
         "object id 'y' does not have authorization to perform action "
         "'Microsoft.Compute/virtualMachineScaleSets/read' over scope "
         "'/subscriptions/s/resourceGroups/rg' or the scope is invalid.\"}}",
         code, &why);
    assert_int_equal(why.code, FAIL_AZURE_FORBIDDEN);
    assert_string_equal(
        why.text, "scale set rg/hb: the right 'Microsoft.Compute/virtualMachineScaleSets"
                  "/read' is missing on '/subscriptions/s/resourceGroups/rg'");
}

static void a_long_scope_is_cut_between_its_parts(void **state)
{
    char code[ARM_ERROR_CODE];
    struct fail why;

    (void)state;
    tell(
        403,
        "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client 'x' does "
        "not "
        "have authorization to perform action 'a/restart/action' over scope "
        "'/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/hpc/"
        "providers/"
        "Microsoft.Compute/virtualMachineScaleSets/ib/virtualMachines/0' or the scope is "
        "invalid.\"}}",
        code, &why);
    assert_string_equal(why.text,
                        "scale set rg/hb: the right 'a/restart/action' is missing "
                        "on '.../hpc/providers/Microsoft.Compute/"
                        "virtualMachineScaleSets/ib/virtualMachines/0'");
}

/* ---- tokens --------------------------------------------------------------------------------------- */

static int read_token(const char *text, struct token_answer *answer, struct fail *why)
{
    struct json *doc = NULL;
    int result;

    assert_int_equal(json_parse(text, strlen(text), &doc, why), 0);
    result = token_answer_read(doc, 1000, answer, why);
    json_free(doc); /* answer->bearer is gone with it */
    return result;
}

static void a_tokens_life_is_a_number_or_a_text(void **state)
{
    struct token_answer answer;
    struct fail why;

    (void)state;
    assert_int_equal(read_token("{\"access_token\":\"t\",\"expires_in\":3599}", &answer,
                                &why),
                     0);
    assert_int_equal(answer.lives_s, 3599);
    assert_int_equal(read_token("{\"access_token\":\"t\",\"expires_in\":\"86399\"}",
                                &answer, &why),
                     0);
    assert_int_equal(answer.lives_s, 86399);
    assert_int_equal(read_token("{\"accessToken\":\"t\",\"expires_on\":1600}", &answer,
                                &why),
                     0);
    assert_int_equal(answer.lives_s, 600);
    assert_int_equal(read_token("{\"access_token\":\"t\"}", &answer, &why), 0);
    assert_int_equal(answer.lives_s, TOKEN_LIFE_UNKNOWN);
    assert_int_equal(read_token("{\"access_token\":\"se\\r\\ncret: x\"}", &answer, &why),
                     -1);
    assert_int_equal(why.code, FAIL_AZURE_ANSWER);
    assert_null(strstr(why.text, "cret"));
}

static void a_token_is_renewed_before_its_end(void **state)
{
    (void)state;
    assert_int_equal(token_use_ms(3600), 3300000);
    assert_int_equal(token_use_ms(600), 540000);
    assert_int_equal(token_use_ms(0), 0);
    assert_true(token_use_ms(TOKEN_LIFE_UNKNOWN) > UINT32_MAX);
}

/* {"exp":1700000000} in the middle. */
static void a_jwt_tells_its_end(void **state)
{
    (void)state;
    assert_int_equal(token_jwt_end_s("h.eyJleHAiOjE3MDAwMDAwMDB9.s"), 1700000000);
    assert_int_equal(token_jwt_end_s("h.e!J.s"), TOKEN_LIFE_UNKNOWN);
    assert_int_equal(token_jwt_end_s("opaque"), TOKEN_LIFE_UNKNOWN);
    assert_int_equal(token_jwt_end_s(".."), TOKEN_LIFE_UNKNOWN);
}

static void what_is_configured_says_the_source(void **state)
{
    struct arm_settings s = {.tenant = "t", .client_id = "c"};
    enum token_kind kind;
    struct fail why;
    int falls_back;

    (void)state;
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), 0);
    assert_int_equal(kind, TOKEN_MANAGED_IDENTITY);
    assert_true(falls_back);
    s.federated_token_path = "f";
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), 0);
    assert_int_equal(kind, TOKEN_WORKLOAD_IDENTITY);
    s.client_secret = "x";
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), 0);
    assert_int_equal(kind, TOKEN_CLIENT_SECRET);
    s.credential = "client-certificate";
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), -1);
    assert_int_equal(why.code, FAIL_AZURE_LOGIN);
    s.credential = "magic";
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    s.credential = NULL;
    s.tenant = "a/../b";
    assert_int_equal(token_choose(&s, &kind, &falls_back, &why), -1);
}

/* ---- headers --------------------------------------------------------------------------------------- */

static void add(struct web_headers *h, const char *line)
{
    assert_int_equal(web_headers_add(h, line, strlen(line)), 0);
}

static void headers_are_found_in_any_case_and_more_than_once(void **state)
{
    struct web_headers h = {0};

    (void)state;
    add(&h, "HTTP/1.1 200 Connection established\r\n");
    add(&h, "Retry-After: 1\r\n");
    add(&h, "HTTP/1.1 429 Too Many Requests\r\n");
    add(&h, "X-Left:  a;1 \r\n");
    add(&h, "no header\r\n");
    add(&h, "x-left:b;2\r\n");
    assert_null(web_headers_get(&h, "retry-after", 0));
    assert_string_equal(web_headers_get(&h, "X-LEFT", 0), "a;1");
    assert_string_equal(web_headers_get(&h, "x-left", 1), "b;2");
    assert_null(web_headers_get(&h, "x-left", 2));
    web_headers_clear(&h);
}

static void headers_without_end_are_refused(void **state)
{
    struct web_headers h = {0};
    char line[4096];
    int result = 0;

    (void)state;
    memset(line, 'x', sizeof line);
    line[1] = ':';
    for (int i = 0; i < 64 && result == 0; i++)
        result = web_headers_add(&h, line, sizeof line);
    assert_int_equal(result, -1);
    assert_true(h.len_bytes <= WEB_MAX_HEADER_BYTES);
    web_headers_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cloud_is_known_by_each_of_its_names),
        cmocka_unit_test(a_cloud_of_ones_own_must_be_https),
        cmocka_unit_test(plain_http_is_for_the_metadata_service_alone),
        cmocka_unit_test(the_same_host_is_scheme_name_and_port),
        cmocka_unit_test(a_name_cannot_leave_its_place_in_the_url),
        cmocka_unit_test(calls_are_spread_before_none_is_left),
        cmocka_unit_test(a_bucket_is_shared_by_the_classes_that_draw_from_it),
        cmocka_unit_test(after_a_refusal_they_go_one_by_one),
        cmocka_unit_test(words_that_are_no_count_are_passed_over),
        cmocka_unit_test(a_full_table_holds_up_nobody),
        cmocka_unit_test(names_are_left_out_of_a_class),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(an_error_is_understood_with_its_wrapper_and_without),
        cmocka_unit_test(a_missing_right_is_named_with_its_scope),
        cmocka_unit_test(a_long_scope_is_cut_between_its_parts),
        cmocka_unit_test(a_tokens_life_is_a_number_or_a_text),
        cmocka_unit_test(a_token_is_renewed_before_its_end),
        cmocka_unit_test(a_jwt_tells_its_end),
        cmocka_unit_test(what_is_configured_says_the_source),
        cmocka_unit_test(headers_are_found_in_any_case_and_more_than_once),
        cmocka_unit_test(headers_without_end_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
