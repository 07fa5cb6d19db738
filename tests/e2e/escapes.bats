#!/usr/bin/env bats
# escapes.bats - nothing that a node, a server, a file or a journal says moves a terminal
#
# The same evil goes in by every way there is, and all that comes out is looked at byte by
# byte.  That it came in at all is seen by the marks around it, "begin" and "end".

load fleet

# Title, clipboard, an answer back, 8-bit controls as bytes and as UTF-8, all of C0 and DEL,
# bidi overrides and isolates, invisible and tag characters, separators, and what is not
# UTF-8: overlong, surrogate, cut off, alone.
EVIL='begin\033]0;owned\007\033]52;c;b3duZWQ=\007\033[6n\033P$q\033\\\2332J\302\2332J\001\002\010\013\014\r\016\017\032\037\177'
EVIL+='\342\200\256\342\201\246\342\200\213\357\273\277\342\200\250\363\240\201\201\300\233\355\240\200\360\237\222\377\200end'

setup()
{
    fleet_start
    STATE=
    fleet_node ib1
    fleet_node ib2
    printf "$EVIL\\n" >"$SSHD_DIR/evil"
}
teardown()
{
    [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
    fleet_remove
}

# What came out holds the marks and nothing that a terminal obeys.
harmless() # [--unmarked]
{
    [ "${1:-}" = --unmarked ] || grep -q 'begin.*end' "$SSHD_DIR/out" "$SSHD_DIR/err"
    "$BATS_TEST_DIRNAME/harmless" "$SSHD_DIR/out" "$SSHD_DIR/err"
}

on_a_terminal() # ARGUMENT...
{
    # script asks $SHELL, if anybody set it, and only bash reads all that printf %q writes.
    env -u NO_COLOR -u CI TERM=xterm COLUMNS=80 SHELL=/bin/bash \
        script -qec "$(printf '%q ' "$BUILD/ibfleet" "$@")" "$SSHD_DIR/typescript" </dev/null >/dev/null || true
    # Lines of its own stand around what script noted.
    sed -i -e '1{/^Script started/d}' -e '${/^Script done/d}' "$SSHD_DIR/typescript"
    grep -aq 'begin.*end' "$SSHD_DIR/typescript"
    "$BATS_TEST_DIRNAME/harmless" --tty "$SSHD_DIR/typescript"
}

@test "this looks at what it should: raw output is found out" {
    ibfleet exec ib1 --raw -- cat "$SSHD_DIR/evil"
    ! harmless || false
    printf 'a\342\200\256b' >"$SSHD_DIR/out"
    ! harmless --unmarked || false
    printf 'a\2332J' >"$SSHD_DIR/out"
    ! harmless --unmarked || false
    printf 'caf\303\251\t\346\227\245\n' >"$SSHD_DIR/out"
    harmless --unmarked
}

@test "output of commands: live, gathered, as difference, as JSON, on both streams" {
    for how in "" -b --diff --json --ndjson -N "-b --progress tty"; do
        ibfleet exec -a $how -- "cat $SSHD_DIR/evil; cat $SSHD_DIR/evil >&2; exit 3"
        [ "$status" = 1 ]
        case $how in
        --diff) harmless --unmarked ;; # there is none
        *tty) "$BATS_TEST_DIRNAME/harmless" --tty "$SSHD_DIR/out" "$SSHD_DIR/err" ;;
        *) harmless ;;
        esac
    done
    ibfleet exec -a --diff --subst -- "echo %h; cat $SSHD_DIR/evil"
    harmless --unmarked
    ibfleet exec -a --diff --subst -- "[ %h = ib1 ] || cat $SSHD_DIR/evil"
    harmless
    for how in "" -b; do
        on_a_terminal exec -a $how -- "cat $SSHD_DIR/evil; hostname; echo \$\$; exit 3"
    done
}

@test "what a shell says of itself: login scripts, unknown commands, an evil word of ours" {
    local evil
    evil=$(printf "$EVIL" | tr -d '\0')
    ibfleet exec ib1 -- "'$evil'"
    harmless
    ibfleet exec ib1 -- "$evil"
    harmless --unmarked
    on_a_terminal exec ib1 -- "'$evil'"
}

@test "facts, and failures in an agent's own words" {
    fleet_node evil1 "$SSHD_PORT" "agent = $BATS_TEST_DIRNAME/evil-agent"
    for how in "" --json --ndjson; do
        ibfleet probe evil1,ib1 --unprivileged $how
        harmless --unmarked
        ibfleet rollout evil1 --yes --state "$SSHD_DIR/state" $how
        harmless --unmarked
        ibfleet validate evil1,ib1 --state "$SSHD_DIR/state" $how
        harmless --unmarked
    done
    for command in status "show evil1"; do
        for how in "" --json; do
            ibfleet $command --state "$SSHD_DIR/state" $how
            harmless --unmarked
        done
    done
}

@test "a journal that somebody else has written into" {
    local evil run
    "$BUILD/tests/e2e/logbook-tool" "$SSHD_DIR/state" 4 slow=2 >"$SSHD_DIR/printed"
    evil="cast(X'$(od -An -v -t x1 "$SSHD_DIR/evil" | tr -d ' \n')' as text)"
    sqlite3 "$SSHD_DIR/state/journal.db" "update run set user = $evil, controller = $evil" \
        "update node set reason = $evil, code = 'step-failed', state = $evil, boot_id = $evil" \
        "update pair set reason = $evil, rail = $evil, verdict = $evil"
    run=$(sqlite3 "$SSHD_DIR/state/journal.db" 'select id from run')
    for command in status "status $run" "show node2"; do
        for how in "" --json; do
            ibfleet $command --state "$SSHD_DIR/state" $how
            harmless --unmarked
        done
        on_a_terminal $command --state "$SSHD_DIR/state"
    done
    # With what it is called itself.
    sqlite3 "$SSHD_DIR/state/journal.db" "update run set id = $evil, kind = $evil, state = $evil"
    ibfleet status --state "$SSHD_DIR/state"
    harmless
    ibfleet status --state "$SSHD_DIR/state" --json
    harmless
}

@test "names: of nodes, groups, files, options and commands" {
    local evil
    evil=$(printf "$EVIL")
    for args in probe "status" "show"; do
        ibfleet $args "$evil"
        [ "$status" = 2 ]
        harmless --unmarked
    done
    ibfleet "$evil"
    harmless
    ibfleet exec -a "--$evil" -- true
    harmless --unmarked
    ibfleet exec -a --host-keys "$evil" -- true
    harmless
    ibfleet man "$evil"
    harmless
    ibfleet probe -a --fleet "/nowhere/$evil"
    harmless
    ibfleet probe -a -i "/nowhere/$evil"
    harmless
    ibfleet status --state "/proc/$evil"
    harmless
    for line in "[$evil]" "[nodes]\n$evil" "[defaults]\n$evil = 1" "[defaults]\nuser = $evil" \
        "[groups]\n$evil = @all" "[nodes]\nib1\n[groups]\na = @$evil"; do
        printf '%b\n' "${line//\\033/\\\\033}" >"$SSHD_DIR/evil.ini"
        ibfleet nodes -a --fleet "$SSHD_DIR/evil.ini"
        [ "$status" = 2 ]
        harmless --unmarked
    done
}

@test "files: their names on a node and here, copied and refused" {
    local evil
    evil=$(printf "$EVIL")
    mkdir -p "$SSHD_DIR/there/shut" "$SSHD_DIR/here"
    echo one >"$SSHD_DIR/there/$evil"
    mkfifo "$SSHD_DIR/there/shut/$evil"
    for how in "" --json --ndjson; do
        ibfleet copy --from "ib1:$SSHD_DIR/there" "$SSHD_DIR/here" $how
        harmless --unmarked
        ibfleet copy --from "ib1:$SSHD_DIR/there/$evil" "$SSHD_DIR/here" $how
        harmless --unmarked
        ibfleet copy --from "ib1:/nowhere/$evil" "$SSHD_DIR/here" $how
        harmless --unmarked
        ibfleet copy "/nowhere/$evil" "ib1:$SSHD_DIR/there/" $how
        harmless --unmarked
        ibfleet copy "$SSHD_DIR/there" "ib1:/proc/$evil" $how
        harmless --unmarked
    done
    grep -q 'begin.*end' "$SSHD_DIR/out" "$SSHD_DIR/err"
}

@test "servers: a banner, a version, words before it, and a disconnect" {
    local port
    port=$(sshd_free_port)
    python3 - "$SSHD_DIR/evil" "$port" 3>&- <<'PY' &
import socket, sys
evil = open(sys.argv[1], "rb").read().replace(b"\n", b"").replace(b"\r", b"")
s = socket.create_server(("127.0.0.1", int(sys.argv[2])))
for turn in range(1000):
    c, _ = s.accept()
    c.sendall([evil + b"\r\nSSH-2.0-" + evil[:100] + b"\r\n", evil * 30 + b"\r\n",
               b"SSH-2.0-x\r\n" + evil][turn % 3])
    c.close()
PY
    SERVER=$!
    fleet_node odd1 "$port"
    wait_until 20 bash -c "exec 9<>/dev/tcp/127.0.0.1/$port"
    for nth in 1 2 3; do
        ibfleet exec odd1 --timeout 3 -- true
        [ "$status" != 0 ]
        harmless --unmarked
    done
    sshd_stop
    sshd_start <<<"Banner $SSHD_DIR/evil"
    for ssh in libssh2 openssh; do
        ibfleet exec ib1 --ssh $ssh -- "cat $SSHD_DIR/evil"
        harmless
        ibfleet exec ib1 --ssh $ssh -l "nobody$$" -- true
        [ "$status" != 0 ]
        harmless --unmarked
    done
}
