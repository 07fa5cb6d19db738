#!/usr/bin/env bats
# template.bats - ibfleet azure template: what it prints is read by who it is for, as far as
# that is here: Azure's own description, a shell

load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

teardown() { azure_stop; }

HERE=${BATS_TEST_FILENAME%/*}

azure() # WORD...   what it says in $said, of that stdout in $out; its status in $status
{
    status=0
    timeout 60 "$BUILD/ibfleet" azure "$@" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    out=$(cat "$BATS_TEST_TMPDIR/out") said=$(cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err")
    printf '%s\n' "$said" "status $status"
}
says() { grep -qF -- "$1" <<<"$said"; }
has() { jq -e "$1" <<<"$out" >/dev/null; }

described() # FILE DEFINITION FILTER   of what was printed, by Azure's own description
{
    [ -d "${AZURE_SPECS:-/none}/compute" ] || skip "no official description: AZURE_SPECS names it"
    jq "$3" <<<"$out" | "$HERE/described" "$1" "$2"
}

@test "azure template: each form for ARM is as Azure describes it" {
    echo '{"a":"[x]","b":[1,true]}' >"$BATS_TEST_TMPDIR/settings"
    azure template --os linux --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 0 ]
    has '.extensionProfile.extensions[0].properties.settings.a == "[[x]"'
    described virtualMachineScaleSet.json VirtualMachineScaleSetExtensionProfile .extensionProfile
    azure template --os windows --form toplevel
    has '.properties.typeHandlerVersion == "1.5" and (.dependsOn | length) == 1'
    described virtualMachineScaleSet.json VirtualMachineScaleSetExtension '{name, type, properties}'
    azure template --form toplevel --vmss hpc/ib --extension-version 1.1
    has '.resources[0].name == "ib/InfiniBandDriverLinux" and .resources[0].properties.typeHandlerVersion == "1.1"'
    described virtualMachineScaleSet.json VirtualMachineScaleSetExtension '.resources[0] | {name, type, properties}'
    azure template --form machine
    described virtualMachine.json VirtualMachineExtension '{name, type, location, properties}'
}

@test "azure template for az: a shell reads what was meant" {
    printf '%s' '{"it'"'"'s":"$HOME `x` \"y\" \\ !"}' >"$BATS_TEST_TMPDIR/settings"
    azure template --form az --vmss hpc/ib --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 0 ]
    az() { printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/words"; }
    eval "$out"
    [ "$(grep -A1 -xe --settings "$BATS_TEST_TMPDIR/words" | tail -1)" = "$(cat "$BATS_TEST_TMPDIR/settings")" ]
    [ "$(grep -A1 -xe --vmss-name "$BATS_TEST_TMPDIR/words" | tail -1)" = ib ]
    azure template --form az
    ! bash -c "$out" 2>"$BATS_TEST_TMPDIR/err" || false
    grep -q RESOURCE_GROUP "$BATS_TEST_TMPDIR/err"
}

@test "azure template for PowerShell: settings are a literal that ends where it should" {
    echo '{"it'"'"'s":[1,true,null]}' >"$BATS_TEST_TMPDIR/settings"
    azure template --form powershell --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 0 ]
    says "-Setting @{ 'it''s' = @(1, \$true, \$null) }"
    says 'param('
}

@test "azure template: what cannot be is refused with what would be right" {
    azure template --extension-version 1.2.0.0
    [ "$status" = 2 ]
    says "MAJOR.MINOR"
    echo '[1]' >"$BATS_TEST_TMPDIR/settings"
    azure template --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 2 ]
    says "not a JSON object"
    azure template --settings "$BATS_TEST_TMPDIR/none"
    [ "$status" = 2 ]
    says "No such file"
}

@test "azure template asks nobody, whatever set it is for" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}]}'
    https_proxy=$AZURE_PROXY no_proxy= CURL_CA_BUNDLE=$AZURE_CA azure template --form az --vmss hpc/ib
    [ "$status" = 0 ]
    [ "$(azure_ask calls)" = '{}' ]
}
