#!/usr/bin/env bats
# terminal.bats - progress on a real terminal, in a log, and what is left when it ends
#
# ib1 to ib3 end at once and well, ib1 with a line of output; ib4 fails; ib5 to ib8 wait
# until the test says go.  What a terminal shows is compared with tests/data/golden, with
# times, paces and the length of the bar masked; GOLDEN=write writes them anew.

load fleet
load tmux

GOLDEN_DIR=$BATS_TEST_DIRNAME/../data/golden

setup()
{
    fleet_start
    STATE=
    for i in 1 2 3 4 5 6 7 8; do fleet_node "ib$i"; done
    unset NO_COLOR CI
    export TERM=xterm-256color
    cat >"$SSHD_DIR/work" <<SH
case \$1 in
ib1) echo hello ;;
ib[23]) ;;
ib4) exit 3 ;;
*) while [ -d '$SSHD_DIR' ] && [ ! -e '$SSHD_DIR/go' ]; do sleep 0.1; done ;;
esac
SH
    # As a shell would start it, but for its number in a file.
    cat >"$SSHD_DIR/start" <<SH
trap : INT QUIT
seq -f 'before %g' 60 # so that the block is at the bottom, as it mostly is
bash -c 'trap - INT QUIT; echo \$\$ >"$SSHD_DIR/pid"; exec "$BUILD/ibfleet" exec -a --subst "\$@" -- sh $SSHD_DIR/work %h' - "\$@"
echo "status \$?"
read -r _ # a cursor is only seen where somebody lives
SH
}
teardown()
{
    : >"$SSHD_DIR/go"
    terminal_close
    fleet_remove
}

begin() { terminal_open "$1" bash "$SSHD_DIR/start" "${@:2}"; }

# What is on the screen, without what differs from run to run.
masked()
{
    terminal_screen "$@" | sed -E -e '/^before/d' -e 's/\[[#.]+\]/[BAR]/' -e 's/[0-9]+:[0-9]{2}/M:SS/g' \
        -e 's,[0-9.]+/(s|min|h),RATE,' -e 's/about [0-9]+ (s|min|h) left/about T left/' \
        -e '/ (slowest|       )  ib/s/ib[5-8]/ibN/' -e 's/ +$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}
golden_is() { masked $2 >"$SSHD_DIR/masked"; diff "$GOLDEN_DIR/$1" "$SSHD_DIR/masked" >"$SSHD_DIR/diff"; }
is_golden() # NAME [-S-: with what has scrolled away]
{
    if [ "${GOLDEN:-}" = write ]; then sleep 5; masked ${2:-} >"$GOLDEN_DIR/$1"; fi
    wait_until 30 golden_is "$1" "${2:-}" || { cat "$SSHD_DIR/diff"; return 1; }
}
all_are_slow() { [ "$(terminal_screen | grep -c '  ib[5-8]  running')" = 4 ]; }
is_settled() { wait_until 40 all_are_slow; }
cursor_is_back() { [ "$(terminal_cursor)" = 1 ]; }

@test "the block on 80x24, and after each resize the same without leftovers" {
    begin 80x24
    is_settled
    is_golden exec-80x24 -S-
    [ "$(terminal_cursor)" = 0 ]
    terminal_resize 200x50
    is_golden exec-200x50 -S-
    terminal_resize 32x24 # every line wraps before it is drawn again
    is_golden exec-32x24 -S-
    terminal_resize 80x24
    is_golden exec-80x24 -S-
    terminal_resize 80x5 # not all of it has room
    is_golden exec-80x5 -S-
    : >"$SSHD_DIR/go"
    wait_until 30 terminal_shows '^status 1'
    is_golden exec-80x5-ended
    cursor_is_back
}

@test "the cursor is back however it ends" {
    for signal in TERM ABRT SEGV QUIT; do
        rm -f "$SSHD_DIR/pid"
        begin 80x24
        wait_until 30 terminal_shows '^exec \['
        [ "$(terminal_cursor)" = 0 ]
        for nth in 1 2 3; do kill -"$signal" "$(cat "$SSHD_DIR/pid")" 2>/dev/null || true; done
        wait_until 30 terminal_shows '^status '
        cursor_is_back || { echo "after SIG$signal"; terminal_screen; return 1; }
        terminal_close
    done
    begin 80x24
    wait_until 30 terminal_shows '^exec \['
    terminal_type C-c
    wait_until 30 terminal_shows 'once more'
    terminal_type C-c
    wait_until 30 terminal_shows '^status '
    cursor_is_back
}

@test "Ctrl-Z gives the terminal back, fg takes it again" {
    terminal_open 80x24 env PS1='$ ' bash --norc --noprofile
    terminal_type "$BUILD/ibfleet exec -a --subst -- sh $SSHD_DIR/work %h" Enter
    is_settled
    terminal_type C-z
    wait_until 30 terminal_shows 'Stopped'
    cursor_is_back
    ! terminal_shows '^exec \[' || false
    terminal_type fg Enter
    is_settled
    [ "$(terminal_screen | grep -c '^exec \[')" = 1 ]
    [ "$(terminal_cursor)" = 0 ]
    : >"$SSHD_DIR/go"
    wait_until 30 terminal_shows '1 node ib4: '
    wait_until 30 cursor_is_back
    ! terminal_shows '^exec \[' || false
}

@test "where nobody looks there are lines, and no escape in them" {
    begin 80x24 --progress plain
    wait_until 30 terminal_shows '^exec: .*: running'
    : >"$SSHD_DIR/go"
    wait_until 30 terminal_shows '^status 1'
    # A node at a time, since who ends together is told together.
    terminal_screen | sed -nE 's/^exec: (\S+): (done|failed) \(.*/\1 \2/p' |
        while read -r hosts word; do
            "$BUILD/ibfleet" nodes -w "$hosts" --expand | sed "s/\$/ $word/"
        done | sort >"$SSHD_DIR/told"
    if [ "${GOLDEN:-}" = write ]; then cp "$SSHD_DIR/told" "$GOLDEN_DIR/exec-plain"; fi
    diff "$GOLDEN_DIR/exec-plain" "$SSHD_DIR/told"
    for how in "TERM=dumb" "CI=1" "TERM="; do
        env "$how" script -qec "$BUILD/ibfleet exec -a -- true" "$SSHD_DIR/typescript" >/dev/null </dev/null
        [ "$(LC_ALL=C grep -c $'\033\[?25' "$SSHD_DIR/typescript")" = 0 ]
    done
    ibfleet exec -a --progress none -- true
    [ -z "$err" ]
}

@test "at most ten redraws a second, and no colour where none is wanted" {
    local began ended redraws
    began=$(date +%s%N)
    NO_COLOR=1 script -qfec "$BUILD/ibfleet exec -a --subst --progress tty -- sh $SSHD_DIR/work %h" "$SSHD_DIR/typescript" >/dev/null </dev/null 3>&- &
    wait_until 30 grep -q slowest "$SSHD_DIR/typescript"
    : >"$SSHD_DIR/go"
    wait $! || true
    ended=$(date +%s%N)
    redraws=$(grep -o 'exec \[' "$SSHD_DIR/typescript" | wc -l)
    echo "$redraws redraws in $(((ended - began) / 1000000)) ms"
    [ "$redraws" -ge 2 ]
    [ $((redraws * 100000000)) -le $((ended - began)) ]
    [ "$(LC_ALL=C grep -cE $'\033\[[0-9;]*m' "$SSHD_DIR/typescript")" = 0 ]
}
