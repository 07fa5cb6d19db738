#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent.h"
#include "controller/ssh/keyagent_list.h"
#include "controller/ssh/keyagent_wire.h"
#include "controller/ssh/keyring.h"
#include "controller/ssh/userkey.h"
#include "protocol/fail.h"

/* A home folder, and an agent in a process of its own that says one thing and no more. */

static char home[] = "/tmp/ibfleet-keyring.XXXXXX", path[64];
static unsigned char answer[8192];
static size_t answer_bytes;
static pid_t pid;
static struct keyagent *agent;
static struct keyring *ring;
static struct fail why;

enum manner { WHOLE, IN_PIECES, SILENT };

static void serve(int listener, enum manner manner)
{
    char request[5];
    int fd = accept(listener, NULL, NULL);

    if (read(fd, request, sizeof request) != 5)
        _exit(1);
    for (size_t at = 0, n; manner != SILENT && at < answer_bytes; at += n) {
        n = manner == WHOLE ? answer_bytes : 1;
        if (write(fd, answer + at, n) != (ssize_t)n)
            _exit(1);
    }
    if (manner == SILENT)
        pause();
    _exit(0);
}

static void start_agent(enum manner manner)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    pid = fork();
    if (pid == 0)
        serve(fd, manner);
    close(fd);
    agent = keyagent_new(path, 0);
    assert_non_null(agent);
}

/* "ssh-NAME" as a public half, and the same as a comment. */
static void list_keys(const char *const *types, size_t count)
{
    unsigned char *at = answer + 4;

    *at++ = 12;
    blob_put_u32(&at, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        unsigned char key[100], *in = key;

        blob_put_string(&in, types[i], strlen(types[i]));
        blob_put_u32(&in, (uint32_t)i);
        blob_put_string(&at, key, (size_t)(in - key));
        blob_put_string(&at, types[i], strlen(types[i]));
    }
    answer_bytes = (size_t)(at - answer);
    at = answer;
    blob_put_u32(&at, (uint32_t)answer_bytes - 4);
}

static void say(const char *bytes, size_t n)
{
    memcpy(answer, bytes, n);
    answer_bytes = n;
}

static void write_file(const char *name, const char *text)
{
    char file[100];
    FILE *f;

    snprintf(file, sizeof file, "%s/.ssh/%s", home, name);
    f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int set_up(void **state)
{
    char folder[64];

    (void)state;
    strcpy(home + strlen(home) - 6, "XXXXXX");
    if (!mkdtemp(home))
        return -1;
    snprintf(folder, sizeof folder, "%s/.ssh", home);
    snprintf(path, sizeof path, "%s/agent", home);
    return mkdir(folder, 0700);
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    keyring_free(ring);
    keyagent_free(agent);
    ring = NULL;
    agent = NULL;
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    pid = 0;
    snprintf(command, sizeof command, "rm -r %s", home);
    return system(command);
}

static void the_agents_keys_are_taken_in_their_order(void **state)
{
    static const char *const types[] = {"ssh-ed25519", "ssh-dss", "ecdsa-sha2-nistp256",
                                        "sk-ssh-ed25519@openssh.com"};
    unsigned char order[KEYRING_MAX_KEYS];

    (void)state;
    list_keys(types, 4);
    start_agent(IN_PIECES);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), 0);
    assert_int_equal(keyring_order(ring, order), 2);
    assert_string_equal(userkey_name(keyring_key(ring, order[0])),
                        "ssh-ed25519 in the ssh-agent");
    assert_string_equal(userkey_name(keyring_key(ring, order[1])),
                        "ecdsa-sha2-nistp256 in the ssh-agent");
}

static void what_was_taken_once_is_shown_first(void **state)
{
    static const char *const types[] = {"ssh-ed25519", "ssh-ed25519", "ssh-ed25519"};
    unsigned char order[KEYRING_MAX_KEYS];

    (void)state;
    list_keys(types, 3);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), 0);
    keyring_praise(ring, 2);
    assert_int_equal(keyring_order(ring, order), 3);
    assert_memory_equal(order, "\2\0\1", 3);
}

/* The sixth refusal would end the connection. */
static void no_more_keys_than_a_server_bears(void **state)
{
    const char *types[40];
    unsigned char order[KEYRING_MAX_KEYS];

    (void)state;
    for (size_t i = 0; i < 40; i++)
        types[i] = "ssh-ed25519";
    list_keys(types, 40);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), 0);
    assert_int_equal(keyring_order(ring, order), KEYRING_MAX_KEYS);
    assert_true(KEYRING_MAX_KEYS < 6);
}

static void a_key_that_is_in_the_agent_too_is_shown_once(void **state)
{
    (void)state; /* what list_keys() makes of "ssh-ed25519", first */
    write_file("id_ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA== me\n");
    list_keys((const char *const[]){"ssh-ed25519", "ssh-ed25519"}, 2);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), 0);
    assert_int_equal(keyring_order(ring, (unsigned char[KEYRING_MAX_KEYS]){0}), 2);
    assert_non_null(strstr(userkey_name(keyring_key(ring, 0)), "/.ssh/id_ed25519"));
}

static void a_file_that_cannot_be_used_is_passed_over_or_explained(void **state)
{
    (void)state;
    write_file("id_ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAACQ== me\n");
    assert_int_equal(keyring_new(NULL, home, NULL, &ring, &why), -1);
    assert_non_null(strstr(why.text, "is a public key, and no ssh-agent has"));
    list_keys((const char *const[]){"ssh-ed25519"}, 1);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), 0);
    assert_string_equal(userkey_name(keyring_key(ring, 0)),
                        "ssh-ed25519 in the ssh-agent");
}

static void nothing_at_all_says_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(keyring_new(NULL, home, NULL, &ring, &why), -1);
    assert_string_equal(why.text, "no ~/.ssh/id_ed25519, id_ecdsa or id_rsa, and no "
                                  "ssh-agent; make a key (ssh-keygen -t ed25519), or "
                                  "name one with -i");
    list_keys(NULL, 0);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), -1);
    assert_non_null(strstr(why.text, "and none in the ssh-agent;"));
}

static void an_agent_with_nothing_that_we_can_use_is_not_nothing(void **state)
{
    (void)state;
    list_keys((const char *const[]){"sk-ssh-ed25519@openssh.com"}, 1);
    start_agent(WHOLE);
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), -1);
    assert_int_equal(why.code, FAIL_UNSUPPORTED);
}

static void an_agent_without_sense_is_told(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } cases[] = {{"\0\0\0\1\5", 5, "the ssh-agent refuses"},
                 {"HTTP/1.1 400 Bad", 16, "does not speak its protocol"},
                 {"\0\0\0\3\x0c\0\0", 7, "list of keys is cut"},
                 {"\0\0\0\7\x0c", 5, "Connection reset by peer"},
                 {"", 0, "Connection reset by peer"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct keyagent_list list;

        say(cases[i].bytes, cases[i].n);
        unlink(path);
        start_agent(WHOLE);
        assert_int_equal(keyagent_list(path, 3000, &list, &why), -1);
        assert_int_equal(why.code, FAIL_KEY_FILE);
        assert_non_null(strstr(why.text, cases[i].words));
        waitpid(pid, NULL, 0);
        keyagent_free(agent);
        agent = NULL;
        pid = 0;
    }
}

static void a_silent_agent_is_not_waited_for_long(void **state)
{
    struct keyagent_list list;

    (void)state;
    start_agent(SILENT);
    assert_int_equal(keyagent_list(path, 50, &list, &why), -1);
    assert_non_null(strstr(why.text, "it does not answer"));
}

static void an_agent_that_is_gone_is_told(void **state)
{
    (void)state;
    agent = keyagent_new("/nonexistent/agent", 0);
    write_file("id_ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAACQ== me\n");
    assert_int_equal(keyring_new(NULL, home, agent, &ring, &why), -1);
    assert_non_null(strstr(why.text, "needs an ssh-agent, but the ssh-agent at "
                                     "/nonexistent/agent: No such file or directory"));
}

#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(the_agents_keys_are_taken_in_their_order),
        RING_TEST(what_was_taken_once_is_shown_first),
        RING_TEST(no_more_keys_than_a_server_bears),
        RING_TEST(a_key_that_is_in_the_agent_too_is_shown_once),
        RING_TEST(a_file_that_cannot_be_used_is_passed_over_or_explained),
        RING_TEST(nothing_at_all_says_what_to_do),
        RING_TEST(an_agent_with_nothing_that_we_can_use_is_not_nothing),
        RING_TEST(an_agent_without_sense_is_told),
        RING_TEST(a_silent_agent_is_not_waited_for_long),
        RING_TEST(an_agent_that_is_gone_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
