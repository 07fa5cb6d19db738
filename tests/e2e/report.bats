#!/usr/bin/env bats
# report.bats - the HTML report of a rollout: what stands in it, and what must not

load rollout

CHECK=$BATS_TEST_DIRNAME/report-check

setup_file() { sim_trees; }
setup()
{
    fleet_start 'rxe = eth1' '[policy]' 'window = 8' </dev/null
    for n in ib1 ib2 ib3; do sim_node $n; done
    PAGE=$SSHD_DIR/page.html
}
teardown() { fleet_remove; }

sql() { sqlite3 "$STATE/journal.db" "$1"; }
run_id() { sql 'select id from run order by seq desc limit 1'; }

# The report, checked, its words in $words with each piece on a line.
report() # ARGUMENT...
{
    ibfleet report -o "$PAGE" "$@"
    [ "$status" = 0 ]
    words=$("$CHECK" "$PAGE")
}
tells() { [[ "$words" == *"$1"* ]] || { echo "$words"; return 1; }; }
title() { sed -n 's|.*<title>\(.*\)</title>.*|\1|p' "$PAGE" | head -n 1; }

# A run as it would be journaled, without the nodes: each of them waits, and ends as COURSE
# says, "done" or a code and a reason.
journal_begin() { mkdir -p "$STATE"; "$BUILD/ibfleet" status --state "$STATE" >/dev/null
    sqlite3 "$STATE/journal.db" <"$BATS_TEST_DIRNAME/../../controller/journal/schema.sql"
    sql 'pragma user_version = 1'
    sql "insert into run values (1, 'r1', 'rollout', 1795190400000, 1795190990000, '[\"ibfleet\", \"rollout\", \"-a\"]', '/root', '{}', 'head process 1', 'ann', 'failed', 1, null)"
}
many() # FIRST LAST STATE CODE REASON
{
    sql "with recursive n(i) as (select $1 union all select i + 1 from n where i < $2)
         insert into node select 'r1', printf('ib%05d', i), '$3', '$4', '$5', null, null, null, 1795190500000, 3 from n;
         with recursive n(i) as (select $1 union all select i + 1 from n where i < $2)
         insert into move select 'r1', printf('ib%05d', i), 1795190400000 + 50 * i, 'todo', 'ok', 'installing', '' from n
         union all select 'r1', printf('ib%05d', i), 1795190400000 + 50 * i + 5000 + i, 'installing', 'ok', '$3', '$5' from n"
}

@test "a rollout that went well: verdict, times, steps, and the way on" {
    ibfleet rollout -a --yes
    report
    [ "$(title)" = "Rollout $(run_id): Done: all 3 nodes are as wanted" ]
    tells "ibfleet validate @$(run_id):well"
    tells "ibfleet rollout -a --yes --state $STATE"
    tells "packages rdma-core ibverbs-providers; modules"
    tells "ib[1-"
    tells rebooting
    [ "$(grep -c 'scope="row">ib[123]</th>' "$PAGE")" = 6 ] # timeline, table
    ! grep -q 'id="failures"' "$PAGE" || false
}

@test "failures are folded by what they have in common, with what to do" {
    for n in ib1 ib3; do echo "install disk-full no room on /var of $n: 12 MiB" >"$SSHD_DIR/$n/trouble"; done
    ibfleet rollout -a --yes
    [ "$status" = 1 ]
    report
    [ "$(title)" = "Rollout $(run_id): Ended with failures: 1 of 3 nodes is as wanted, 2 failed" ]
    [ "$(grep -c '<p class="reason">' "$PAGE")" = 1 ]
    grep -q 'ib\[1,<wbr/>3\]' "$PAGE"
    tells "no room on /var of ib1: 12 MiB"
    tells "make room, then roll out again"
    tells "ibfleet logs ib1 --run $(run_id)"
    tells "ibfleet resume $(run_id) --failed"
}

@test "what a node said is text, whatever it said" {
    printf 'install step-failed <script>alert(1)</script> "><img src=x onerror=y> \033[2J \xe2\x80\xae &lt;\n' >"$SSHD_DIR/ib2/trouble"
    ibfleet rollout -a --yes
    run=$(run_id)
    sql "update node set reason = cast(x'3c2f7469746c653e3c7376672f6f6e6c6f61643d783e1b5d303b7807ff' as text) where name = 'ib3';
         update move set reason = cast(x'3c2f7469746c653e3c7376672f6f6e6c6f61643d783e1b5d303b7807ff' as text), to_state = 'failed' where node = 'ib3' and to_state = 'done';
         update node set state = 'failed', code = 'step-failed' where name = 'ib3';
         update run set user = '<b>ann</b>', controller = 'x\" y', folder = '/tmp/<i>', plan = '{\"<u>\": \"</style><script>\"}'"
    report
    tells '<script>alert(1)</script>'
    tells '?[2J \u202e &lt;'
    tells '</title><svg/onload=x>^[]0;x^G\xff'
    tells '</style><script>'
    tells '<b>ann</b>'
    ! grep -qi '<script\|<img\|<svg/\|onerror=y>' "$PAGE" || false
    ! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$PAGE" || false
}

@test "secrets of URLs that were typed are not shown" {
    ibfleet rollout -a --yes --proxy 'http://ann:geheim@proxy.example:3128' --mirror='https://blob.example/x?sig=geheim'
    report
    ! grep -q geheim "$PAGE" || false
    tells "--proxy http://proxy.example:3128 --mirror=https://blob.example/x"
}

@test "while it is under way and after its controller was killed" {
    for n in ib1 ib2 ib3; do echo 5 >"$SSHD_DIR/$n/slow"; done
    ibfleet_begin rollout -a --yes
    wait_until 20 test -e "$SSHD_DIR/ib3/installing"
    cp "$SSHD_DIR/err" "$SSHD_DIR/first-err"
    "$BUILD/ibfleet" report --state "$STATE" -o "$PAGE" </dev/null
    words=$("$CHECK" "$PAGE")
    [[ "$(title)" == *": Under way: 0 of 3 nodes are as wanted, 3 to go" ]]
    tells "ibfleet status $(run_id) --follow"
    kill -9 "$CONTROLLER"
    ibfleet_end
    report "$(run_id)"
    [[ "$(title)" == *": Cut off: "*" not finished" ]]
    tells "ibfleet resume $(run_id)"
    ibfleet resume --yes
    report
    [[ "$(title)" == *": Done: all 3 nodes are as wanted" ]]
    tells "without a controller"
}

@test "of 10,000 nodes some have a row, the rest is folded, and it stays a page" {
    journal_begin
    many 1 9900 done ok ''
    many 9901 10000 failed disk-full 'no room on /var'
    report r1
    [ "$(grep -c '<p class="reason">' "$PAGE")" = 1 ]
    tells '9,880 nodes'
    tells 'installing → done'
    [ "$(sed -n '/<table class="timeline"/,/<\/table>/p' "$PAGE" | grep -c '<tr')" -le 206 ]
    [ "$(stat -c %s "$PAGE")" -lt 4000000 ]
    tells 'ib[09901-10000]'
}

# ---- where it goes ------------------------------------------------------------------------

@test "into ibfleet-RUN.html of this folder, or to standard output" {
    ibfleet rollout ib1 --yes
    cd "$SSHD_DIR"
    ibfleet report
    [ "$status" = 0 ]
    [ -z "$out" ]
    warns "written to ibfleet-$(run_id).html"
    "$CHECK" "ibfleet-$(run_id).html" >/dev/null
    [ "$(stat -c %a "ibfleet-$(run_id).html")" = "$(printf %o $((0666 & ~$(umask))))" ]
    ibfleet report --json
    keeps_to report
    [ -z "$err" ]
    [ "$(ask '"\(.file) \(.state) \(.total) \(.well) \(.failed)"')" = "ibfleet-$(run_id).html done 1 1 0" ]
    ibfleet report --json -o -
    [ "$status" = 2 ]
    ibfleet report -o -
    [ -z "$err" ]
    "$CHECK" "$SSHD_DIR/out" >/dev/null
}

@test "a file is replaced in one step; what is no file is left alone, and told by name" {
    ibfleet rollout ib1 --yes
    echo old >"$PAGE"
    ln "$PAGE" "$SSHD_DIR/old"
    report
    [ "$(cat "$SSHD_DIR/old")" = old ]
    mkdir "$SSHD_DIR/folder"
    ln -s "$PAGE" "$SSHD_DIR/link"
    mkfifo "$SSHD_DIR/fifo"
    for there in folder link fifo; do
        ibfleet report -o "$SSHD_DIR/$there"
        [ "$status" = 2 ]
        warns "$SSHD_DIR/$there is there and is "
    done
    [ -L "$SSHD_DIR/link" ]
    ibfleet report -o /dev/null
    [ "$status" = 2 ]
    [ -c /dev/null ]
    ibfleet report -o "$SSHD_DIR/nowhere/page.html"
    [ "$status" = 8 ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    [ -z "$(ls "$SSHD_DIR" | grep 'page.html\.')" ]
}

# The journal's own files are smaller than the limit, the page is larger.
@test "a disk that is full leaves what was there" {
    journal_begin
    many 1 90 done ok ''
    echo old >"$PAGE"
    status=0
    (ulimit -f 48; trap '' XFSZ; exec "$BUILD/ibfleet" report --state "$STATE" -o "$PAGE" </dev/null 2>"$SSHD_DIR/err") || status=$?
    cat "$SSHD_DIR/err"
    [ "$status" = 8 ]
    grep -qx "ibfleet: $PAGE: File too large" "$SSHD_DIR/err"
    [ "$(cat "$PAGE")" = old ]
    [ -z "$(ls "$SSHD_DIR" | grep 'page.html\.')" ]
}

@test "what has no report is told in one line: no run, another kind of run" {
    mkdir "$STATE"
    ibfleet report
    [ "$status" = 2 ]
    "$BUILD/tests/e2e/logbook-tool" "$STATE" 4 >"$SSHD_DIR/printed"
    ibfleet report "$(run_id)"
    [ "$status" = 2 ]
    warns "run $(run_id) is no rollout but 'validate'"
    warns "ibfleet status $(run_id)"
    ibfleet report r9
    [ "$status" = 2 ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
}
