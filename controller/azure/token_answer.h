/* token_answer - what the login, the metadata service and az say of a token (pure) */
#ifndef CONTROLLER_TOKEN_ANSWER_H
#define CONTROLLER_TOKEN_ANSWER_H

#include <stdint.h>

struct fail;
struct json;

#define TOKEN_LIFE_UNKNOWN ((int64_t)-1)

struct token_answer {
    const char *bearer;       /* borrowed from the document         */
    int64_t lives_s;          /* from now_s; TOKEN_LIFE_UNKNOWN      */
    const char *subscription; /* az's; NULL: not said               */
};

/* access_token or az's accessToken; expires_in or expires_on, as a number or as text.
 * -1: FAIL_AZURE_ANSWER, without a word of what was in it.
 */
int token_answer_read(const struct json *doc, int64_t now_s, struct token_answer *answer,
                      struct fail *why);

/* May the text stand in a header?  -1: FAIL_AZURE_LOGIN, naming `where` it came from. */
int token_check(const char *bearer, const char *where, struct fail *why);

/* When a JWT ends, seconds since 1970; TOKEN_LIFE_UNKNOWN for what is none. */
int64_t token_jwt_end_s(const char *bearer);

/* How long it is used: its life without five minutes or a tenth of it, whichever is less;
 * what says nothing of its life is used until it is refused.
 */
uint64_t token_use_ms(int64_t lives_s);

/* The login's {"error","error_description"}, its first line. */
void token_tell_refusal(const char *who, int status, const struct json *doc,
                        struct fail *why);

#endif
