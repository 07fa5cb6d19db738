/* token_source - between token.c, which keeps the bearer, and those that get one
 *
 * A source begins when it is asked and ends with token_grant() or token_refuse(), now or
 * later, once.  It has the timer and one request or child at a time; token.c ends these
 * when it closes.
 */
#ifndef CONTROLLER_TOKEN_SOURCE_H
#define CONTROLLER_TOKEN_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/azure/token_choice.h"
#include "protocol/fail.h"

struct arm_settings;
struct az;
struct cloud;
struct token_answer;
struct token_wait;
struct web_answer;
struct web_call;
struct uv_loop_s;
struct uv_timer_s;

/* What was said, ours. */
struct token_words {
    char *tenant, *client_id, *object_id, *msi_res_id, *client_secret, *certificate_path,
        *federated_token_path, *token_path, *metadata, *subscription;
};

struct tokens {
    struct uv_loop_s *loop;
    struct web *web;
    const struct cloud *cloud;
    enum token_kind kind;
    int may_fall_back; /* nobody has named a source: without a managed identity, az   */
    struct token_words said;

    char *bearer;
    unsigned generation;  /* of the bearer; 0: there has been none                 */
    uint64_t renew_at_ms; /* of uv_now()                                           */
    char *subscription;

    int is_renewing, is_closing;
    struct token_wait *waiting;
    struct uv_timer_s *timer; /* a later answer, a pause */
    struct fail answer; /* for the waiting; code FAIL_NONE: there is one             */
    struct web_call *call;
    struct az *az;
    unsigned tries;
    uint64_t begun_ms; /* of this renewal */
    void (*closed)(void *arg);
    void *closed_arg;
};

/* The source has one: it is taken over.  answer's texts are borrowed. */
void token_grant(struct tokens *t, const struct token_answer *answer);
void token_refuse(struct tokens *t, const struct fail *why);

/* A token out of a file, without blanks at its end; name is what sentences call it.  *token
 * is the caller's, to be wiped also when it failed.  FAIL_AZURE_LOGIN.
 */
int token_file_read(const char *path, const char *name, char **token, struct fail *why);

void token_file_begin(struct tokens *t);
void token_metadata_begin(struct tokens *t);
void token_login_begin(struct tokens *t);
void token_cli_begin(struct tokens *t);
void token_cli_cancel(struct tokens *t); /* whatever is left of az dies */

/* Sends a GET or POST whose answer is a token, or an error of the login's. */
int token_send(struct tokens *t, const char *url, const char *const *headers,
               const char *form, int is_direct,
               void (*done)(void *arg, const struct web_answer *answer),
               struct fail *why);

#endif
