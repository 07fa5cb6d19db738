#!/usr/bin/env bats
# copy.bats - files and trees to nodes, by the real agent over a real sshd
#
# The nodes are one sshd on this machine, so they share their file system.

load fleet

setup()
{
    fleet_start </dev/null
    STATE= # nothing here has any
    for node in ib1 ib2 ib3; do fleet_node $node; done
    HERE=$SSHD_DIR/here THERE=$SSHD_DIR/there
    mkdir "$HERE" "$THERE"
}
teardown() { fleet_remove; }

# A tree with everything that a tree has.
make_tree() # FOLDER
{
    mkdir -p "$1/sub/deep" "$1/shut"
    echo one >"$1/one"
    : >"$1/empty"
    head -c 3000000 /dev/urandom >"$1/sub/big"
    echo run >"$1/sub/deep/run me"
    chmod 750 "$1/sub/deep/run me"
    ln -s ../one "$1/sub/link"
    ln -s /nowhere "$1/dangling"
    echo in >"$1/shut/in"
    chmod 500 "$1/shut"
}
listing() { (cd "$1" && find . -printf '%P %y %m %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
has_no_part() { [ -z "$(find "$THERE" -name '*.part')" ]; }

@test "a file gets the name it is to have, or goes into a folder" {
    echo hello >"$HERE/file"
    chmod 640 "$HERE/file"
    ibfleet copy "$HERE/file" "ib1:$THERE/name"
    [ "$status" = 0 ]
    [ "$out" = "1 node ib1: 1 file sent, 0 as it should be, 6 bytes" ]
    cmp "$HERE/file" "$THERE/name"
    [ "$(stat -c %a "$THERE/name")" = 640 ]
    ibfleet copy "$HERE/file" "ib1:$THERE"
    cmp "$HERE/file" "$THERE/file"
    ibfleet copy -w ib1 "$HERE/file" "$THERE/new/"
    cmp "$HERE/file" "$THERE/new/file"
    echo other >"$HERE/other"
    ibfleet copy "$HERE/file" "$HERE/other" "ib1:$THERE/two"
    cmp "$HERE/other" "$THERE/two/other"
    has_no_part
}

@test "a tree arrives as it is, and the second time nothing is sent" {
    make_tree "$HERE/tree"
    ibfleet copy "$HERE/tree" "ib1:$THERE/tree"
    [ "$status" = 0 ]
    says "5 files sent"
    diff <(listing "$HERE/tree") <(listing "$THERE/tree")
    ibfleet copy "$HERE/tree" "ib1:$THERE/tree"
    [ "$out" = "1 node ib1: 0 files sent, 5 as it should be, 0 bytes" ]
    echo changed >"$HERE/tree/one"
    chmod 600 "$HERE/tree/empty"
    ibfleet copy "$HERE/tree" "ib1:$THERE/tree" --json
    keeps_to copy
    [ "$(ask '.nodes[0] | .state, .files_sent, .files_same, .bytes_sent' | xargs)" = "ok 1 4 8" ]
    diff <(listing "$HERE/tree") <(listing "$THERE/tree")
    ibfleet copy "$HERE/tree" "ib1:$THERE/into/"
    diff <(listing "$HERE/tree") <(listing "$THERE/into/tree")
    has_no_part
}

@test "nodes that share a file system do not get in each other's way" {
    head -c 5000000 /dev/urandom >"$HERE/big"
    ibfleet copy "$HERE/big" "ib[1-3]:$THERE/big" --ndjson
    [ "$status" = 0 ]
    cmp "$HERE/big" "$THERE/big"
    has_no_part
    [ "$(ask 'select(.schema == "ibfleet.copy-event/1") | .files_sent, .files_same' | sort | xargs)" = "0 0 0 1 1 1" ] ||
        [ "$(ask '.files_sent' | sort | xargs)" = "0 0 1" ]
}

# By the bytes that the agent gets, not by time.
@test "a copy that was cut goes on where it was" {
    head -c 20000000 /dev/urandom >"$HERE/big"
    printf '#!/bin/sh\ndd bs=64k count=12000000 iflag=count_bytes status=none | %s "$@"\n' "$BUILD/ibfleet-agent" >"$SSHD_DIR/cut"
    chmod +x "$SSHD_DIR/cut"
    fleet_node cut1 "$SSHD_PORT" "agent = $SSHD_DIR/cut"
    ibfleet copy "$HERE/big" "cut1:$THERE/big"
    [ "$status" = 1 ]
    [ ! -e "$THERE/big" ]
    local blocks=$(($(stat -c %s "$THERE"/.ibfleet-*.part) >> 20))
    [ "$blocks" -gt 0 ]
    ibfleet copy "$HERE/big" "ib1:$THERE/big" --json
    [ "$status" = 0 ]
    cmp "$HERE/big" "$THERE/big"
    [ "$(ask '.nodes[0].bytes_sent')" = $((20000000 - (blocks << 20))) ]
    has_no_part
}

@test "a beginning that is not the file's is not used" {
    head -c 3000000 /dev/urandom >"$HERE/big"
    sum=$(sha256sum <"$HERE/big")
    head -c 2500000 /dev/zero >"$THERE/.ibfleet-${sum:0:32}.part"
    ibfleet copy "$HERE/big" "ib1:$THERE/big"
    [ "$status" = 0 ]
    says "3000000 bytes"
    cmp "$HERE/big" "$THERE/big"
}

# The node waits for another copy, which is this test, while the file changes.
@test "a file that changes on the way is refused, and the old one stays" {
    head -c 3000000 /dev/zero >"$HERE/big"
    echo old >"$THERE/big"
    sum=$(sha256sum <"$HERE/big")
    exec 9>"$THERE/.ibfleet-${sum:0:32}.part"
    flock 9
    ibfleet_begin copy "$HERE/big" "ib1:$THERE/big"
    wait_until 30 grep -q Accepted "$SSHD_LOG" # all that is here has been read before
    printf x | dd of="$HERE/big" bs=1 seek=2999999 conv=notrunc status=none
    flock -u 9
    exec 9>&-
    ibfleet_end
    [ "$status" = 1 ]
    warns "its digest differs"
    [ "$(cat "$THERE/big")" = old ]
    has_no_part
}

@test "below the place of the copy no link is followed" {
    make_tree "$HERE/tree"
    mkdir "$THERE/tree" "$SSHD_DIR/elsewhere"
    ln -s "$SSHD_DIR/elsewhere" "$THERE/tree/sub"
    ibfleet copy "$HERE/tree" "ib1:$THERE/tree"
    [ "$status" = 1 ]
    warns "1 node ib1: not copied (not-copied)"
    [ -z "$(ls -A "$SSHD_DIR/elsewhere")" ]
    echo precious >"$SSHD_DIR/precious"
    ln -s "$SSHD_DIR/precious" "$THERE/one"
    ibfleet copy "$HERE/tree/one" "ib1:$THERE/one"
    [ "$status" = 0 ]
    [ "$(cat "$SSHD_DIR/precious")" = precious ]
    [ ! -L "$THERE/one" ]
}

@test "a full disk, and a place that is not there, are told with what to do" {
    unshare -rm true 2>/dev/null || skip "no user namespaces here"
    mkdir "$SSHD_DIR/small"
    printf '#!/bin/sh\nexec unshare -rm sh -c '\''mount -t tmpfs -o size=1m tmpfs '"$SSHD_DIR/small"' && exec /bin/sh "$@"'\'' sh "$@"\n' >"$SSHD_DIR/shell"
    chmod +x "$SSHD_DIR/shell"
    sshd_stop
    SSHD_SHELL=$SSHD_DIR/shell sshd_start </dev/null
    head -c 3000000 /dev/zero >"$HERE/big"
    ibfleet copy "$HERE/big" "ib[1-3]:$SSHD_DIR/small/big"
    [ "$status" = 1 ]
    warns "3 nodes ib[1-3]: disk full (disk-full)"
    ibfleet copy "$HERE/big" "ib1:/no/where/big"
    warns "/no/where: No such file or directory"
}

# ---- from nodes --------------------------------------------------------------------------

@test "what comes from nodes lies in a folder of each, and comes once" {
    make_tree "$THERE/tree"
    ibfleet copy --from "ib[1-2]:$THERE/tree" "$HERE/got"
    [ "$status" = 0 ]
    [ "$out" = "2 nodes ib[1-2]: 5 files sent, 0 as it should be, 3000011 bytes" ]
    for node in ib1 ib2; do
        diff <(listing "$THERE/tree") <(listing "$HERE/got/$node/tree")
    done
    ibfleet copy --from -w 'ib[1-2]' "$THERE/tree" "$HERE/got" --json
    keeps_to copy
    [ "$(ask '.nodes[] | .state, .files_sent, .files_same' | xargs)" = "ok 0 5 ok 0 5" ]
    echo one more >"$THERE/one"
    ibfleet copy --from "ib1:$THERE/one" "$HERE/got"
    cmp "$THERE/one" "$HERE/got/ib1/one"
    ibfleet copy --from "ib1:$THERE/missing" "$HERE/got"
    [ "$status" = 1 ]
    warns "$THERE/missing: No such file or directory"
    [ -z "$(find "$HERE" -name '*.part')" ]
}

@test "what a node calls its files never leads out of its folder" {
    cat >"$SSHD_DIR/evil" <<'PY'
#!/usr/bin/python3
import json, struct, sys
out = sys.stdout.buffer
def say(doc):
    text = json.dumps(doc).encode()
    out.write(struct.pack(">I", len(text)) + text)
    out.flush()
out.write(b"\x01ibfleet-frames\x02\n")
say({"take": {"into": "", "many": False, "tree": True, "count": 3}})
say({"path": "d", "kind": "folder", "mode": 493})
for parcel in json.load(open(sys.argv[0] + ".parcels")):
    say(parcel)
sys.stdin.read()
PY
    chmod +x "$SSHD_DIR/evil"
    fleet_node evil1 "$SSHD_PORT" "agent = $SSHD_DIR/evil"
    local file='"kind": "file", "mode": 420, "size": "0",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'
    mkdir "$HERE/got"
    for parcels in '[{"path": "../owned", '"$file"'}]' '[{"path": "/owned", '"$file"'}]' \
        '[{"path": "d/../../owned", '"$file"'}]' '[{"path": "..", "kind": "folder", "mode": 511}]' \
        '[{"path": "l", "kind": "link", "target": ".."}, {"path": "l/owned", '"$file"'}]'; do
        echo "$parcels" >"$SSHD_DIR/evil.parcels"
        ibfleet copy --from evil1:/d "$HERE/got" --timeout 20
        [ "$status" = 1 ]
        [ -z "$(find "$SSHD_DIR" -name owned)" ]
        [ ! -e /owned ]
    done
}

@test "what is wrong with a copy is told before any node is reached" {
    mkfifo "$HERE/pipe"
    echo x >"$HERE/x"
    while IFS='|' read -r args words; do
        ibfleet copy ${args//HERE/$HERE}
        [ "$status" = 2 ]
        [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
        warns "$words"
    done <<'ARGS'
HERE/x|what, and where to?
HERE/x ib1:there|is no absolute path
HERE/missing ib1:/tmp/|/missing: No such file
HERE/pipe ib1:/tmp/|neither a file nor a folder
HERE/x HERE/../here/x ib1:/tmp/|another source is called 'x', too
HERE/x /tmp/|which nodes?
--from ib1:/x HERE/no/where|/no/where: No such file
--from ib1:/x ib1:/y HERE|one too many
ARGS
    ! grep -q Accepted "$SSHD_LOG" || false
}
