#include "controller/screen/advice.h"

#include <assert.h>
#include <stddef.h>

/* clang-format off */
static const struct {
    const char *title, *advice;
} words[FAIL_CODE_COUNT] = {
    [FAIL_NONE]             = {"well", NULL},
    [FAIL_USAGE]            = {"wrong usage", "see: ibfleet help"},
    [FAIL_FLEET_FILE]       = {"fleet file", "correct the line that is named"},
    [FAIL_HOSTLIST]         = {"hostlist", "see who is there: ibfleet nodes -a"},
    [FAIL_GROUP_SOURCE]     = {"group source",
        "run the line that is named by hand, or correct its groups.conf"},
    [FAIL_KEY_FILE]         = {"private key not usable",
        "-i KEY names another; one with a passphrase goes through an ssh-agent"},
    [FAIL_NO_SUCH_RUN]      = {"no such run", "see which there are: ibfleet status"},
    [FAIL_CATALOG]          = {"driver catalog", "correct the row and field that are named"},
    [FAIL_AZURE_ANSWER]     = {"Azure's answer not understood",
        "what is named is not as Azure's API description says: is it really Azure that answers?"},
    [FAIL_PREFLIGHT]        = {"refused by a check", "what to change is said with it"},
    [FAIL_RESOLVE]          = {"name not resolved",
        "give its address in the fleet file:  [nodes]  NODE = ADDRESS"},
    [FAIL_CONNECT]          = {"not reachable",
        "is it on, and sshd at that address and port?  ssh -v NODE"},
    [FAIL_NO_ANSWER]        = {"no answer over SSH",
        "off, hung or overloaded? look at its console;  --timeout gives it longer"},
    [FAIL_HANDSHAKE]        = {"SSH handshake failed",
        "not an sshd, too busy, or hardened beyond libssh2's algorithms:  ssh -v NODE"},
    [FAIL_TURNED_AWAY]      = {"turned away before the login",
        "raise MaxStartups in its sshd_config; or not an sshd?  ssh -v NODE"},
    [FAIL_NOT_NOW]          = {"turned away by sshd for now",
        "wait 10 minutes, or in its sshd_config: PerSourcePenaltyExemptList, MaxStartups"},
    [FAIL_HOST_KEY_CHANGED] = {"host key changed",
        "reinstalled? compare the key at its console, then:  ssh-keygen -R NODE"},
    [FAIL_HOST_KEY_ANOTHERS] = {"host key of another node",
        "is its address right? when nodes share an image: new host keys, then  ssh-keygen -R NODE"},
    [FAIL_HOST_REPLACED]    = {"machine replaced",
        "a new instance? compare the key at its console, then:  ssh-keygen -R NODE"},
    [FAIL_HOST_KEY_UNKNOWN] = {"host key unknown",
        "compare and add it to known_hosts, or trust the first one:  --host-keys accept-new"},
    [FAIL_AUTH_REFUSED]     = {"login refused",
        "is our public key in the user's authorized_keys?  -l USER -i KEY choose others"},
    [FAIL_JUMP_HOST]        = {"jump host cannot relay",
        "it must start a program of ours: another one with -J, or  --ssh openssh  (a process for each node)"},
    [FAIL_TIMEOUT]          = {"no answer in time",
        "hung or overloaded? look at its console;  --timeout gives it longer"},
    [FAIL_LINK_LOST]        = {"connection lost", "run it again when the node is back"},
    [FAIL_SUDO_PASSWORD]    = {"sudo wants a password",
        "a NOPASSWD line in its sudoers, or  -l root;  probe and validate: --unprivileged"},
    [FAIL_PUSH]             = {"agent not pushed",
        "is there room, and may the user write?  df; ls -ld of the folder named"},
    [FAIL_NO_AGENT]         = {"agent not started",
        "what the node said is above; a file system mounted noexec?"},
    [FAIL_GARBAGE]          = {"does not speak our protocol",
        "a profile that prints, a forced command, or another agent:  ssh NODE true"},
    [FAIL_FLOOD]            = {"too much output", "what does its login print?  ssh NODE true"},
    [FAIL_VERSION]          = {"other version of the agent", "push ours: no `agent =` in the fleet file"},
    [FAIL_DISK_FULL]        = {"disk full", "make room, then roll out again: what is done is not done twice"},
    [FAIL_CLAIMED]          = {"claimed by another controller", "go on with it there:  ibfleet resume RUN;  is it lost for good?  --take-over RUN"},
    [FAIL_STALE_EPOCH]      = {"claim superseded", "another controller has taken over this run"},
    [FAIL_UNSUPPORTED]      = {"not supported", NULL},
    [FAIL_NOT_ROOT]         = {"needs root", "log in as root, or let sudo do it without a password"},
    [FAIL_PACKAGES]         = {"packages not installed", "all its package manager said:  ibfleet logs NODE"},
    [FAIL_MODULE]           = {"kernel module", "is the modules package of the running kernel installed?"},
    [FAIL_STEP]             = {"step failed", "all of its output:  ibfleet logs NODE"},
    [FAIL_REBOOT]           = {"did not reboot", "look at its console"},
    [FAIL_VERIFY]           = {"not as wanted after the work", "what differs:  ibfleet probe NODE"},
    [FAIL_AGENT_DIED]       = {"agent died", "killed, or out of memory?  dmesg on the node"},
    [FAIL_COMMAND]          = {"command failed", NULL},
    [FAIL_COPY]             = {"not copied", "what stands in the way is named:  ls -ld of it, or -l root"},
    [FAIL_NO_HCA]           = {"no RDMA device", "ibfleet rollout installs one; what is there:  ibfleet probe NODE"},
    [FAIL_PORT_DOWN]        = {"port down", "cable, switch port, subnet manager"},
    [FAIL_VERBS]            = {"verbs call failed", "does ibv_devinfo work there?  dmesg on the node"},
    [FAIL_PARTNER]          = {"partner silent", "its own line says why, when it has one; else measure again"},
    [FAIL_PATH]             = {"path broken", "both ends answer, but not each other"},
    [FAIL_CONFIG_DIFFERS]   = {"configuration differs", "see the classes:  ibfleet probe"},
    [FAIL_AZURE_LOGIN]      = {"no login at Azure",
        "az login, a managed identity, or --credential SOURCE with its AZURE_... variables"},
    [FAIL_AZURE_FORBIDDEN]  = {"a right is missing at Azure",
        "give the identity a role with that right:  az role assignment create"},
    [FAIL_AZURE_NOT_FOUND]  = {"not found at Azure",
        "is it that subscription (--subscription ID), resource group and name?"},
    [FAIL_AZURE_REFUSED]    = {"refused by Azure", "Azure's reason is said with it"},
    [FAIL_AZURE_TRUST]      = {"Azure's certificate not trusted",
        "behind a proxy that opens TLS:  ca_bundle = FILE in [azure] names its certificates"},
    [FAIL_AZURE_UNREACHABLE] = {"Azure not reachable",
        "does this machine reach it?  A proxy is said by https_proxy"},
    [FAIL_AZURE_THROTTLED]  = {"too many calls for Azure",
        "wait some minutes; others in this subscription may be calling, too"},
    [FAIL_AZURE_SERVER]     = {"Azure's own error", "try again; https://status.azure.com"},
    [FAIL_AZURE_OPERATION]  = {"an operation of Azure's failed",
        "Azure's reason is said with it"},
    [FAIL_AZURE_VANISHED]   = {"an operation of Azure's is not known any more",
        "see what has become of it:  ibfleet nodes --vmss RG/NAME"},
    [FAIL_BUDGET]           = {"stopped by the failure budget",
        "mend what failed, then, a rollout:  ibfleet resume RUN --failed;  anything else: run it again"},
    [FAIL_INTERRUPTED]      = {"interrupted", "a rollout goes on with:  ibfleet resume RUN;  anything else is begun anew"},
    [FAIL_MEMORY]           = {"out of memory", "free some, or take fewer nodes at once"},
    [FAIL_STATE]            = {"state folder", "what is wrong with it:  ibfleet doctor;  --state DIR takes another"},
    [FAIL_BUG]              = {"internal error", "a bug of ibfleet: please report it"},
    [FAIL_UNKNOWN]          = {"unknown failure", NULL},
};
/* clang-format on */

const char *advice_title(enum fail_code code)
{
    assert(code < FAIL_CODE_COUNT);
    return words[code].title ? words[code].title : fail_code_name(code);
}

const char *advice_of(enum fail_code code)
{
    assert(code < FAIL_CODE_COUNT);
    return words[code].advice;
}
