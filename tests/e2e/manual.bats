#!/usr/bin/env bats
# manual.bats - help, manual pages and completion, as they are met by man and bash

load fleet
load tmux

COMPLETION=$BATS_TEST_DIRNAME/../../controller/manual/ibfleet.bash

setup()
{
    SSHD_DIR=$BATS_TEST_TMPDIR STATE=
    export IBFLEET_FLEET=$BATS_TEST_TMPDIR/fleet.ini
    printf '%s\n' '[nodes]' 'ib[1-3]' 'gpu1' '[groups]' 'gpu = gpu1' >"$IBFLEET_FLEET"
}
teardown() { terminal_close; }

pages() { "$BUILD/ibfleet" man --list; }

# ---- pages -----------------------------------------------------------------------------

@test "man finds nothing to warn of in any page, and none is wider than 80 columns" {
    [ "$(pages | wc -l)" -ge 11 ]
    while read -r page; do
        "$BUILD/ibfleet" man "${page%.*}" >"$SSHD_DIR/$page"
        MANWIDTH=80 man -l --warnings "$SSHD_DIR/$page" >"$SSHD_DIR/shown" 2>"$SSHD_DIR/err"
        groff -man -ww -z "$SSHD_DIR/$page" 2>>"$SSHD_DIR/err"
        cat "$SSHD_DIR/err"
        [ ! -s "$SSHD_DIR/err" ]
        grep -q '^SEE ALSO' "$SSHD_DIR/shown"
        [ -z "$(awk 'length > 80' "$SSHD_DIR/shown")" ]
        lexgrog "$SSHD_DIR/$page" # whatis and apropos will find it
    done < <(pages)
}

@test "make install lays pages and completion where man and bash look" {
    local top san=
    top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    case $BUILD in */san) san=SAN=1 ;; esac # or the agent would be linked anew
    make -s -C "$top" O="${BUILD#"$top/"}" $san install DESTDIR="$SSHD_DIR/root" PREFIX=/usr 3>&-
    while read -r page; do
        [ -s "$SSHD_DIR/root/usr/share/man/man${page##*.}/$page" ]
    done < <(pages)
    bash -n "$SSHD_DIR/root/usr/share/bash-completion/completions/ibfleet"
}

@test "every option of the policy is in help and in ibfleet-policy(7), no line wider than 80" {
    "$BUILD/ibfleet" help rollout >"$SSHD_DIR/help"
    [ -z "$(awk 'length > 80' "$SSHD_DIR/help")" ]
    "$BUILD/ibfleet" man policy >"$SSHD_DIR/policy.7"
    MANWIDTH=80 man -l "$SSHD_DIR/policy.7" >"$SSHD_DIR/shown"
    sed -n '/^How it goes through the fleet/,/^$/p' "$SSHD_DIR/help" |
        sed -nE 's/^ +--([a-z-]+).*/\1/p' >"$SSHD_DIR/options"
    [ "$(wc -l <"$SSHD_DIR/options")" -ge 30 ]
    while read -r option; do
        key=${option//-/_}
        [ "$option" != hold-nodes ] || key=hold
        grep -qE "^ +$key( |\$)" "$SSHD_DIR/shown"
        tr -s ' \n' ' ' <"$SSHD_DIR/shown" | grep -q " $key = " # its example
    done <"$SSHD_DIR/options"
    "$BUILD/ibfleet" man ibfleet.conf | man -l - >"$SSHD_DIR/conf"
    grep -q 'ibfleet-policy(7)' "$SSHD_DIR/conf"
}

@test "what is not there is told with its neighbour, status 2" {
    ibfleet man exex
    [ "$status" = 2 ]
    ibfleet man ibfleet-exex
    [ "$status" = 2 ]
    warns "did you mean ibfleet-exec"
    ibfleet exec -a --reboot auto -- true
    [ "$status" = 2 ]
    warns "these do: rollout"
}

# ---- completion ------------------------------------------------------------------------

# What bash would offer at the end of a line, sorted and joined.
offered() # LINE WORD
{
    env PATH="$BUILD:$PATH" bash -c '
        set -u
        source "$0"
        COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
        _ibfleet ibfleet "$2" ""
        printf "%s\n" "${COMPREPLY[@]}"' "$COMPLETION" "$1" "$2" | sort | xargs
}

@test "bash completes commands, options, words, nodes, groups, runs and files" {
    [ "$(offered 'ibfleet ro' ro)" = rollout ]
    (unset HOME; [ "$(offered 'ibfleet ro' ro)" = rollout ])
    [ "$(offered 'ibfleet exec --ga' --ga)" = --gather ]
    [ "$(offered 'ibfleet rollout --reboot ' '')" = "always auto never" ]
    [ "$(offered 'ibfleet rollout --strategy ' '')" = "drain reservation when-idle" ]
    [ "$(offered 'ibfleet rollout --skip g' g)" = gpu1 ]
    [ "$(cd "$SSHD_DIR" && offered 'ibfleet rollout --veto fl' fl)" = fleet.ini ]
    [ "$(offered 'ibfleet probe ib' ib)" = "ib1 ib2 ib3" ]
    [ "$(offered "ibfleet probe 'ib1,@g" 'ib1,@g')" = "ib1,@gpu" ]
    [ "$(offered 'ibfleet show g' g)" = gpu1 ]
    [ "$(cd "$SSHD_DIR" && offered 'ibfleet probe --fleet=fl' fl)" = fleet.ini ]
    [[ " $(offered 'ibfleet exec -a -- una' una) " == *" uname "* ]]
    "$BUILD/tests/e2e/logbook-tool" "$SSHD_DIR/state" 2 >"$SSHD_DIR/printed"
    run=$(sqlite3 "$SSHD_DIR/state/journal.db" 'select id from run')
    [ "$(offered "ibfleet status --state $SSHD_DIR/state " '')" = "$run" ]
}

@test "bash completes sources, their groups, and the states of a run" {
    "$BUILD/tests/e2e/logbook-tool" "$SSHD_DIR/state" 2 >"$SSHD_DIR/printed"
    run=$(sqlite3 "$SSHD_DIR/state/journal.db" 'select id from run')
    printf '%s\n' '[Main]' 'default: racks' '[racks]' 'map: echo ib1' 'list: echo front "back;x" ground' \
        '[slow]' 'map: echo ib1' >"$SSHD_DIR/groups.conf"
    export IBFLEET_GROUPS=$SSHD_DIR/groups.conf
    with="ibfleet probe --state $SSHD_DIR/state"
    [ "$(offered "$with @" @ | sed 's/@local: //')" = "@all @front @gpu @ground @latest: @racks: @slow:" ]
    [ "$(offered "$with ib1,@g" ib1,@g)" = "ib1,@gpu ib1,@ground" ]
    [ "$(offered "$with @racks:" @racks:)" = "@racks:front @racks:ground" ]
    [ "$(offered "$with 'ib*!@racks:g" 'ib*!@racks:g')" = 'ib*!@racks:ground' ]
    [ -z "$(offered "$with @slow:" @slow:)" ]
    [ "$(offered "$with @${run%?}" "@${run%?}")" = "@$run:" ]
    [ "$(offered "$with @$run:fa" "@$run:fa")" = "@$run:failed" ]
    [ "$(offered "$with -x @latest:goo" @latest:goo)" = "@latest:good" ]
    [ -z "$(offered "$with @nosuch:f" @nosuch:f)" ]
    rm "$IBFLEET_FLEET"
    [ "$(cd "$SSHD_DIR" && offered "$with @gro" @gro)" = "@ground" ]
}

@test "completion makes nothing and is silent when it knows nothing" {
    rm "$IBFLEET_FLEET"
    [ -z "$(offered 'ibfleet probe ib' ib)" ]
    [ -z "$(offered "ibfleet status --state $SSHD_DIR/none " '')" ]
    [ ! -e "$SSHD_DIR/none" ]
    echo '[nodes' >"$IBFLEET_FLEET"
    ibfleet complete 'ibfleet probe i' i
    [ "$status" = 0 ]
    [ "$out" = words ]
    [ -z "$err" ]
}

# bash parts words at '=' and '@'; what is offered must fit what it replaces.
@test "TAB in a real bash on a real terminal" {
    terminal_open 80x24 env PATH="$BUILD:$PATH" PS1='$ ' bash --norc --noprofile
    terminal_type "source $COMPLETION; clear; echo read''y" Enter
    wait_until 20 terminal_shows '^ready'
    for typed in "rollout --reboot=al|rollout --reboot=always" "probe @g|probe @gpu" \
        "probe '@all!g|probe '@all!gpu1'" "probe --hosts=ib1,gp|probe --hosts=ib1,gpu1" \
        "probe @lat|probe @latest:$"; do
        terminal_type "ibfleet ${typed%|*}" Tab
        wait_until 20 terminal_shows "^\$ ibfleet ${typed#*|}"
        terminal_type C-u
    done
}
