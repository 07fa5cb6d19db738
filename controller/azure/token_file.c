/* A bearer that somebody else got: in a file, or from a descriptor.  The file is read
 * again at each renewal; what came from a descriptor can be read once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/azure/secret.h"
#include "controller/azure/token.h"
#include "controller/azure/token_answer.h"
#include "controller/azure/token_source.h"
#include "controller/whole_file.h"
#include "protocol/scope.h"

int token_file_read(const char *path, const char *name, char **token, struct fail *why)
{
    size_t len_bytes;

    if (whole_file_read(path, TOKEN_MAX_BYTES, token, &len_bytes) < 0)
        return fail_set(why, FAIL_AZURE_LOGIN, "%s: %s", name, strerror(errno));
    while (len_bytes && strchr(" \t\r\n", (*token)[len_bytes - 1]))
        (*token)[--len_bytes] = '\0';
    return token_check(*token, name, why);
}

static int read_bearer(const struct tokens *t, char **bearer, struct fail *why)
{
    const char *path = t->said.token_path;
    char device[40];

    if (strncmp(path, "fd:", 3) == 0) {
        snprintf(device, sizeof device, "/proc/self/fd/%u",
                 (unsigned)strtoul(path + 3, NULL, 10));
        path = device;
    }
    return token_file_read(path, t->said.token_path, bearer, why);
}

static int judge(const struct tokens *t, const char *bearer, struct token_answer *answer,
                 struct fail *why)
{
    int64_t end_s = token_jwt_end_s(bearer), now_s = (int64_t)time(NULL);

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
    CLEANUP(secret_done) char *bearer = NULL;
    struct token_answer answer;
    struct fail why;

    if (read_bearer(t, &bearer, &why) < 0 || judge(t, bearer, &answer, &why) < 0)
        token_refuse(t, &why);
    else
        token_grant(t, &answer);
}
