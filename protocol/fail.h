/* fail - why something did not work, and what the caller can do about it
 *
 * A function that can fail for more than one reason returns 0 or -1 and takes
 * a `struct fail *` as its last parameter.  A failure is three things:
 *
 *   code   what happened, one of a closed list.  Its name ("host-key-changed")
 *          is stable: it stands in --json, in the journal and in the manual.
 *   kind   "now what?", derived from the code: fix it, try again, give this
 *          node up, or stop everything.
 *   text   for a person; names the object that failed.
 *
 * All of it survives the wire: the agent's failures reach the operator's screen
 * in the agent's own words.
 */
#ifndef PROTOCOL_FAIL_H
#define PROTOCOL_FAIL_H

enum fail_kind {
    FAIL_KIND_NONE = 0,
    FAIL_KIND_INPUT, /* the operator must change something; never retried         */
    FAIL_KIND_AGAIN, /* a network or a lock was in the way; worth another attempt */
    FAIL_KIND_NODE,  /* this node is broken; the others are not concerned         */
    FAIL_KIND_HERE,  /* our own machine: memory, disk, a bug; stop everything     */
    FAIL_KINDS
};

/* clang-format off */
/*        code                     kind   stable name            */
#define FAIL_CODES(X)                                             \
    X(FAIL_NONE,                   NONE,  "ok")                   \
    /* what the operator gave us */                               \
    X(FAIL_USAGE,                  INPUT, "usage")                \
    X(FAIL_FLEET_FILE,             INPUT, "fleet-file")           \
    X(FAIL_HOSTLIST,               INPUT, "hostlist")             \
    X(FAIL_GROUP_SOURCE,           INPUT, "group-source")         \
    X(FAIL_KEY_FILE,               INPUT, "key-file")             \
    X(FAIL_NO_SUCH_RUN,            INPUT, "no-such-run")          \
    X(FAIL_CATALOG,                INPUT, "catalog")              \
    X(FAIL_NOT_PINNED,             INPUT, "hash-not-pinned")      \
    /* Azure */                                                   \
    X(FAIL_AZURE_ANSWER,           NODE,  "azure-answer")         \
    X(FAIL_AZURE_LOGIN,            INPUT, "azure-login")          \
    X(FAIL_AZURE_FORBIDDEN,        INPUT, "azure-forbidden")      \
    X(FAIL_AZURE_NOT_FOUND,        INPUT, "azure-not-found")      \
    X(FAIL_AZURE_REFUSED,          INPUT, "azure-refused")        \
    X(FAIL_AZURE_TRUST,            INPUT, "azure-certificate")    \
    X(FAIL_AZURE_UNREACHABLE,      AGAIN, "azure-not-reachable")  \
    X(FAIL_AZURE_THROTTLED,        AGAIN, "azure-throttled")      \
    X(FAIL_AZURE_SERVER,           AGAIN, "azure-server-error")   \
    X(FAIL_AZURE_OPERATION,        NODE,  "azure-operation")      \
    X(FAIL_AZURE_VANISHED,         AGAIN, "azure-operation-lost") \
    X(FAIL_PREFLIGHT,              INPUT, "preflight")            \
    /* reaching a node */                                         \
    X(FAIL_RESOLVE,                NODE,  "name-not-resolved")    \
    X(FAIL_CONNECT,                AGAIN, "not-reachable")        \
    X(FAIL_NO_ANSWER,              AGAIN, "no-answer")            \
    X(FAIL_HANDSHAKE,              AGAIN, "ssh-handshake")        \
    X(FAIL_TURNED_AWAY,            AGAIN, "turned-away")          \
    X(FAIL_NOT_NOW,                AGAIN, "not-allowed-now")      \
    X(FAIL_HOST_KEY_CHANGED,       INPUT, "host-key-changed")     \
    X(FAIL_HOST_KEY_ANOTHERS,      INPUT, "host-key-of-another")  \
    X(FAIL_HOST_REPLACED,          INPUT, "host-replaced")        \
    X(FAIL_HOST_KEY_UNKNOWN,       INPUT, "host-key-unknown")     \
    X(FAIL_AUTH_REFUSED,           INPUT, "key-refused")          \
    X(FAIL_JUMP_HOST,              INPUT, "jump-host-unfit")      \
    X(FAIL_TIMEOUT,                AGAIN, "timeout")              \
    X(FAIL_LINK_LOST,              AGAIN, "connection-lost")      \
    X(FAIL_SUDO_PASSWORD,          INPUT, "sudo-wants-password")  \
    X(FAIL_PUSH,                   NODE,  "agent-not-pushed")     \
    X(FAIL_NO_AGENT,               NODE,  "agent-not-started")    \
    X(FAIL_GARBAGE,                NODE,  "not-our-protocol")     \
    X(FAIL_FLOOD,                  NODE,  "too-much-output")      \
    X(FAIL_VERSION,                INPUT, "version-mismatch")     \
    /* on a node */                                               \
    X(FAIL_DISK_FULL,              NODE,  "disk-full")            \
    X(FAIL_CLAIMED,                INPUT, "claimed-by-another")   \
    X(FAIL_STALE_EPOCH,            INPUT, "claim-superseded")     \
    X(FAIL_UNSUPPORTED,            NODE,  "not-supported")        \
    X(FAIL_NOT_ROOT,               INPUT, "needs-root")           \
    X(FAIL_PACKAGES,               NODE,  "package-install")      \
    X(FAIL_MODULE,                 NODE,  "kernel-module")        \
    /* what speaks against a driver on a node */                  \
    X(FAIL_NO_PASS_THROUGH,        NODE,  "no-pass-through")      \
    X(FAIL_SIZE,                   NODE,  "size-without-rdma")    \
    X(FAIL_NETWORK_DIRECT,         NODE,  "network-direct-only")  \
    X(FAIL_MANA,                   NODE,  "mana-needs-inbox")     \
    X(FAIL_DISTRIBUTION,           NODE,  "distribution-not-served")\
    X(FAIL_KERNEL,                 NODE,  "kernel-not-served")    \
    X(FAIL_DRIVER,                 INPUT, "driver-not-served")    \
    X(FAIL_SECURE_BOOT,            NODE,  "secure-boot")          \
    X(FAIL_KERNEL_HEADERS,         NODE,  "no-kernel-headers")    \
    X(FAIL_IN_USE,                 NODE,  "modules-in-use")       \
    X(FAIL_EVENT,                  AGAIN, "scheduled-event")      \
    X(FAIL_VM_EXTENSION,           INPUT, "other-extension")      \
    /* installing one */                                          \
    X(FAIL_LOCKED,                 AGAIN, "package-lock-held")    \
    X(FAIL_DOWNLOAD,               AGAIN, "download-failed")      \
    X(FAIL_NO_TOOL,                NODE,  "no-download-tool")     \
    X(FAIL_HASH,                   INPUT, "wrong-hash")           \
    X(FAIL_INSTALLER,              NODE,  "installer-failed")     \
    X(FAIL_DKMS,                   NODE,  "dkms-build-failed")    \
    X(FAIL_NO_WAY_BACK,            NODE,  "nothing-to-roll-back") \
    X(FAIL_STEP,                   NODE,  "step-failed")          \
    X(FAIL_REBOOT,                 NODE,  "reboot-did-not-happen")\
    X(FAIL_VERIFY,                 NODE,  "verify-failed")        \
    X(FAIL_AGENT_DIED,             NODE,  "agent-died")           \
    X(FAIL_COMMAND,                NODE,  "command-failed")       \
    X(FAIL_COPY,                   NODE,  "not-copied")           \
    /* the scheduler of the cluster */                            \
    X(FAIL_NO_PROGRAM,             INPUT, "no-such-program")      \
    X(FAIL_SCHEDULER_SILENT,       AGAIN, "scheduler-not-answering")\
    X(FAIL_SCHEDULER_ANSWER,       NODE,  "scheduler-answer")     \
    X(FAIL_SCHEDULER_REFUSED,      INPUT, "scheduler-refused")    \
    X(FAIL_JOBS_LEFT,              NODE,  "jobs-left")            \
    X(FAIL_SKIPPED,                AGAIN, "skipped-busy")         \
    X(FAIL_NOT_BACK,               NODE,  "not-back-in-service")  \
    /* measuring */                                               \
    X(FAIL_NO_HCA,                 NODE,  "no-hca")               \
    X(FAIL_PORT_DOWN,              NODE,  "port-down")            \
    X(FAIL_VERBS,                  NODE,  "verbs")                \
    X(FAIL_PARTNER,                AGAIN, "partner-silent")       \
    X(FAIL_PATH,                   AGAIN, "path-broken")          \
    X(FAIL_CONFIG_DIFFERS,         INPUT, "configuration-differs")\
    X(FAIL_FABRIC,                 NODE,  "fabric-check-failed")  \
    X(FAIL_NOT_AS_PLANNED,         INPUT, "not-as-planned")       \
    /* a run as a whole */                                        \
    X(FAIL_HOOK,                   NODE,  "hook-refused")         \
    X(FAIL_BUDGET,                 NODE,  "failure-budget")       \
    X(FAIL_INTERRUPTED,            AGAIN, "interrupted")          \
    /* our own machine */                                         \
    X(FAIL_MEMORY,                 HERE,  "out-of-memory")        \
    X(FAIL_STATE,                  HERE,  "state-folder")         \
    X(FAIL_BUG,                    HERE,  "internal")             \
    X(FAIL_UNKNOWN,                NODE,  "unknown")
/* clang-format on */

enum fail_code {
#define X(code, kind, name) code,
    FAIL_CODES(X)
#undef X
        FAIL_CODE_COUNT
};

struct fail {
    enum fail_code code;
    char text[240]; /* one line, no newline; a cut text ends in "..." */
};

/* Fill *why (NULL is allowed) and return -1, so that a failing function can
 * end with:  return fail_set(why, FAIL_HOSTLIST, "no such node: '%s'", name);
 * Control characters in the result are replaced by '?'.  errno is left as it
 * was.
 */
int fail_set(struct fail *why, enum fail_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "<context>: " before the text, on the way up.  NULL is allowed.  Returns -1. */
int fail_prefix(struct fail *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For the one failure that needs no words.  Returns -1. */
int fail_memory(struct fail *why);

enum fail_kind fail_kind_of(enum fail_code code);

/* The stable name, such as "host-key-changed"; never NULL. */
const char *fail_code_name(enum fail_code code);

/* The code of that name; FAIL_UNKNOWN for a name that a newer peer made up. */
enum fail_code fail_code_of(const char *name);

/* "none", "input", "again", "node", "here"; never NULL. */
const char *fail_kind_name(enum fail_kind kind);

#endif
