/* arm-tool WHAT [WORD=VALUE...]   one call to Azure Resource Manager, and what comes of it
 *
 *   call METHOD PATH API      one call
 *   list PATH API             a list, page by page
 *   act METHOD PATH API       an operation, to its end
 *   follow operation|location URL     taken up again
 *
 *   subscription= cloud= credential= tenant= client_id= token= certificate= federated=
 *   arm= login= metadata= ca_bundle=   where, and who; the rest is from the environment
 *   body=JSON                 of call and act
 *   NAME@VALUE                a parameter of the query
 *   times=N                   so many calls, all at once
 *   deadline_ms=
 *
 * Lines on stdout: "credential NAME" and "cloud NAME" at the end, "answer STATUS BODY",
 * "page N", "pages END", "taken TRACK URL", "progress STATUS PERCENT", "sent N", and "failed
 * CODE: TEXT".  Status 0 when nothing failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "protocol/fail.h"
#include "protocol/json.h"

static uv_loop_t loop;
static struct arm *arm;
static struct arm_settings settings;
static struct arm_param query[8];
static struct arm_request ask = {.query = query, .what = "the object"};
static unsigned times = 1, left;
static int status;

static void over(void)
{
    if (--left > 0)
        return;
    printf("credential %s\ncloud %s\nsent %zu\n", arm_credential(arm), arm_cloud(arm),
           arm_sent(arm));
    arm_close(arm, NULL, NULL);
}

static int failed(const struct fail *why)
{
    if (!why)
        return 0;
    printf("failed %s: %s\n", fail_code_name(why->code), why->text);
    status = 1;
    return 1;
}

static void on_answer(void *arg, const struct arm_answer *answer)
{
    char *body = answer->body ? json_print(answer->body) : NULL;

    (void)arg;
    if (!failed(answer->why))
        printf("answer %d %s\n", answer->status, body ? body : "");
    free(body);
    over();
}

static int on_page(void *arg, const struct json *values, struct fail *why)
{
    (void)arg;
    (void)why;
    printf("page %zu\n", json_count(values));
    return 0;
}

static void on_list(void *arg, const struct fail *why)
{
    (void)arg;
    if (!failed(why))
        printf("pages END\n");
    over();
}

static void on_taken(void *arg, enum arm_track track, const char *url)
{
    (void)arg;
    printf("taken %s %s\n", track == ARM_TRACK_OPERATION ? "operation" : "location", url);
    fflush(stdout);
}

static void on_progress(void *arg, const char *said, int percent)
{
    (void)arg;
    printf("progress %s %d\n", said, percent);
}

static const struct arm_list_hooks list_hooks = {on_page, on_list};
static const struct arm_act_hooks act_hooks = {on_taken, on_progress, on_answer};

/* ---- words ------------------------------------------------------------------------------ */

static void take_parameter(char *word, char *at)
{
    for (size_t i = 0; i + 1 < sizeof query / sizeof query[0]; i++)
        if (!query[i].name) {
            *at = '\0';
            query[i] = (struct arm_param){word, at + 1};
            return;
        }
}

static void take_word(char *word)
{
    static const struct {
        const char *name;
        const char **setting;
    } names[] = {
        {"subscription", &settings.subscription},
        {"cloud", &settings.cloud},
        {"credential", &settings.credential},
        {"tenant", &settings.tenant},
        {"client_id", &settings.client_id},
        {"token", &settings.token_path},
        {"certificate", &settings.certificate_path},
        {"federated", &settings.federated_token_path},
        {"arm", &settings.arm},
        {"login", &settings.login},
        {"metadata", &settings.metadata},
        {"ca_bundle", &settings.ca_bundle},
    };
    char *value = strchr(word, '='), *at = strchr(word, '@');
    struct json *body;

    if (at && (!value || at < value)) {
        take_parameter(word, at);
        return;
    }
    *value++ = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, word) == 0)
            *names[i].setting = value;
    if (strcmp(word, "times") == 0)
        times = (unsigned)atoi(value);
    if (strcmp(word, "deadline_ms") == 0)
        ask.deadline_ms = (uint64_t)atoll(value);
    if (strcmp(word, "body") == 0 && json_parse(value, strlen(value), &body, NULL) == 0)
        ask.body = body;
}

static int start(char **words, struct fail *why)
{
    if (strcmp(words[0], "follow") == 0)
        return arm_follow(arm,
                          strcmp(words[1], "location") == 0 ? ARM_TRACK_LOCATION
                                                            : ARM_TRACK_OPERATION,
                          words[2], ask.what, ask.deadline_ms, &act_hooks, NULL, why);
    if (strcmp(words[0], "list") == 0)
        return arm_list(arm, &ask, &list_hooks, NULL, why);
    if (strcmp(words[0], "act") == 0)
        return arm_act(arm, &ask, &act_hooks, NULL, why);
    return arm_call(arm, &ask, on_answer, NULL, why);
}

int main(int argc, char **argv)
{
    int fixed = argc > 1 && strcmp(argv[1], "list") == 0     ? 4
                : argc > 1 && strcmp(argv[1], "follow") == 0 ? 4
                                                             : 5;
    struct fail why;

    if (argc < fixed)
        return 2;
    ask.method = fixed == 5 ? argv[2] : "GET";
    ask.path = argv[fixed - 2];
    ask.api_version = argv[fixed - 1];
    for (int i = fixed; i < argc; i++)
        take_word(argv[i]);
    arm_settings_from_environment(&settings);
    uv_loop_init(&loop);
    if (arm_open(&loop, &settings, &arm, &why) < 0) {
        failed(&why);
        return uv_loop_close(&loop) == 0 ? 2 : 3;
    }
    left = times;
    for (unsigned i = 0; i < times; i++)
        if (start(argv + 1, &why) < 0 && failed(&why))
            over();
    uv_run(&loop, UV_RUN_DEFAULT);
    json_free((struct json *)(uintptr_t)ask.body);
    return uv_loop_close(&loop) == 0 ? status : 3;
}
