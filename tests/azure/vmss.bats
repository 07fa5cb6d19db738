#!/usr/bin/env bats
# vmss.bats - --vmss: the instances of a scale set as nodes of ibfleet

here=$BATS_TEST_DIRNAME BATS_TEST_DIRNAME=${BATS_TEST_DIRNAME%/azure}/e2e
load azure
load fleet
BATS_TEST_DIRNAME=$here

: "${BUILD:?is not set: make check-azure does it}"

# ibfleet as fleet.bash runs it, in this Azure, with a token from a file.
in_azure() # WORD...
{
    https_proxy=$AZURE_PROXY no_proxy= AZURE_SUBSCRIPTION_ID=$AZURE_SUB \
        AZURE_TOKEN_FILE=$AZURE_DIR/token CURL_CA_BUNDLE=$AZURE_CA \
        AZURE_POD_IDENTITY_AUTHORITY_HOST=$AZURE_METADATA \
        ibfleet "$1" --cloud public --credential token "${@:2}"
}
setup()
{
    sshd_prepare
    export STATE=$SSHD_DIR/state
    cd "$SSHD_DIR" # where there is no fleet.ini
    unset IBFLEET_FLEET
}
azure_begin() # < SCENARIO
{
    azure_start
    printf '%s\n' "$AZURE_BEARER" >"$AZURE_DIR/token"
}
teardown()
{
    azure_keep "$STATE" "$SSHD_DIR/out" "$SSHD_DIR/err" 2>/dev/null || true
    azure_stop
    fleet_remove
}
calls() { azure_ask calls | jq 'add // 0'; }
does() # SET DEED ID [MORE]
{
    azure_steer instance "{\"set\":\"hpc/$1\",\"do\":\"$2\",\"id\":\"$3\"${4:+,$4}}" >/dev/null
}
keeps_to() { "${BATS_TEST_DIRNAME%/azure}/e2e/schema-check" "$1" <"$SSHD_DIR/out"; }

@test "alone it takes the running instances, and names those it leaves out" {
    azure_begin <<<'{"sets":[{"name":"ib","count":4}]}'
    does ib change 2 '"power":"deallocated"'
    in_azure nodes --vmss hpc/ib
    [ "$status" = 0 ]
    [ "$out" = "ib[000000-000001,000003]" ]
    [[ $err == *"scale set hpc/ib: not running, left out: ib000002"* ]]
    in_azure nodes --vmss hpc/ib --filter state=deallocated
    [ "$out" = "ib000002" ]
}

@test "HOSTS choose among them, and each set is a group" {
    azure_begin <<<'{"sets":[{"name":"ib","count":4},{"name":"fx","mode":"Flexible","prefix":"fx","count":2}]}'
    in_azure nodes --vmss hpc/ib,hpc/fx 'ib[000001-000003]!ib000002'
    [ "$out" = "ib[000001,000003]" ]
    in_azure nodes --vmss hpc/ib --vmss hpc/fx @fx
    [ "$out" = "fx[000000-000001]" ]
    in_azure nodes --vmss hpc/ib ib000009
    [ "$status" = 2 ]
    [[ $err == *ib000009* ]]
    in_azure nodes --vmss hpc/fx --json
    keeps_to nodes
    [ "$(jq -r '.nodes[1].azure | .name, .state' <<<"$out" | xargs)" = "fx000001 running" ]
}

@test "the fleet file names sets, and its other sections hold for their nodes" {
    azure_begin <<<'{"sets":[{"name":"ib","count":3}]}'
    cat >fleet.ini <<'INI'
[azure]
vmss = hpc/ib
[defaults]
user = tester
[nodes]
head
ib000001 = 127.0.0.1:2222
[group:ib]
driver = none
[groups]
first = ib000000
INI
    in_azure nodes -a --json
    [ "$status" = 0 ]
    [ "$(jq -c '[.nodes[] | [.name, .address, .port, .user, .driver]]' <<<"$out")" = \
        "$(jq -nc '[["head","head",22,"tester","inbox"], ["ib000000","10.0.0.4",22,"tester","none"],
            ["ib000001","127.0.0.1",2222,"tester","none"], ["ib000002","10.0.0.6",22,"tester","none"]]')" ]
    in_azure nodes @first
    [ "$out" = ib000000 ]
    in_azure nodes --vmss hpc/ib # and not what the file has besides
    [ "$out" = "ib[000000-000002]" ]
}

@test "a wrong line of azure is refused with its number, and a secret in it" {
    azure_begin <<<'{}'
    printf '%s\n' '[azure]' 'vmms = hpc/ib' >fleet.ini
    in_azure nodes -a
    [ "$status" = 2 ]
    [[ $err == *"fleet.ini:2: [azure] has no 'vmms' (did you mean 'vmss'?)"* ]]
    printf '%s\n' '[azure]' 'client_secret = x' >fleet.ini
    in_azure nodes -a
    [ "$status" = 2 ]
    [[ $err == *'$AZURE_CLIENT_SECRET'* ]]
    [ "$(calls)" = 0 ]
}

@test "what Azure said is kept for a minute, and its age is shown" {
    azure_begin <<<'{"sets":[{"name":"ib","count":2}]}'
    in_azure nodes --vmss hpc/ib
    [ "$(calls)" = 4 ]
    sleep 1.1
    in_azure nodes --vmss hpc/ib
    [ "$out" = "ib[000000-000001]" ]
    [[ $err =~ "scale set hpc/ib: 2 instances, as Azure said "[0-9]+" s ago" ]]
    [ "$(calls)" = 4 ]
    in_azure nodes --vmss hpc/ib --max-age 0 # the sizes are good for a day
    [ "$(calls)" = 7 ]
    [ "$(stat -c %a "$STATE" "$STATE/azure" "$STATE/azure/hpc_ib.json" | xargs)" = "700 700 600" ]
}

SET='GET ~/virtualMachineScaleSets/{set}'

@test "what was kept before a change is not taken after it, unless --max-age says so" {
    azure_begin <<<'{"sets":[{"name":"ib","count":1}],"operations":{"retryAfter":0}}'
    in_azure nodes --vmss hpc/ib
    in_azure azure protect ib000000 --vmss hpc/ib --plan
    asked=$(azure_calls "$SET")
    in_azure azure status --vmss hpc/ib
    [ "$(azure_calls "$SET")" = "$asked" ] # a plan has changed nothing
    in_azure azure protect ib000000 --vmss hpc/ib --yes
    [ "$status" = 0 ]
    in_azure azure status --vmss hpc/ib --max-age 60
    [[ $out == *"not protected from scale-in"* ]]
    in_azure azure status --vmss hpc/ib
    [[ $out != *"not protected from scale-in"* ]]
}

@test "who came, who went and whose place was taken since is said" {
    azure_begin <<<'{"sets":[{"name":"ib","count":4}]}'
    in_azure nodes --vmss hpc/ib
    does ib disappear 0
    does ib replace 2
    does ib appear 7
    in_azure nodes --vmss hpc/ib --max-age 0
    [ "$out" = "ib[000001,000003-000004,000007]" ]
    [[ $err == *"scale set hpc/ib: since then came ib[000004,000007]"* ]]
    [[ $err == *"scale set hpc/ib: since then went ib[000000,000002]"* ]]
    [[ $err == *"scale set hpc/ib: in the place of other machines: ib000004 (their host keys are new)"* ]]
    in_azure nodes --vmss hpc/ib --max-age 0 --json
    [ -z "$err" ]
    [ "$(jq -r '[.nodes[] | select(.azure.former_vm_id) | .name] | join(" ")' <<<"$out")" = ib000004 ]
}

@test "without Azure, what it said is offered with its age" {
    azure_begin <<<'{"sets":[{"name":"ib","count":2}]}'
    in_azure nodes --vmss hpc/ib
    azure_steer faults '[{"path":"virtualMachineScaleSets","status":404,"code":"ResourceNotFound"}]' >/dev/null
    in_azure nodes --vmss hpc/ib --max-age 0
    [ "$status" = 2 ] || [ "$status" = 1 ]
    [[ $err == *"what it said "*" s ago is kept: --max-age "* ]]
    in_azure nodes --vmss hpc/ib --max-age 600
    [ "$out" = "ib[000000-000001]" ]
}

@test "what cannot be is refused in one line, and asks Azure for nothing" {
    azure_begin <<<'{}'
    local words
    for words in 'nodes --vmss ib' 'nodes --vmss hpc/ib --filter sky=blue' 'nodes --filter zone=1 -a' \
        'nodes --vmss hpc/../ib' 'azure' 'azure restrat' 'azure restart --vmss hpc/ib' \
        'azure status' 'azure extension' 'azure repairs suspend ib1 --vmss hpc/ib'; do
        in_azure $words
        [ "$status" = 2 ]
        [ "$(wc -l <<<"$err")" = 1 ]
    done
    [ "$(calls)" = 0 ]
}

@test "a set that is not there, or that one may not see, is named" {
    azure_begin <<<'{"sets":[{"name":"ib","count":1}]}'
    in_azure nodes --vmss hpc/nix
    [ "$status" != 0 ]
    [[ $err == *"scale set hpc/nix: 404 ResourceNotFound"* ]]
    azure_stop
    azure_begin <<<'{"sets":[{"name":"ib","count":1}],"forbidden":["Microsoft.Compute/virtualMachineScaleSets/read"]}'
    in_azure nodes --vmss hpc/ib
    [ "$status" != 0 ]
    [[ $err == *"Microsoft.Compute/virtualMachineScaleSets/read"* ]]
}

@test "a wrong word is not helped with what is kept" {
    azure_begin <<<'{"sets":[{"name":"ib","count":1}]}'
    in_azure nodes --vmss hpc/ib
    in_azure nodes --vmss hpc/ib --max-age 0 --credential kerberos
    [ "$status" = 2 ]
    [[ $err == *"no such credential: 'kerberos'"* ]]
    [[ $err != *"is kept"* ]]
}

@test "a right that is missing is named with where its role must be given" {
    azure_begin <<<'{"sets":[{"name":"fx","mode":"Flexible","prefix":"fx","count":1}],
        "forbidden":["Microsoft.Compute/skus/read","Microsoft.Network/networkInterfaces/read"]}'
    in_azure azure status --vmss hpc/fx --json
    [ "$(jq -r '.findings[] | select(.check == "rights-missing") | .text' <<<"$out" | grep -o ' on [^:]*')" = \
        " on /subscriptions/$AZURE_SUB
 on /subscriptions/$AZURE_SUB/resourceGroups/hpc" ]
}

@test "nobody is running: that is said" {
    azure_begin <<<'{"sets":[{"name":"ib","count":2}]}'
    does ib change 0 '"power":"stopped"'
    does ib change 1 '"power":"deallocated"'
    in_azure probe --vmss hpc/ib
    [ "$status" = 2 ]
    [[ $err == *"scale set hpc/ib: none of 2 instances is running"* ]]
}

@test "azure status: the set, its instances folded, what is in the way" {
    azure_begin <<<'{"sets":[{"name":"ib","count":4,"repairs":true,"singlePlacementGroup":false}]}'
    does ib change 2 '"power":"deallocated"'
    in_azure azure status --vmss hpc/ib
    [ "$status" = 0 ]
    grep -q '^hpc/ib: Uniform, 4 instances, Standard_HB120rs_v3 in westeurope$' <<<"$out"
    grep -qE '^ib\[000000-000001,000003\] +3 +running$' <<<"$out"
    grep -qE '^ib000002 +1 +deallocated$' <<<"$out"
    grep -qF 'ibfleet azure repairs suspend' <<<"$out"
    in_azure azure status --vmss hpc/ib ib000002 --json
    keeps_to azure_status
    [ "$(jq -r '.instances[].name' <<<"$out")" = ib000002 ]
    [ "$(jq -r '[.findings[].check] | contains(["automatic-repairs", "placement-not-single"])' <<<"$out")" = true ]
}

@test "a rollout is refused while Microsoft's extension is in the model" {
    azure_begin <<<'{"sets":[{"name":"ib","count":2,"extensions":[{"name":"ibdriver",
        "publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverLinux","typeHandlerVersion":"1.2"}]}]}'
    in_azure rollout --vmss hpc/ib --yes
    [ "$status" = 7 ]
    [[ $err == *"extension ibdriver (InfiniBandDriverLinux) is in its model"*"--keep-extension"* ]]
    [[ $err == *"refused by the check 'extension-in-model'; nothing was changed"* ]]
    in_azure rollout --vmss hpc/ib --yes --keep-extension --timeout 1
    [ "$status" != 7 ]
}

# Two real sshd with keys of their own, the first at both instances' addresses.
two_machines()
{
    SSHD_ADDRESSES='127.8.0.4 127.8.0.5'
    sshd_start </dev/null
    azure_begin <<<'{"sets":[{"name":"ib","count":2,"instances":[{"id":"0","address":"127.8.0.4"},{"id":"1","address":"127.8.0.5"}]}]}'
    : >"$SSHD_KNOWN_HOSTS"
}
everywhere() # OPTION...
{
    STATE='' in_azure exec --state "$SSHD_DIR/state" -b --vmss hpc/ib --max-age 0 -l tester -i "$SSHD_KEY" -p "$SSHD_PORT" \
        --known-hosts "$SSHD_KNOWN_HOSTS" --ssh-config none --progress none "$@" -- echo here
}
another_key()
{
    sshd_stop
    rm "$SSHD_DIR"/host_ed25519*
    ssh-keygen -q -t ed25519 -N '' -C host -f "$SSHD_DIR/host_ed25519"
    sshd_start </dev/null
}

@test "an instance in another's place may have another host key, once, and nobody else may" {
    two_machines
    everywhere --host-keys accept-new
    [ "$status" = 0 ]
    another_key
    does ib replace 0
    everywhere # strict
    [ "$status" != 0 ]
    [[ $err == *"than the one whose key is in"* ]]
    everywhere --host-keys accept-new
    [ "$status" = 1 ]
    [[ $out == *here* ]]
    grep -qE '^1 node ib000001: host key (changed|of another node)' <<<"$err"
    everywhere -x ib000001 # what was learned is good for strict, too
    [ "$status" = 0 ]
    another_key
    everywhere -x ib000001 --host-keys accept-new
    [ "$status" != 0 ]
    [[ $err == *"its host key is not the one in"* ]]
}

@test "a thousand instances in four calls at most" {
    azure_begin <<<'{"sets":[{"name":"ib","count":1000,"subnet":"10.0.0.0/20","network":["10.0.0.0/16"]}]}'
    local TIMEFORMAT='CPU %U + %S s for 1000 instances'
    time in_azure nodes --vmss hpc/ib --count
    [ "$out" = 1000 ]
    [ "$(calls)" -le 4 ]
}
