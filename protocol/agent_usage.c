#include "protocol/agent_usage.h"

#include <string.h>

#define SPOKEN (AGENT_DETECT | AGENT_INSTALL | AGENT_STATUS)
#define ALL    ((1u << 11) - 1)

/* clang-format off */
const struct agent_command_row agent_command_table[] = {
    {AGENT_DETECT, "detect", 0, 0, true, "[options]",
     "what this machine is: size, NICs, driver, and what stands in the way",
     "ibfleet-agent detect|a few lines for people\n"
     "ibfleet-agent detect --json|all facts\n"},
    {AGENT_INSTALL, "install", 0, 0, true, "[options]",
     "bring this machine to a working RDMA stack, as a rollout would",
     "ibfleet-agent install --plan|say what would be done, change nothing\n"
     "ibfleet-agent install|what the catalog prefers for this machine\n"
     "ibfleet-agent install --driver 'doca-ofed 3.2.2' --reboot auto|that driver; reboot when it needs it\n"
     "ibfleet-agent install --bundle /opt/MLNX_OFED.tgz|without a way out: the bundle is in the image\n"
     "ibfleet-agent install --rollback|the driver that was there before\n"},
    {AGENT_STATUS, "status", 0, 0, true, "[--json]",
     "is the machine as its last install wanted it? For a health probe: 0 when it is",
     "ibfleet-agent status|driver, DKMS, ports, what was done last\n"
     "ibfleet-agent status --json|for scripts\n"},
    {AGENT_UNINSTALL, "uninstall", 0, 0, true, "[--driver]",
     "remove what ibfleet left here, not the packages",
     "ibfleet-agent uninstall|the driver stays\n"
     "ibfleet-agent uninstall --driver|the vendor's driver goes, too\n"},
    {AGENT_HELP, "help", 0, 1, true, "[COMMAND]",
     "what COMMAND does: examples, then every option", ""},
    {AGENT_VERSION, "version", 0, 0, true, "", "the version", ""},
    {AGENT_SERVE, "serve", 0, 0, false, "", "speak with a controller on stdin and stdout", ""},
    {AGENT_RELAY, "relay", 0, 0, false, "", "connect to nodes for a controller, on a jump host", ""},
    {AGENT_RECEIVE, "receive", 0, 0, false, "", "take what a controller copies here", ""},
    {AGENT_SEND, "send", 0, 0, false, "", "give a controller what it copies from here", ""},
    {AGENT_STEP, "step", 3, 3, false, "RUN STEP ATTEMPT", "what the unit of a step runs", ""},
    {.name = NULL},
};

const struct agent_option_row agent_option_table[AGENT_OPTIONS] = {
    [AGENT_OPTION_DRIVER] = {"driver", "DRIVER", AGENT_INSTALL,
     "auto, as it is without this: the driver that is there when it suits the NIC, else what the "
     "catalog prefers; inbox: the distribution's own; 'doca-ofed [VERSION]', 'mlnx-ofed [VERSION]'; none"},
    [AGENT_OPTION_CATALOG] = {"catalog", "FILE", AGENT_INSTALL,
     "which driver is for which machine; else the catalog that is in the agent"},
    [AGENT_OPTION_BUNDLE] = {"bundle", "FILE", AGENT_INSTALL,
     "the vendor's bundle, already on this machine; its SHA-256 must be the catalog's"},
    [AGENT_OPTION_MIRROR] = {"mirror", "URL", AGENT_INSTALL,
     "the folder that has the bundles; else the catalog's own URLs"},
    [AGENT_OPTION_PROXY] = {"proxy", "URL", AGENT_INSTALL,
     "for the download; else what the environment says"},
    [AGENT_OPTION_HOLD] = {"hold", "WHAT", AGENT_INSTALL,
     "what no update may undo: driver, as it is without this; kernel: that and the kernel; nothing"},
    [AGENT_OPTION_NO_IPOIB] = {"no-ipoib", NULL, AGENT_INSTALL,
     "do not give IPoIB interfaces the addresses that Azure means for them"},
    [AGENT_OPTION_NAMES] = {"names", NULL, AGENT_INSTALL,
     "RDMA devices keep their names over boots: mlx5_ib0, mlx5_an0, ..."},
    [AGENT_OPTION_RXE] = {"rxe", "INTERFACE", AGENT_INSTALL,
     "where there is no HCA: Soft-RoCE on this interface"},
    [AGENT_OPTION_REBOOT] = {"reboot", "WHEN", AGENT_INSTALL,
     "never, as it is without this: what was installed is loaded as far as that is possible, and the "
     "last line says when a reboot is needed; auto: when it is needed; always: after any step"},
    [AGENT_OPTION_REMOVE] = {"remove", NULL, AGENT_INSTALL,
     "the vendor's driver goes, the distribution's own stays"},
    [AGENT_OPTION_ROLLBACK] = {"rollback", NULL, AGENT_INSTALL,
     "the driver is to be what it was before ibfleet changed it"},
    [AGENT_OPTION_PLAN] = {"plan", NULL, AGENT_INSTALL,
     "only say what would be done, and exit as install would"},
    [AGENT_OPTION_DROP] = {"driver", NULL, AGENT_UNINSTALL,
     "first the vendor's driver goes"},
    [AGENT_OPTION_ROOT] = {"root", "DIR", AGENT_DETECT | AGENT_INSTALL,
     "what is below DIR instead of this machine; of install with --plan only"},
    [AGENT_OPTION_JSON] = {"json", NULL, SPOKEN,
     "one object, for scripts"},
    [AGENT_OPTION_HELP] = {"help", NULL, ALL,
     "this help"},
};
/* clang-format on */

const struct agent_command_row *agent_command_named(const char *name)
{
    for (const struct agent_command_row *row = agent_command_table; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}
