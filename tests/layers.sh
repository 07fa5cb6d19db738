#!/bin/bash
# layers.sh   who may include whom; prints file, line and rule for each offence
#
# protocol <- inventory <- { controller, node-agent }, and the last two never see
# each other.  One third-party library lives in one folder.  A header of ours
# includes no library's header.  No file includes itself through others.
set -u
bad=0

forbid() # PATTERN WHY FILE...
{
    local pattern=$1 why=$2
    shift 2
    [ $# -gt 0 ] || return 0
    if grep -nE "^# *include [\"<]($pattern)" "$@" /dev/null; then
        echo "    ^ $why"
        bad=1
    fi
}
files() { git ls-files --cached --others --exclude-standard -- "$@" | grep '\.[ch]$' | while read -r f; do [ -f "$f" ] && echo "$f"; done; }
except() { grep -v "^$1" || true; }

mapfile -t protocol < <(files protocol)
mapfile -t inventory < <(files inventory)
mapfile -t controller < <(files controller)
mapfile -t agent < <(files node-agent)
mapfile -t headers < <(files '*.h' | grep -v '^tests/')

forbid 'inventory/|controller/|node-agent/|tests/|uv\.h' 'protocol includes only itself' "${protocol[@]}"
forbid 'controller/|node-agent/|tests/|uv\.h' 'inventory sees only protocol' "${inventory[@]}"
forbid 'node-agent/|tests/' 'the controller never sees the agent' "${controller[@]}"
forbid 'controller/|tests/|uv\.h' 'the agent never sees the controller' "${agent[@]}"
forbid '(uv|libssh2|sqlite3|curl/curl|cjson/cJSON|yaml|infiniband/verbs|ini|openssl/[a-z]+)\.h' \
    "a header of ours includes no library's header" "${headers[@]}"

one_home() # HEADER HOME
{
    mapfile -t rest < <(files . | grep -v '^tests/' | except "$2")
    forbid "$1" "$1 lives in $2 only" "${rest[@]}"
}
one_home 'libssh2\.h' controller/ssh/
one_home 'curl/' controller/azure/
one_home 'openssl/' 'controller/\(ssh/\|azure/assertion\)'
one_home 'sqlite3\.h' controller/journal/
one_home 'infiniband/verbs\.h' node-agent/verbs/
one_home 'ini\.h' inventory/fleet
one_home 'yaml\.h' inventory/groups_yaml
one_home 'cjson/cJSON\.h' protocol/json
one_home 'sha2(56)?\.h' protocol/digest

# Pure files decide; they know no loop, no clock and no socket.
pure='(inventory|controller/manual)/.*
protocol/[a-z_]*
controller/azure/(cloud|secret|throttle|web_headers|arm_error|arm_url|token_answer|token_choice)
controller/copy/(giver|taker|opening|consignment)
controller/door/(doorway|flow|pause|places|retry)
controller/doctor/checkup
controller/exec/(allotment|answers?|gather|diff|shell_line|reaper)
controller/(tail|roster|option_words)
controller/vmss/(action|standing|census_note)
controller/extension/(quote|template|deed_extension|extension_(plan|told|report))
controller/azure/(preflight[a-z_]*|survey_order)
controller/fabric/(pairs|robust|tally|finding|islands|grid|capacity|alike|explain|sentence)
controller/fabric/(schedule|pace|harvest|retest|absence|verdict)
controller/link/(link_state|bootstrap|requests|talk|attempt|allowance)
controller/openssh/(arguments|child_state|complaint|detours|settings|sshconfig|gate|mark)
controller/(repairs/repairs_(choice|tell)|health/health)
controller/scheduler/(namebook|sighting|slurm_[a-z]+|command_answer|custody|words)
controller/rollout/(policy|breaker|lineup|sequence|scopes|course|estimate|node_state|failing|deadline|dossier|order|plan|signature)
controller/report/(mishaps|follow_words|html|shade|axis|tide|spans|timeline|report_failures|report_tables|report_asked)
controller/relay/(tube|tubes)
controller/ssh/(session_state|outqueue|blob|ssh_order|turns|keyagent_wire|askqueue|hashedname|hostpattern|hosttable|hostverdict)
controller/program/program_state
controller/outside/(hook_doc|hook_answer|metrics|notice)
controller/deed/(batch|deed_state|deed_instance|deed_mark|deed_view|deed_kinds)
controller/validate/(headline|listing|choice|result_json|result_text|saying)'
mapfile -t rest < <(files . | grep -xE "($(paste -sd '|' <<<"$pure"))\.c")
forbid '(uv|time|sys/time|sys/socket|unistd|pthread)\.h' 'a pure file knows no loop, clock or socket' "${rest[@]}"

# Every base name once, so that a name alone says which file is meant.
twice=$(files . | grep -v '^tests/' | sed 's|.*/||' | sort | uniq -d | grep -v '^main\.c$' | grep -v '^cmd' || true)
[ -z "$twice" ] || { echo "base names used twice: $twice"; bad=1; }

# bash -e lets a "! ..." pass that is not the last command, and the test cannot fail.
mapfile -t bats < <(git ls-files -- 'tests/*.bats')
if grep -nE '^ +! [^|]*(\|[^|]+)?$' "${bats[@]}"; then
    echo "    ^ it cannot fail: ! ... || false"
    bad=1
fi

# Include cycles: tsort names the files of each.
cycles=$(grep -nE '^# *include "' "${headers[@]}" /dev/null |
    sed -E 's/^([^:]*):[0-9]*:# *include "([^"]*)".*/\1 \2/' | tsort 2>&1 >/dev/null)
[ -z "$cycles" ] || { echo "$cycles"; bad=1; }

exit $bad
