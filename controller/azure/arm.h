/* arm - Azure Resource Manager: an authorised call, a paged list, a long operation
 *
 * One cloud, one credential and one subscription on one loop.  Which cloud and
 * subscription, where nobody says so, the metadata service of the machine we are on tells,
 * or `az`.  Tokens are got and renewed, calls slow down before Azure turns them away, and
 * what may be repeated is, with growing pauses and within limits.
 *
 *     struct arm_request ask = {
 *         .method = "GET", .path = ARM_SUBSCRIPTION "/resourceGroups/rg/providers/...",
 *         .api_version = "2024-03-01", .what = "scale set rg/hb",
 *     };
 *
 *     if (arm_open(loop, &settings, &arm, &why) < 0 ||
 *         arm_call(arm, &ask, on_answer, me, &why) < 0)
 *         ...
 *
 * No callback comes before the starting call has returned; each comes once; after
 * arm_close() there is silence.  A callback may start more calls, or close.
 */
#ifndef CONTROLLER_ARM_H
#define CONTROLLER_ARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arm;
struct fail;
struct json;
struct uv_loop_s;

/* How a path begins; the '-' becomes the subscription. */
#define ARM_SUBSCRIPTION "/subscriptions/-"

#define ARM_MAX_BYTES ((size_t)16 << 20) /* of one answer, unless the request says     */
#define ARM_LARGE_BYTES \
    ((size_t)64 << 20)           /* the most a request may say: the SKU list   */
#define ARM_MAX_PAGES   1000u    /* of one list                                */
#define ARM_DEADLINE_MS 300000u  /* of one call with all its tries             */
#define ARM_ATTEMPT_MS  60000u   /* of one try                                 */
#define ARM_TRIES       6u       /* in all, of what may be tried again         */
#define ARM_DEED_MS     5400000u /* of one long operation, with all its polls  */

/* All is borrowed by arm_open() until it returns.  NULL or 0: not said. */
struct arm_settings {
    const char *subscription;
    const char *cloud;      /* public, usgov, china, custom, or as the SDKs name them */
    const char *credential; /* managed-identity, cli, token, client-secret,
                               client-certificate, workload-identity, auto           */
    const char *tenant, *client_id;
    const char *object_id, *msi_res_id; /* another way to say which identity          */
    const char *client_secret;          /* never from argv; wiped by who gave it      */
    const char *certificate_path;       /* PEM: key and certificate                   */
    const char *federated_token_path;   /* workload identity                          */
    const char *token_path;             /* a file with a bearer, or fd:N              */
    const char *arm, *login, *resource; /* of a custom cloud: https URLs              */
    const char *metadata;               /* the metadata service                       */
    const char *ca_bundle;
};

/* Fill what is not said from the variables of the Azure SDKs and of curl (AZURE_TENANT_ID,
 * ..., CURL_CA_BUNDLE, SSL_CERT_FILE); getenv's strings, borrowed.
 */
void arm_settings_from_environment(struct arm_settings *s);

/* Nothing is sent yet.  -1: FAIL_USAGE (what is said cannot be), FAIL_AZURE_LOGIN (no
 * credential), FAIL_MEMORY.
 */
int arm_open(struct uv_loop_s *loop, const struct arm_settings *settings,
             struct arm **arm, struct fail *why);

/* Calls under way are dropped; an operation of Azure's goes on there.  closed may be NULL. */
void arm_close(struct arm *arm, void (*closed)(void *arg), void *arg);

/* After the first answer: what was found.  Before: NULL, where it was not said. */
const char *arm_cloud(const struct arm *arm);
const char *arm_subscription(const struct arm *arm);
const char *arm_credential(const struct arm *arm);

/* How many requests have been sent to Azure Resource Manager. */
size_t arm_sent(const struct arm *arm);

/* ---- one call ---------------------------------------------------------------------------- */

struct arm_param {
    const char *name, *value; /* as they are meant: arm encodes them */
};

/* All is borrowed until the starting call has returned. */
struct arm_request {
    const char *method; /* GET, PUT, PATCH, POST, DELETE                      */
    const char *path;   /* as it is meant: arm encodes it                     */
    const struct arm_param
        *query; /* ended by a name NULL; NULL: none                   */
    const char *api_version;
    const struct json
        *body;            /* NULL: none                                               */
    const char *what;     /* the object, for sentences: "scale set rg/hb"             */
    uint64_t deadline_ms; /* with all its tries; 0: ARM_DEADLINE_MS, ARM_DEED_MS      */
    size_t max_bytes;     /* 0: ARM_MAX_BYTES                                         */
    bool is_repeatable;   /* a POST that does the same when Azure gets it twice       */
};

struct arm_answer {
    int status; /* 0: there was none                                        */
    const struct json
        *body;              /* NULL: empty                                              */
    const char *request_id; /* Azure's; NULL: none                                      */
    const struct fail *why; /* NULL: 2xx                                                */
    const char *error_code; /* Azure's, "OperationNotAllowed"; NULL: none               */
    bool may_be_done; /* it failed, but Azure may have heard and begun all the same */
};

/* Borrowed by the callback until it returns. */
typedef void arm_done(void *arg, const struct arm_answer *answer);

/* -1: FAIL_USAGE (a path that cannot be), FAIL_MEMORY; done is not called then. */
int arm_call(struct arm *arm, const struct arm_request *ask, arm_done *done, void *arg,
             struct fail *why);

/* ---- a list -------------------------------------------------------------------------------- */

struct arm_list_hooks {
    /* One page's "value", an array, borrowed.  -1 with *why ends the list with it. */
    int (*page)(void *arg, const struct json *values, struct fail *why);
    /* The end; why NULL: all pages came.  A failure's pages are not to be trusted. */
    void (*done)(void *arg, const struct fail *why);
};

/* A GET that follows nextLink, which must lead to the same host, to its end. */
int arm_list(struct arm *arm, const struct arm_request *ask,
             const struct arm_list_hooks *hooks, void *arg, struct fail *why);

/* ---- a long operation ------------------------------------------------------------------------ */

/* How an operation is asked for: the header that named its URL. */
enum arm_track { ARM_TRACK_OPERATION, ARM_TRACK_LOCATION };

struct arm_act_hooks {
    /* Azure has taken it.  What is stored of this can be given to arm_follow() by a later
     * process.  Not called when it was done at once.  May be NULL.
     */
    void (*taken)(void *arg, enum arm_track track, const char *url);
    /* Each poll; percent -1: not said.  May be NULL. */
    void (*progress)(void *arg, const char *status, int percent);
    /* The end.  answer->why FAIL_AZURE_VANISHED: the operation is not known any more, so
     * what it did must be read from the resource; FAIL_TIMEOUT: it goes on without us.
     */
    arm_done *done;
};

/* PUT, PATCH, POST or DELETE, and what it starts followed to its end.  The deadline is
 * that of the asking, which may wait long for its turn, and again of the operation.
 */
int arm_act(struct arm *arm, const struct arm_request *ask,
            const struct arm_act_hooks *hooks, void *arg, struct fail *why);

/* Take it up again.  url must lead to this cloud's host: FAIL_USAGE otherwise. */
int arm_follow(struct arm *arm, enum arm_track track, const char *url, const char *what,
               uint64_t deadline_ms, const struct arm_act_hooks *hooks, void *arg,
               struct fail *why);

#endif
