#include "controller/option_table.h"

#include <string.h>

#define HOSTED                                                                       \
    (COMMAND_NODES | COMMAND_PROBE | COMMAND_EXEC | COMMAND_COPY | COMMAND_ROLLOUT | \
     COMMAND_VALIDATE)
#define CALLING                                                                         \
    (COMMAND_PROBE | COMMAND_EXEC | COMMAND_COPY | COMMAND_ROLLOUT | COMMAND_VALIDATE | \
     COMMAND_RESUME | COMMAND_ABORT)
#define ASKING (COMMAND_PROMOTE | COMMAND_PAUSE | COMMAND_ABORT) /* another controller */
#define JOURNALED                                                         \
    (COMMAND_ROLLOUT | COMMAND_VALIDATE | COMMAND_STATUS | COMMAND_SHOW | \
     COMMAND_RESUME | COMMAND_REPORT | ASKING)
#define REACHING (CALLING | COMMAND_LOGS) /* logs in, at one node or many */
#define EVERY    (HOSTED | JOURNALED | COMMAND_DOCTOR | COMMAND_LOGS | COMMAND_AZURE)
#define SCALED \
    (HOSTED | COMMAND_RESUME | COMMAND_LOGS | COMMAND_AZURE) /* may ask Azure */

/* clang-format off */
const struct command_row command_table[] = {
    {COMMAND_NODES, "nodes", WORDS_HOSTS, "HOSTS [options]",
     "who is in the fleet",
     "ibfleet nodes -a|all nodes, folded, and the groups\n"
     "ibfleet nodes --expand '@gpu!ib007'|one name per line, for scripts\n"
     "ibfleet nodes --count -w 'ib[001-128]'|how many\n"
     "ibfleet nodes ib007 --groups|of which groups it is\n"
     "ibfleet nodes '@slurm:idle' --split 4|four lines of about as many nodes each\n"
     "ibfleet nodes -a --format ansible|an inventory, for ansible -i FILE\n"},
    {COMMAND_PROBE, "probe", WORDS_HOSTS, "HOSTS [options]",
     "what each node is; equal answers folded",
     "ibfleet probe -a|one row for each class of nodes\n"
     "ibfleet probe 'ib[1-4]' --unprivileged|without sudo on the nodes\n"
     "ibfleet probe -a --json|all facts of all nodes\n"},
    {COMMAND_EXEC, "exec", WORDS_HOSTS_COMMAND, "HOSTS [options] -- COMMAND...",
     "run a command everywhere",
     "ibfleet exec -a -- uname -r|lines as they come, each with its node\n"
     "ibfleet exec -b 'ib[1-4]' -- cat /etc/os-release|equal output folded\n"
     "ibfleet exec --diff -a -- rpm -qa|only who differs, and in what\n"
     "ibfleet exec -a --timeout 10 -- 'dmesg | tail -1'|a shell line, at most 10 s per node\n"},
    {COMMAND_COPY, "copy", WORDS_FILES, "SRC... HOSTS:DEST [options], or --from HOSTS:SRC DIR",
     "files and trees to all nodes, or from them",
     "ibfleet copy munge.key 'ib[1-4]:/etc/munge/munge.key' --sudo|one file, under that name\n"
     "ibfleet copy -a -x head hosts profile.d /etc/ --sudo|a file and a tree into /etc\n"
     "ibfleet copy image.tar @gpu:/scratch/|again after a cut: goes on from there\n"
     "ibfleet copy --from -a /var/log/nvidia logs|into logs/NODE/nvidia\n"},
    {COMMAND_ROLLOUT, "rollout", WORDS_HOSTS, "HOSTS [options]",
     "bring nodes to what the fleet file wants",
     "ibfleet rollout -a --plan|say what would be done, change nothing\n"
     "ibfleet rollout @gpu|print the plan, ask, do it\n"
     "ibfleet rollout -a --plan -o plan.json|the plan as a file, to be agreed on\n"
     "ibfleet rollout plan.json --yes|do that, and nothing else\n"
     "ibfleet rollout @gpu --yes --window 8 --max-failures 2|eight at once, unattended\n"
     "ibfleet rollout @gpu --driver 'doca-ofed 3.2.2'|the vendor's driver, of that version\n"
     "ibfleet rollout @gpu --rollback|back to the driver that was there before\n"
     "ibfleet rollout @gpu --take-over r1|from a run whose controller is lost for good\n"},
    {COMMAND_VALIDATE, "validate", WORDS_HOSTS, "HOSTS [options]",
     "measure pairs, judge the fabric",
     "ibfleet validate -a|each node with each other, suspects again alone\n"
     "ibfleet validate 'ib[001-512]' --rounds 8|a quick look at many\n"
     "ibfleet validate @gpu --json|for scripts\n"},
    {COMMAND_STATUS, "status", WORDS_RUN, "[RUN] [options]",
     "how a run stands, or all runs",
     "ibfleet status|the latest runs\n"
     "ibfleet status r1|each node of a rollout; what a validation found\n"
     "ibfleet status --follow|the rollout that is under way, live, also from another terminal\n"
     "ibfleet status r1 --follow --ndjson|its events, from the first one on\n"},
    {COMMAND_SHOW, "show", WORDS_NODE, "NODE [options]",
     "what happened to one node",
     "ibfleet show ib007|in the latest run: its road, or its pairs\n"
     "ibfleet show ib007 --run r1|in that run\n"},
    {COMMAND_REPORT, "report", WORDS_RUN, "[RUN] [-o FILE] [options]",
     "a rollout as one HTML file: what happened when, what failed, what to do",
     "ibfleet report|of the latest rollout, into ibfleet-RUN.html\n"
     "ibfleet report r1 -o /srv/www/upgrade.html|of that one, also while it is under way\n"
     "ibfleet report r1 -o -|to standard output\n"},
    {COMMAND_LOGS, "logs", WORDS_NODE, "NODE [options]",
     "what the programs of a rollout's steps said on a node",
     "ibfleet logs ib007|of the latest rollout there\n"
     "ibfleet logs ib007 --run r1 --step packages|of that run, only its package manager\n"},
    {COMMAND_RESUME, "resume", WORDS_RUN, "[RUN] [options]",
     "go on with a run that was interrupted or has failed nodes",
     "ibfleet resume|the latest that has not ended\n"
     "ibfleet resume r1 --failed|also those that failed, with what was planned for them\n"
     "ibfleet resume r1 --yes|without asking\n"},
    {COMMAND_PROMOTE, "promote", WORDS_RUN, "[RUN] [options]",
     "let the rest of a rollout follow its canaries",
     "ibfleet promote|of the one that is running\n"
     "ibfleet promote r1|said now, it also holds for who resumes r1\n"},
    {COMMAND_PAUSE, "pause", WORDS_RUN, "[RUN] [options]",
     "begin nothing new in a rollout, and leave it when nobody is under way",
     "ibfleet pause|the one that is running; resume goes on with it\n"
     "ibfleet pause r1 --now|leave those under way where they are\n"},
    {COMMAND_ABORT, "abort", WORDS_RUN, "[RUN] [options]",
     "end a rollout for good",
     "ibfleet abort r1|those under way come to their end, and nothing new is begun\n"
     "ibfleet abort r1 --now|leave them where they are\n"},
    {COMMAND_AZURE, "azure", WORDS_ACTION, "ACTION [HOSTS] --vmss RG/NAME [options]",
     "look at a scale set of Azure, and change it in batches",
     "ibfleet azure status --vmss hpc/ib|the set, its instances, what is in the way of RDMA\n"
     "ibfleet azure restart 'ib[000001-000004]' --vmss hpc/ib --batch 2|two at once, with a look at them between\n"
     "ibfleet azure extension add --vmss hpc/ib --plan|say what would be done, change nothing\n"
     "ibfleet azure template --os linux|the extension, for an ARM template\n"},
    {COMMAND_DOCTOR, "doctor", WORDS_NONE, "[options]",
     "is this controller able to do its work, and if not, why",
     "ibfleet doctor|each thing: ok, warn or bad, and what to do\n"
     "ibfleet doctor --fleet site.ini --json|for monitoring: status 1 when one is bad\n"},
    {.name = NULL},
};

#define AT(field) offsetof(struct options, field)
#define POLICY(name, key, argument, help)                                             \
    {name, 0, OPTION_TEXT, argument, AT(policy) + (key) * sizeof(const char *), 0, 0, \
     COMMAND_ROLLOUT | COMMAND_RESUME, help}

/* In the order in which help prints them. */
const struct option_row option_table[] = {
    /* name           letter type        argument    where            min max       commands  help */
    {"expand",        0,   OPTION_FLAG,   NULL,      AT(expand),       0, 0,        COMMAND_NODES,
     "one name per line"},
    {"count",         0,   OPTION_FLAG,   NULL,      AT(count),        0, 0,        COMMAND_NODES,
     "only how many"},
    {"groups",        0,   OPTION_FLAG,   NULL,      AT(groups),       0, 0,        COMMAND_NODES,
     "the groups that these nodes are in, of the fleet file and of groups.conf"},
    {"split",         0,   OPTION_NUMBER, "N",       AT(split),        1, 100000,   COMMAND_NODES,
     "N lines of about as many nodes each; also with --expand or --count"},
    {"format",        0,   OPTION_WORD,   "folded|expanded|ansible|slurm|hosts|json", AT(format), 0, 0, COMMAND_NODES,
     "an inventory of Ansible, a hostlist that Slurm reads, lines of /etc/hosts, ..."},

    {"gather",        'b', OPTION_FLAG,   NULL,      AT(gather),       0, 0,        COMMAND_EXEC,
     "wait for all, then equal output once under one hostlist"},
    {"diff",          0,   OPTION_FLAG,   NULL,      AT(diff),         0, 0,        COMMAND_EXEC,
     "as -b, but only what differs from the largest group of the lowest status"},
    {"outdir",        0,   OPTION_TEXT,   "DIR",     AT(outdir),       0, 0,        COMMAND_EXEC,
     "also each node's output into DIR/NODE.out and DIR/NODE.err, byte by byte; what stands there is replaced"},
    {"no-label",      'N', OPTION_FLAG,   NULL,      AT(no_label),     0, 0,        COMMAND_EXEC,
     "lines as they come, without their node before them"},
    {"quiet",         'q', OPTION_FLAG,   NULL,      AT(quiet),        0, 0,        COMMAND_EXEC | COMMAND_COPY,
     "no progress; of exec no word of commands that failed by themselves, of copy none of what went well: "
     "the exit status tells"},
    {"fail-fast",     'k', OPTION_FLAG,   NULL,      AT(fail_fast),    0, 0,        COMMAND_EXEC,
     "the first node that fails stops all others: exit status 3"},
    {"largest-status",'S', OPTION_FLAG,   NULL,      AT(largest_status), 0, 0,      COMMAND_EXEC,
     "exit with the largest status of the commands; 255 when a node has none to tell"},
    {"subst",         0,   OPTION_FLAG,   NULL,      AT(subst),        0, 0,        COMMAND_EXEC,
     "in COMMAND %h is the node, %n its number from 0, %u the login name, %% a percent sign"},
    {"stdin",         0,   OPTION_FLAG,   NULL,      AT(with_stdin),   0, 0,        COMMAND_EXEC,
     "each node's COMMAND reads what our standard input has; without it, it reads nothing, and a loop's or cron's stdin is left alone"},
    {"sudo",          0,   OPTION_FLAG,   NULL,      AT(exec_sudo),    0, 0,        COMMAND_EXEC | COMMAND_COPY,
     "as root by sudo -n: COMMAND, with its pipes and redirections; of copy what is written"},
    {"from",          0,   OPTION_FLAG,   NULL,      AT(from),         0, 0,        COMMAND_COPY,
     "from the nodes, each into DIR/NODE"},
    {"raw",           0,   OPTION_FLAG,   NULL,      AT(raw),          0, 0,        COMMAND_EXEC,
     "do not escape control characters of the nodes"},

    {"max-failures",  0,   OPTION_NUMBER, "N",       AT(max_failures), 0, 65536,    COMMAND_ROLLOUT | COMMAND_RESUME | COMMAND_AZURE,
     "so many may fail: nothing new is begun after one more; else the fleet file's, or no limit"},
    {"reboot",        0,   OPTION_WORD,   "auto|always|never", AT(reboot), 0, 0,    COMMAND_ROLLOUT,
     "whether nodes are rebooted: when they need it, in any case, not at all"},

    {"driver",        0,   OPTION_TEXT,   "DRIVER",  AT(driver),       0, 0,        COMMAND_ROLLOUT,
     "inbox, auto, 'doca-ofed [VERSION]', 'mlnx-ofed [VERSION]' or none; else the fleet file's, or inbox"},
    {"catalog",       0,   OPTION_TEXT,   "FILE",    AT(catalog),      0, 0,        COMMAND_ROLLOUT | COMMAND_RESUME,
     "which driver is for which machine; else what ibfleet knows itself"},
    {"mirror",        0,   OPTION_TEXT,   "URL",     AT(mirror),       0, 0,        COMMAND_ROLLOUT,
     "a folder that nodes fetch the vendor's bundles from; else the fleet file's, or the catalog's URLs"},
    {"proxy",         0,   OPTION_TEXT,   "URL",     AT(proxy),        0, 0,        COMMAND_ROLLOUT,
     "what nodes go through for that; else the fleet file's, or what their environment says"},
    {"hold",          0,   OPTION_WORD,   "driver|kernel|nothing", AT(hold), 0, 0,  COMMAND_ROLLOUT,
     "what package updates must not touch; else the fleet file's, or the vendor's driver"},
    {"remove",        0,   OPTION_FLAG,   NULL,      AT(remove),       0, 0,        COMMAND_ROLLOUT,
     "the vendor's driver goes, and the distribution's own comes back"},
    {"rollback",      0,   OPTION_FLAG,   NULL,      AT(rollback),     0, 0,        COMMAND_ROLLOUT,
     "the driver that was there before ibfleet's last install comes back"},

    {"install-timeout",0,  OPTION_NUMBER, "SECONDS", AT(install_timeout_s), 1, 14400, COMMAND_ROLLOUT | COMMAND_RESUME,
     "how long a node may take to install; else 1800, and longer for a vendor's driver"},
    {"reboot-timeout",0,   OPTION_NUMBER, "SECONDS", AT(reboot_timeout_s), 1, 14400, COMMAND_ROLLOUT | COMMAND_RESUME,
     "how long a node may take to come back from its reboot; else 600"},
    {"follow",        0,   OPTION_FLAG,   NULL,      AT(follow),       0, 0,        COMMAND_STATUS,
     "a rollout as it goes, until it has ended; without RUN the one that is under way, else the latest"},
    {"failed",        0,   OPTION_FLAG,   NULL,      AT(failed),       0, 0,        COMMAND_RESUME,
     "also try again those that failed"},
    {"take-over",     0,   OPTION_TEXT,   "RUN",     AT(take_over),    0, 0,        COMMAND_ROLLOUT | COMMAND_RESUME,
     "also nodes that RUN has claimed, when its controller is lost for good; else resume RUN, or wait: a claim "
     "ends by itself, and who is refused is told when"},

    {"all-pairs",     0,   OPTION_FLAG,   NULL,      AT(all_pairs),    0, 0,        COMMAND_VALIDATE,
     "each node with each other: the default, said aloud"},
    {"rounds",        0,   OPTION_NUMBER, "N",       AT(rounds),       1, 65536,    COMMAND_VALIDATE,
     "not all pairs: only N rounds, in each of which every node meets another"},
    {"samples",       0,   OPTION_NUMBER, "N",       AT(samples),      1, 1000000,  COMMAND_VALIDATE,
     "ping-pongs kept for each pair"},
    {"window-ms",     0,   OPTION_NUMBER, "MS",      AT(window_ms),    1, 60000,    COMMAND_VALIDATE,
     "length of a bandwidth window"},
    {"windows",       0,   OPTION_NUMBER, "N",       AT(windows),      1, 32,       COMMAND_VALIDATE,
     "bandwidth windows kept for each direction"},
    {"hca",           0,   OPTION_TEXT,   "NAME",    AT(hca),          0, 0,        COMMAND_VALIDATE,
     "the device to measure, mlx5_ib0; else the best of each node"},

    {"batch",         0,   OPTION_TEXT,   "N|N%",    AT(batch),        0, 0,        COMMAND_AZURE,
     "so many instances at once, each seen well before the next ones; else 1"},
    {"all-at-once",   0,   OPTION_FLAG,   NULL,      AT(all_at_once),  0, 0,        COMMAND_AZURE,
     "extension: even where the set's upgrade policy brings it to all instances at the same time"},
    {"os",            0,   OPTION_WORD,   "linux|windows", AT(os),     0, 0,        COMMAND_AZURE,
     "extension, template: InfiniBandDriverLinux or InfiniBandDriverWindows; else whichever is there, or linux"},
    {"extension-version",0,OPTION_TEXT,   "MAJOR.MINOR", AT(extension_version), 0, 0, COMMAND_AZURE,
     "of the extension; else the newest that is known"},
    {"settings",      0,   OPTION_TEXT,   "FILE",    AT(settings),     0, 0,        COMMAND_AZURE,
     "of the extension, a JSON object; - reads it from stdin; what upgrade is not given stays as it is"},
    {"form",          0,   OPTION_WORD,   "nested|toplevel|machine|powershell|az", AT(form), 0, 0, COMMAND_AZURE,
     "of the template: in the set's extensionProfile, a resource of its own, one of a machine, or commands"},
    {"category",      0,   OPTION_TEXT,   "NAME",    AT(category),     0, 0,        COMMAND_AZURE,
     "health: missing-ib, ib-performance, ib-port-down, ib-port-flapping, generic or investigate; else what the newest "
     "validation has proved"},
    {"physical-host", 0,   OPTION_TEXT,   "NAME",    AT(physical_host), 0, 0,       COMMAND_AZURE,
     "health: what Azure calls the machine below the node; else what the node said when it was rolled out"},
    {"keep-extension",0,   OPTION_FLAG,   NULL,      AT(keep_extension), 0, 0,      COMMAND_ROLLOUT | COMMAND_RESUME,
     "roll out although Microsoft's extension is in the set's model and may undo it at the next boot"},
    {"keep-repairs",  0,   OPTION_FLAG,   NULL,      AT(keep_repairs), 0, 0,        COMMAND_ROLLOUT | COMMAND_RESUME,
     "do not suspend the set's automatic repairs meanwhile: Azure may replace nodes that reboot"},

    {"plan",          0,   OPTION_FLAG,   NULL,      AT(plan),         0, 0,        COMMAND_ROLLOUT | COMMAND_VALIDATE | COMMAND_AZURE,
     "say what would happen, change nothing"},
    {"yes",           'y', OPTION_FLAG,   NULL,      AT(yes),          0, 0,        COMMAND_ROLLOUT | COMMAND_RESUME | COMMAND_AZURE,
     "do not ask"},
    {"now",           0,   OPTION_FLAG,   NULL,      AT(now),          0, 0,        COMMAND_PAUSE | COMMAND_ABORT,
     "leave those under way where they are; what they have begun goes on there"},
    {"run",           0,   OPTION_TEXT,   "RUN",     AT(run),          0, 0,        COMMAND_STATUS | COMMAND_SHOW | COMMAND_LOGS | COMMAND_RESUME | COMMAND_REPORT | ASKING,
     "the same as RUN; of show and logs: not the node's latest but this one"},
    {"step",          0,   OPTION_TEXT,   "STEP",    AT(step),         0, 0,        COMMAND_LOGS,
     "only of this step: packages, fetch, driver, dkms, modules, ..."},

    /* the keys of [policy], which check what is given */
    POLICY("window", POLICY_WINDOW, "N",
     "nodes under way at once within a batch"),
    POLICY("canary", POLICY_CANARY, "WHO",
     "coverage, a number or HOSTS: they go first, and alone"),
    POLICY("promote", POLICY_PROMOTE, "auto|manual",
     "whether the rest follows the canaries by itself"),
    POLICY("soak", POLICY_SOAK, "TIME",
     "how long a changed node is left alone before it goes back into service"),
    POLICY("ramp", POLICY_RAMP, "SIZES",
     "sizes of the batches: '1, 1%, 5%, 20%'"),
    POLICY("max-unavailable", POLICY_MAX_UNAVAILABLE, "N|N%",
     "nodes of the fleet that may be unavailable at once, for whatever cause"),
    POLICY("max-unavailable-partition", POLICY_MAX_UNAVAILABLE_PARTITION, "N|N%",
     "the same of each partition of the scheduler"),
    POLICY("max-unavailable-zone", POLICY_MAX_UNAVAILABLE_ZONE, "N|N%",
     "the same of each availability zone"),
    POLICY("max-unavailable-placement", POLICY_MAX_UNAVAILABLE_PLACEMENT, "N|N%",
     "the same of each placement group"),
    POLICY("max-unavailable-leaf", POLICY_MAX_UNAVAILABLE_LEAF, "N|N%",
     "the same of each leaf switch"),
    POLICY("budget-upgraded", POLICY_BUDGET_UPGRADED, "N|N%",
     "so many of those that have ended may have failed"),
    POLICY("budget-fleet", POLICY_BUDGET_FLEET, "N|N%",
     "so many nodes of the fleet may be unhealthy when a node is begun"),
    POLICY("consecutive", POLICY_CONSECUTIVE, "N",
     "so many failures in a row stop it"),
    POLICY("same-failure", POLICY_SAME_FAILURE, "N",
     "so many failures of the same kind stop it"),
    POLICY("healthy-deadline", POLICY_HEALTHY_DEADLINE, "TIME",
     "how long a node may be out of service until it is well"),
    POLICY("progress-deadline", POLICY_PROGRESS_DEADLINE, "TIME",
     "how long nodes may be at work and none come to a good end"),
    POLICY("wait-deadline", POLICY_WAIT_DEADLINE, "TIME",
     "how long a veto, or a missing promote, is waited out before the run is paused"),
    POLICY("hours", POLICY_HOURS, "HOURS",
     "nodes are begun in these only: 'Mon-Fri 20:00-06:00, Sat, Sun'"),
    POLICY("veto", POLICY_VETO, "PROGRAM",
     "asked before nodes are begun"),
    POLICY("order", POLICY_ORDER, "WORDS",
     "unhealthy, spread, name: who goes before whom"),
    POLICY("hold-nodes", POLICY_HOLD, "HOSTS",
     "not to be begun for now"),
    POLICY("skip", POLICY_SKIP, "HOSTS",
     "passed over, though they are named"),
    POLICY("on-failure", POLICY_ON_FAILURE, "leave-drained|rollback|undrain",
     "what becomes of a node that failed"),
    POLICY("scheduler", POLICY_SCHEDULER, "WHICH",
     "auto, slurm, none, or a program"),
    POLICY("strategy", POLICY_STRATEGY, "drain|when-idle|reservation",
     "how nodes are taken out of service"),
    POLICY("drain-deadline", POLICY_DRAIN_DEADLINE, "TIME",
     "how long a node's jobs are waited for"),
    POLICY("on-timeout", POLICY_ON_TIMEOUT, "skip|fail|force",
     "what becomes of a node whose jobs have not ended by then"),
    POLICY("reboot-by", POLICY_REBOOT_BY, "ibfleet|scheduler",
     "who reboots nodes"),
    POLICY("fabric-check", POLICY_FABRIC_CHECK, "yes|no",
     "measure changed nodes before they go back into service"),
    POLICY("references", POLICY_REFERENCES, "N",
     "good nodes that are kept out of service for that"),
    POLICY("before-node", POLICY_BEFORE_NODE, "PROGRAM",
     "run before a node is begun"),
    POLICY("after-node", POLICY_AFTER_NODE, "PROGRAM",
     "run when a node has ended"),
    POLICY("before-batch", POLICY_BEFORE_BATCH, "PROGRAM",
     "run before a batch is begun"),
    POLICY("after-batch", POLICY_AFTER_BATCH, "PROGRAM",
     "run when a batch has ended"),
    POLICY("hook-deadline", POLICY_HOOK_DEADLINE, "TIME",
     "how long each of these may take"),
    POLICY("metrics", POLICY_METRICS, "FILE.prom",
     "a text file for Prometheus"),
    POLICY("log", POLICY_LOG, "auto|journald|syslog|none",
     "where the run is written beside its journal"),

    {"hosts",         'w', OPTION_HOSTS,  "HOSTS",   AT(hosts),        0, 0,        HOSTED | COMMAND_AZURE,
     "nodes: 'ib[001-128],@gpu!ib007'; comes as often as you like"},
    {"all",           'a', OPTION_FLAG,   NULL,      AT(all),          0, 0,        HOSTED,
     "the whole fleet"},
    {"exclude",       'x', OPTION_HOSTS,  "HOSTS",   AT(exclude),      0, 0,        HOSTED | COMMAND_RESUME | COMMAND_AZURE,
     "but not these; resume ends them as failed"},
    {"pick",          0,   OPTION_NUMBER, "N",       AT(pick),         1, 100000,   HOSTED,
     "only N of them, by chance"},
    {"seed",          0,   OPTION_NUMBER, "N",       AT(seed),         0, 2147483647, HOSTED,
     "with --pick: the same N each time for the same nodes"},
    {"fleet",         0,   OPTION_TEXT,   "FILE",    AT(fleet),        0, 0,        EVERY,
     "else $IBFLEET_FLEET, ./fleet.ini, /etc/ibfleet/fleet.ini"},
    {"vmss",          0,   OPTION_HOSTS,  "RG/NAME", AT(vmss),         0, 0,        SCALED,
     "the running instances of this scale set of Azure are nodes; comes as often as you like; alone it takes all "
     "of them"},
    {"filter",        0,   OPTION_TEXT,   "KEY=VALUE,...", AT(filter), 0, 0,        SCALED,
     "only instances with this state, zone, placement, size, model, health or id"},
    {"max-age",       0,   OPTION_NUMBER, "SECONDS", AT(max_age_s),    0, 31536000, SCALED,
     "how old what is known of the set may be before Azure is asked again; else 60"},
    {"subscription",  0,   OPTION_TEXT,   "ID",      AT(subscription), 0, 0,        SCALED,
     "else $AZURE_SUBSCRIPTION_ID, that of this machine, or of az"},
    {"cloud",         0,   OPTION_TEXT,   "public|usgov|china", AT(cloud), 0, 0,    SCALED,
     "else that of this machine, or public"},
    {"credential",    0,   OPTION_TEXT,   "KIND",    AT(credential),   0, 0,        SCALED,
     "managed-identity, cli, token, client-secret, client-certificate or workload-identity; else the first of these "
     "that there is"},

    {"user",          'l', OPTION_TEXT,   "USER",    AT(user),         0, 0,        REACHING,
     "login name"},
    {"key",           'i', OPTION_TEXT,   "FILE",    AT(key),          0, 0,        REACHING,
     "key to log in with; else those of ~/.ssh and the ssh-agent"},
    {"port",          'p', OPTION_TEXT,   "PORT",    AT(port),         0, 0,        REACHING,
     "SSH port; what is typed wins over the fleet file"},
    {"known-hosts",   0,   OPTION_TEXT,   "FILES",   AT(known_hosts),  0, 0,        REACHING,
     "host keys, files parted by commas; else ~/.ssh/known_hosts"},
    {"host-keys",     0,   OPTION_WORD,   "strict|accept-new", AT(host_keys), 0, 0, REACHING,
     "accept-new learns unknown keys; a changed one is always refused"},
    {"ssh",           0,   OPTION_WORD,   "auto|libssh2|openssh", AT(ssh), 0, 0,    REACHING,
     "openssh: through the OpenSSH client, a process for each node; auto: where libssh2 cannot, and says why"},
    {"ssh-config",    0,   OPTION_TEXT,   "FILE",    AT(ssh_config),   0, 0,        REACHING,
     "or none; else ~/.ssh/config and /etc/ssh/ssh_config"},
    {"jump",          'J', OPTION_TEXT,   "[USER@]HOST[:PORT]", AT(jump), 0, 0,        REACHING,
     "go through this jump host, with one connection for all nodes; more than one with commas"},
    {"width",         'f', OPTION_NUMBER, "N",       AT(width),        1, 65536,    CALLING,
     "nodes logging in at once, and of exec running at once; else as many as loop and servers bear"},
    {"timeout",       0,   OPTION_NUMBER, "SECONDS", AT(timeout_s),    1, 86400,    REACHING,
     "patience with a node's login, and with its answer; with a server that turns logins away, else at most 120"},
    {"unprivileged",  0,   OPTION_FLAG,   NULL,      AT(unprivileged), 0, 0,        COMMAND_PROBE | COMMAND_VALIDATE | COMMAND_LOGS,
     "no sudo: the agent goes to the user's own folder"},

    {"json",          0,   OPTION_FLAG,   NULL,      AT(json),         0, 0,        EVERY,
     "the result as one object"},
    {"ndjson",        0,   OPTION_FLAG,   NULL,      AT(ndjson),       0, 0,        CALLING | COMMAND_STATUS,
     "one object per line as things happen; of status with --follow"},
    {"progress",      0,   OPTION_WORD,   "auto|tty|plain|none", AT(progress), 0, 0, CALLING | COMMAND_AZURE | COMMAND_STATUS,
     "on stderr, of --follow on stdout; auto: a bar on a terminal, else lines"},
    {"out",           'o', OPTION_TEXT,   "FILE",    AT(out),          0, 0,        COMMAND_REPORT | COMMAND_ROLLOUT,
     "where it is written, in one step; - is standard output; of a report else ./ibfleet-RUN.html; of rollout, with --plan: "
     "the plan, to be agreed on, then  ibfleet rollout FILE.json"},
    {"state",         0,   OPTION_TEXT,   "DIR",     AT(state),        0, 0,        EVERY,
     "where runs are kept; else /var/lib/ibfleet or ~/.local/state/ibfleet"},
    {"help",          'h', OPTION_FLAG,   NULL,      AT(help),         0, 0,        EVERY,
     "this help"},
    {.name = NULL},
};
/* clang-format on */

/* The headings of help, each from the option of that name on.  So a new row is under the
 * heading of its neighbours.
 */
static const struct {
    const char *title, *from;
} groups[] = {
    {"This command", NULL},
    {"How it goes through the fleet: ibfleet-policy(7)", "window"},
    {"Which nodes", "hosts"},
    {"How to reach them", "user"},
    {"What comes out", "json"},
};

const char *option_group(const struct option_row *row)
{
    size_t group = 0, next = 1, count = sizeof groups / sizeof *groups;

    for (const struct option_row *o = option_table; o <= row; o++)
        if (next < count && strcmp(o->name, groups[next].from) == 0)
            group = next++;
    return groups[group].title;
}

/* A pipe in the example itself: what explains comes after the last one. */
struct option_example option_example_next(const char **at)
{
    const char *line = *at, *end = strchr(line, '\n'), *bar = strchr(line, '|');

    for (const char *more = bar; more && more < end; more = strchr(more + 1, '|'))
        bar = more;
    *at = end + 1;
    return (struct option_example){line, bar + 1, (int)(bar - line),
                                   (int)(end - bar - 1)};
}

const struct command_row *command_row_named(const char *name)
{
    for (const struct command_row *row = command_table; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct command_row *command_row_of(enum command_kind kind)
{
    for (const struct command_row *row = command_table; row->name; row++)
        if (row->kind == kind)
            return row;
    return NULL;
}

bool command_takes_hosts(enum command_kind kind)
{
    return (kind & HOSTED) != 0;
}
