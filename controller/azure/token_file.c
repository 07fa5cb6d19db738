/* A bearer that somebody else got: in a file, or from a descriptor.  The file is read
 * again at each renewal; what came from a descriptor can be read once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/azure/token.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "controller/whole_file.h"

static int read_bearer(const struct tokens *t, char **bearer, struct fail *why)
{
    const char *path = t->said.token_path;
    char device[40];
    size_t len_bytes;

    if (strncmp(path, "fd:", 3) == 0) {
        snprintf(device, sizeof device, "/proc/self/fd/%u",
                 (unsigned)strtoul(path + 3, NULL, 10));
        path = device;
    }
    if (whole_file_read(path, TOKEN_MAX_BYTES, bearer, &len_bytes) < 0)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: %s", t->said.token_path,
                        strerror(errno));
    while (len_bytes && strchr(" \t\r\n", (*bearer)[len_bytes - 1]))
        (*bearer)[--len_bytes] = '\0';
    return 0;
}

static int judge(const struct tokens *t, const char *bearer, struct token_answer *answer,
                 struct fail *why)
{
    int64_t end_s = token_jwt_end_s(bearer), now_s = (int64_t)time(NULL);

    if (token_check(bearer, t->said.token_path, why) < 0)
        return -1;
    if (end_s >= 0 && end_s <= now_s)
        return fail_set(why, FAIL_AZURE_LOGIN,
                        "%s: the token in it has ended: put a new one there",
                        t->said.token_path);
    *answer = (struct token_answer){.bearer = bearer, .lives_s = TOKEN_LIFE_UNKNOWN};
    if (end_s >= 0)
        answer->lives_s = end_s - now_s;
    return 0;
}

void token_file_begin(struct tokens *t)
{
    struct token_answer answer;
    struct fail why;
    char *bearer = NULL;

    if (read_bearer(t, &bearer, &why) < 0 || judge(t, bearer, &answer, &why) < 0)
        token_refuse(t, &why);
    else
        token_grant(t, &answer);
    if (bearer)
        explicit_bzero(bearer, strlen(bearer));
    free(bearer);
}
