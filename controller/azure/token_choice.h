/* token_choice - which source of tokens, by what is said (pure) */
#ifndef CONTROLLER_TOKEN_CHOICE_H
#define CONTROLLER_TOKEN_CHOICE_H

struct arm_settings;
struct fail;

enum token_kind {
    TOKEN_MANAGED_IDENTITY,
    TOKEN_CLI,
    TOKEN_FILE,
    TOKEN_CLIENT_SECRET,
    TOKEN_CLIENT_CERTIFICATE,
    TOKEN_WORKLOAD_IDENTITY,
    TOKEN_KINDS
};

const char *token_kind_name(enum token_kind kind);

/* The one that credential names; without one, or with "auto", what is configured: a token,
 * a client's secret or certificate, a workload identity; else the machine's managed
 * identity, and *may_fall_back: where there is none, az.  -1: FAIL_USAGE (no such source),
 * FAIL_AZURE_LOGIN (what it needs is not said).
 */
int token_choose(const struct arm_settings *s, enum token_kind *kind, int *may_fall_back,
                 struct fail *why);

#endif
