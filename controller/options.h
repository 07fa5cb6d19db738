/* options - what the operator asked for
 *
 * Every command and every option is a row of a table (option_table.c): its name,
 * its range, the commands that take it, and the words that help prints.  The
 * parser only walks the table.
 *
 *     struct options o;
 *
 *     if (options_parse(argc, argv, &o, why) < 0)
 *         print why->text, end with 2
 *     if (o.help) print usage_render(), end with 0
 *     ...
 *     options_clear(&o);
 *
 * Not here: whether files exist or hosts are known; that is command_open()'s.
 */
#ifndef CONTROLLER_OPTIONS_H
#define CONTROLLER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/fleet_policy.h"

struct action_row;
struct fail;

/* Bits, so that an option can say which commands take it. */
enum command_kind {
    COMMAND_NONE = 0, /* only with .help, .version, .man or .complete */
    COMMAND_NODES = 1 << 0,
    COMMAND_PROBE = 1 << 1,
    COMMAND_EXEC = 1 << 2,
    COMMAND_ROLLOUT = 1 << 3,
    COMMAND_VALIDATE = 1 << 4,
    COMMAND_STATUS = 1 << 5,
    COMMAND_SHOW = 1 << 6,
    COMMAND_RESUME = 1 << 7,
    COMMAND_COPY = 1 << 8,
    COMMAND_REPORT = 1 << 9,
    COMMAND_DOCTOR = 1 << 10,
    COMMAND_LOGS = 1 << 11,
    COMMAND_AZURE = 1 << 12,
    COMMAND_PROMOTE = 1 << 14,
    COMMAND_PAUSE = 1 << 15,
    COMMAND_ABORT = 1 << 16,
};

/* A number that was not given. */
#define OPTION_UNSET (-1)

/* Texts are NULL, flags false and numbers OPTION_UNSET when not given.  Texts
 * point into argv, but for hosts, exclude and vmss, which are joined.
 */
struct options {
    enum command_kind command;
    int argc; /* as it was typed */
    char *const *argv;
    bool help, version;
    const char *help_topic;      /* `ibfleet help TOPIC` */
    bool man, list_pages;        /* `ibfleet man PAGE`: its name in help_topic */
    const char *const *complete; /* `ibfleet complete LINE WORD`: both; else NULL */

    /* whom: hosts is NULL with all; commands that take HOSTS have one of both */
    char *hosts;     /* -w and positional ones, joined with ',' */
    char *plan_file; /* in their place, of rollout: FILE.json */
    char *exclude;   /* -x likewise */
    bool all;
    int pick, seed;      /* 1..100000: so many of them; 0..2147483647 */
    const char *subject; /* the RUN of status, report and resume, the NODE of show */
    const char *fleet;

    /* scale sets of Azure, whose instances are nodes */
    char *vmss;         /* "RG/NAME,...", joined */
    const char *filter; /* "KEY=VALUE,...", scaleset_filter.h */
    int max_age_s;      /* 0..31536000: of what is known of them */
    const char *subscription, *cloud, *credential;
    bool keep_extension; /* rollout, with Microsoft's in the model */
    bool keep_repairs;   /* rollout, without suspending them */

    /* how to get there */
    const char *user, *key, *known_hosts;
    const char *port;      /* 1..65535, checked by fleet_override() as all of these */
    const char *jump;      /* "[USER@]HOST[:PORT],..." */
    const char *host_keys; /* "strict" or "accept-new" */
    const char *ssh;       /* "auto", "libssh2" or "openssh" */
    const char *ssh_config;
    int width; /* -f, 1..65536: nodes at once */
    bool unprivileged;
    int timeout_s; /* 1..86400 */

    /* what comes out */
    bool json, ndjson;
    const char *progress; /* "auto", "tty", "plain" or "none"; NULL: auto */
    const char *out;      /* a file, "-": stdout */

    /* runs */
    const char *state;
    const char *run;
    const char *step; /* logs */
    bool plan, yes;
    bool now; /* pause, abort: leave those under way where they are */
    bool follow; /* status */

    /* nodes: at most one of these */
    bool expand, count, groups;
    int split;          /* 1..100000 */
    const char *format; /* "folded", "expanded", "ansible", "slurm", "hosts" or "json" */

    /* copy */
    const char **sources; /* SRC..., a list of ours; the words are argv's */
    size_t source_count;
    const char *place; /* DEST; with from SRC: the path on the nodes */
    bool from;
    const char *into; /* with from: our DIR */

    /* exec: words after `--` */
    bool gather, raw, diff;
    bool no_label, quiet;
    bool fail_fast, largest_status;
    bool subst, exec_sudo, with_stdin;
    const char *outdir;
    char *const *words;
    size_t word_count;

    /* rollout */
    const char
        *policy[POLICY_KEYS]; /* over the fleet file's, as written; but for the next */
    int max_failures;         /* 0..65536: one more and nothing new is started */
    const char *reboot;       /* "auto", "always" or "never" */
    const char *driver, *mirror, *proxy, *hold; /* as settings; fleet_override() checks */
    const char *catalog;                        /* a file; NULL: the built-in one */
    bool remove, rollback; /* the vendor's driver goes; what was before comes back */
    int install_timeout_s, reboot_timeout_s; /* 1..14400 */
    bool failed;                             /* resume: those that failed, too */
    const char *take_over;                   /* a run whose claims are taken */

    /* validate */
    bool all_pairs; /* nothing to read: all pairs are what rounds OPTION_UNSET means */
    int rounds;     /* 1..65536; all pairs when not given */
    int samples;    /* 1..1000000: ping-pongs kept per pair */
    int window_ms;  /* 1..60000: length of a bandwidth window */
    int windows;    /* 1..32 */
    const char *hca;

    /* azure */
    const struct action_row *action;
    const char *batch; /* "N" or "N%" */
    const char *os;    /* "linux" or "windows" */
    const char *extension_version, *settings;
    const char *form; /* "nested", "toplevel", "machine", "powershell" or "az" */
    bool all_at_once;
    const char *category, *physical_host; /* health */
};

/* Read argv, argv[0] excluded from judgement.  *o is to be cleared, also after
 * -1.  FAIL_USAGE says in one line what is wrong and what would be right;
 * FAIL_MEMORY.
 */
int options_parse(int argc, char *const *argv, struct options *o, struct fail *why);

/* As if none had been given, for who has no command line; nothing to clear. */
void options_unset(struct options *o);

void options_clear(struct options *o);

#endif
