#!/usr/bin/env bats
# fetch.bats - a bundle comes to the node: by its own curl or wget, from a mirror that has
# every kind of bad day, or pushed; and what is said when it does not

load node

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"

setup()
{
    node_make
    unset http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY all_proxy ALL_PROXY
    export IBFLEET_PATIENCE_S=1
    BUNDLES=$NODE/var/lib/ibfleet/bundles
    mkdir "$NODE/mirror"
    head -c 3000000 /dev/urandom >"$NODE/mirror/doca.deb"
    HASH=$(sha256sum "$NODE/mirror/doca.deb" | cut -c -64)
    mirror_start
}

teardown()
{
    mirror_stop
    node_remove
}

mirror_start() # OPTION...
{
    timeout 300 tests/fake/mirror --root "$NODE/mirror" --port-file "$NODE/port" --log "$NODE/log" \
        --for 240 "$@" 3>&- &
    MIRROR=$!
    wait_until 20 test -s "$NODE/port"
    PORT=$(cat "$NODE/port")
}

mirror_stop()
{
    kill "$MIRROR" 2>/dev/null || true
    wait "$MIRROR" 2>/dev/null || true
    rm -f "$NODE/port"
}

# The node has this program and no other; it notes its arguments.
only() # curl | wget | nothing
{
    mkdir -p "$NODE/only"
    rm -f "$NODE"/only/*
    printf '#!/bin/bash\nexport PATH=%q\nexec %q "$@"\n' "$NODE/only" "$(realpath "$BUILD/ibfleet-agent")" >"$NODE/agent"
    chmod 755 "$NODE/agent"
    AGENT=$NODE/agent
    [ "$1" != nothing ] || return 0
    printf '#!/bin/bash\necho "%s $*" >>%q\nexec %q "$@"\n' "$1" "$NODE/calls" "$(command -v "$1")" >"$NODE/only/$1"
    chmod 755 "$NODE/only/$1"
}

talk() # ACT...
{
    run timeout 120 "$BATS_TEST_DIRNAME/talk" "$AGENT" "$@"
    echo "$output"
}

RUN=0
# PATH [PROXY]   a new run whose only step is to fetch doca.deb from there
fetch()
{
    RUN=$((RUN + 1))
    local args="\"$HASH\",\"doca.deb\",\"${1/#\//http:\/\/127.0.0.1:$PORT/}\"${2:+,\"$2\"}"
    talk "claim:{\"run\":\"r$RUN\",\"controller\":\"head1\",\"user\":\"ann\",\"epoch\":1,\"until_s\":99999999999}" \
        "install:{\"run\":\"r$RUN\",\"epoch\":1,\"steps\":[{\"name\":\"fetch\",\"args\":[$args]}]}" \
        "release:{\"run\":\"r$RUN\",\"epoch\":1}"
}

says() { [[ "$output" == *"$1"* ]]; }
says_not() { [[ "$output" != *"$1"* ]]; }
requests() { grep -c "$1" "$NODE/log" || true; }
is_whole() { cmp "$BUNDLES/doca.deb" "$NODE/mirror/doca.deb" && [ ! -e "$BUNDLES/doca.deb.part" ]; }
is_done() { says '"name": "fetch", "state": "done"' && is_whole; }
fails() { says "failure 2 $1" && [ ! -e "$BUNDLES/doca.deb" ]; }

# A test for each of the two.
with_both() # FUNCTION
{
    local program
    for program in curl wget; do
        only $program
        "$1"
        rm -rf "$BUNDLES" "$NODE/log"
        mirror_stop
        mirror_start
    done
}

# ---- well --------------------------------------------------------------------------------

comes()
{
    fetch /doca.deb
    is_done
    says '"line": "fetch: 3000000 bytes have come; their SHA-256 is looked at"'
    [ "$(stat -c %a "$BUNDLES")" = 700 ]
    [ "$(requests GET)" = 1 ]
    fetch /doca.deb
    says '"name": "fetch", "state": "already"'
    [ "$(requests GET)" = 1 ]
}
@test "a bundle comes by curl or wget, and the second time it is there already" { with_both comes; }

secret()
{
    : >"$NODE/calls"
    fetch "/status@403/doca.deb?sig=S3CRET&sp=r"
    fails "download-failed fetch: 127.0.0.1:$PORT: 403, forbidden: has the link expired?"
    fetch "/redirect/doca.deb?sig=S3CRET&sp=r" "http://ann:S3CRET@127.0.0.1:$PORT"
    is_done
    [ "$(requests 'sig=S3CRET')" -ge 3 ]
    says_not S3CRET
    grep -q "^$(basename "$(echo "$NODE"/only/*)")" "$NODE/calls"
    ! grep S3CRET "$NODE/calls" || false
    ! grep -r S3CRET "$NODE/var/lib/ibfleet/logs" || false
}
@test "what follows the host in a URL, and a proxy's password, are in no argv and in no log" { with_both secret; }

pushed()
{
    mkdir -p "$BUNDLES"
    cp "$NODE/mirror/doca.deb" "$BUNDLES/whatever.bin"
    fetch http://127.0.0.1:1/doca.deb
    is_done
    [ ! -e "$BUNDLES/whatever.bin" ]
    [ "$(stat -c %a "$BUNDLES/doca.deb")" = 600 ]
}
@test "a bundle that was pushed counts, under whatever name, and nobody is asked for it" {
    only nothing
    pushed
}

@test "without curl and wget the way out is named" {
    only nothing
    fetch /doca.deb
    fails "no-download-tool fetch: neither curl nor wget is there: install one, or  ibfleet copy doca.deb NODE:$NODE/var/lib/ibfleet/bundles/"
}

@test "a link in the folder is no bundle" {
    only curl
    mkdir -p "$BUNDLES"
    ln -s "$NODE/mirror/doca.deb" "$BUNDLES/doca.deb"
    ln -s "$NODE/target" "$BUNDLES/doca.deb.part"
    echo precious >"$NODE/target"
    fetch /doca.deb
    is_done
    [ ! -L "$BUNDLES/doca.deb" ]
    [ "$(cat "$NODE/target")" = precious ]
}

@test "of other bundles the newest is kept" {
    only curl
    mkdir -p "$BUNDLES/folder"
    local name
    for name in one.deb two.deb three.deb four.deb.part; do
        echo $name >"$BUNDLES/$name"
        sleep 0.05 # the order in which they came
    done
    fetch /doca.deb
    is_done
    [ "$(ls "$BUNDLES")" = "$(printf '%s\n' doca.deb folder three.deb)" ]
}

# ---- cut, and continued ------------------------------------------------------------------

cut_short()
{
    fetch /cut@1000000/doca.deb
    is_done
    says "fetch: continued after 1000000 bytes"
    says "fetch: continued after 2000000 bytes"
    [ "$(requests 'range=bytes=2000000-')" = 1 ]
}
@test "after a cut it is continued" { with_both cut_short; }

no_ranges()
{
    fetch /cutonce@1000000/doca.deb
    is_done
}
@test "a server without ranges starts anew" { with_both no_ranges; }

no_length()
{
    fetch /nolength/doca.deb
    is_done
}
@test "a server need not tell how much there is" { with_both no_length; }

truncated()
{
    fetch /truncated/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
    [ "$(stat -c %s "$BUNDLES/doca.deb.part")" = 1500000 ]
    [ "$(requests GET)" = 6 ]
    fetch /doca.deb
    is_done
    says "fetch: continued after 1500000 bytes"
}
@test "a truncated download is told, kept, and continued by the next run" { with_both truncated; }

stalled()
{
    fetch /stall@1500000/doca.deb
    is_done
    says "cut off after 1500000 of 3000000 bytes; again in"
}
@test "a server that falls silent in the middle is left, and asked for the rest" { with_both stalled; }

killed()
{
    local pid
    RUN=0
    "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        'claim:{"run":"r1","controller":"h","user":"u","epoch":1,"until_s":99999999999}' \
        "&install:{\"run\":\"r1\",\"epoch\":1,\"steps\":[{\"name\":\"fetch\",\"args\":[\"$HASH\",\"doca.deb\",\"http://127.0.0.1:$PORT/slow@100000/doca.deb\"]}]}" \
        until:'"line": "# ' kill >"$NODE/out" 3>&- || true
    part_has() { [ "$(stat -c %s "$BUNDLES/doca.deb.part" 2>/dev/null || echo 0)" -ge 200000 ]; }
    wait_until 20 part_has
    kill -9 $(node_processes step)
    alone() { ! pgrep -f "output $BUNDLES/doca.deb.part|-O $BUNDLES/doca.deb.part" >/dev/null; }
    wait_until 10 alone
    rm -rf "$NODE/var/lib/ibfleet/claim"
    fetch /doca.deb
    is_done
    says "fetch: continued after "
}
@test "a step that is killed takes its download along, and the next one continues it" { with_both killed; }

stale()
{
    mkdir -p "$BUNDLES"
    head -c 1000000 /dev/zero >"$BUNDLES/doca.deb.part"
    fetch /doca.deb
    is_done
    says "fetch: not the right SHA-256: begun anew"
    head -c 4000000 /dev/zero >"$BUNDLES/doca.deb.part"
    rm "$BUNDLES/doca.deb"
    fetch /doca.deb
    is_done
}
@test "the rest of another file is not continued for ever" { with_both stale; }

# ---- not the right one -------------------------------------------------------------------

wrong()
{
    fetch /wrong/doca.deb?sig=S3CRET
    fails "wrong-hash fetch: SHA-256 is "
    says ", not $HASH: doca.deb from 127.0.0.1:$PORT"
    says_not S3CRET
    [ ! -e "$BUNDLES/doca.deb.part" ]
    [ "$(requests GET)" = 1 ]
    fetch /login/doca.deb
    fails "wrong-hash"
}
@test "wrong bytes are refused, thrown away and not asked for again" { with_both wrong; }

# ---- bad days ----------------------------------------------------------------------------

missing()
{
    fetch /nosuch.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: 404, not found"
    [ "$(requests GET)" = 1 ]
}
@test "404 is told at once" { with_both missing; }

later()
{
    fetch /later@503@2/doca.deb
    is_done
    says "503, out of service; again in 2 s"
    rm "$BUNDLES/doca.deb"
    fetch /later@429@2/doca.deb
    is_done
}
@test "429 and 503 are tried again, not before the time they name" { with_both later; }

down()
{
    fetch /status@500/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: 500, the server's own fault"
    [ "$(requests GET)" = 5 ]
}
@test "a server that has only 500 is given up after five tries" { with_both down; }

silent()
{
    fetch /silent/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
    [ "$(requests GET)" = 5 ]
}
@test "a silent server is given up" { with_both silent; }

hangup()
{
    fetch /hangup/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
}
@test "a server that hangs up is given up" { with_both hangup; }

refused()
{
    fetch http://127.0.0.1:1/doca.deb
    fails "download-failed fetch: 127.0.0.1:1: "
    [[ $output =~ [Rr]efused|"connect to" ]]
}
@test "nobody listens there" { with_both refused; }

unknown()
{
    fetch http://mirror.invalid/doca.deb
    fails "download-failed fetch: mirror.invalid: "
    says "resolve host"
}
@test "a name that does not exist" { with_both unknown; }

large()
{
    fetch /large/doca.deb
    fails "download-failed fetch: doca.deb from 127.0.0.1:$PORT has more than 16 GiB"
    [ "$(requests GET)" = 1 ]
}
@test "a bundle above the ceiling is refused by what the server says" { with_both large; }

# A disk of SIZE for what the agent keeps; it goes away with the last of its processes.
on_disk_of() # SIZE
{
    mkdir -p "$NODE/var/lib/ibfleet"
    { echo '#!/bin/bash'; printf 'exec unshare -Urm bash -c %q - %q %q %q "$@"\n' \
        'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"' "$1" "$NODE/var/lib/ibfleet" "$AGENT"; } >"$NODE/small"
    chmod 755 "$NODE/small"
    AGENT=$NODE/small
}

too_full()
{
    on_disk_of 66m
    fetch /slow@1000000/doca.deb # else it may be there before its size is looked at
    fails "disk-full fetch: doca.deb has 3 MiB: 1 MiB more must be free in $NODE/var/lib/ibfleet"
    [ "$(requests GET)" = 1 ]
    fetch /endless/doca.deb
    fails "disk-full fetch: doca.deb: only "
    says " MiB are left in $NODE/var/lib/ibfleet"
}
@test "a disk that is too small is told with how much is missing, before it is full" { with_both too_full; }

redirect()
{
    fetch "/redirect/doca.deb"
    is_done
    rm "$BUNDLES/doca.deb"
    fetch /loop/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
    says "redirect"
    [ "$(requests 'GET /loop')" = 11 ]
    fetch /elsewhere/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
    says "upported"
}
@test "redirects are followed, but neither in a circle nor to a file" { with_both redirect; }

tls()
{
    mirror_stop
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$NODE/key" -out "$NODE/crt" 2>/dev/null
    cat "$NODE/key" "$NODE/crt" >"$NODE/pem"
    : >"$NODE/log"
    mirror_start --cert "$NODE/pem"
    fetch /tls/doca.deb
    fails "download-failed fetch: 127.0.0.1:$PORT: "
    says "certificate"
    [ "$(requests GET)" = 1 ]
}
@test "a redirect to https whose certificate nobody trusts is refused at once" { with_both tls; }

@test "with a certificate that the node trusts https is well" {
    only curl
    tls
    SSL_CERT_FILE=$NODE/crt CURL_CA_BUNDLE=$NODE/crt fetch "https://127.0.0.1:$PORT/doca.deb"
    is_done
}

# ---- proxy and mirror --------------------------------------------------------------------

proxy()
{
    fetch http://mirror.invalid/doca.deb "http://127.0.0.1:$PORT"
    is_done
    [ "$(requests 'proxy GET http://mirror.invalid/doca.deb')" = 1 ]
}
@test "proxy: the bundle comes through the one that is named" { with_both proxy; }

@test "proxy: what the environment says against it does not count" {
    only curl
    no_proxy='*' NO_PROXY='*' proxy
}

environment()
{
    http_proxy=http://127.0.0.1:$PORT fetch http://mirror.invalid/doca.deb
    is_done
    [ "$(requests 'proxy GET http://mirror.invalid/doca.deb')" = 1 ]
}
@test "proxy: without one the node's environment tells" { with_both environment; }

at_login()
{
    mkdir -p "$NODE/etc"
    printf 'PATH="/usr/bin"\nhttp_proxy="http://127.0.0.1:%s"\n' "$PORT" >"$NODE/etc/environment"
    fetch http://mirror.invalid/doca.deb
    is_done
    [ "$(requests 'proxy GET http://mirror.invalid/doca.deb')" = 1 ]
}
@test "proxy: what a login finds in /etc/environment holds for a step, too" { with_both at_login; }

login()
{
    mirror_stop
    : >"$NODE/log"
    mirror_start --proxy-user ann:pass
    fetch http://mirror.invalid/doca.deb "http://127.0.0.1:$PORT"
    fails "download-failed fetch: mirror.invalid through the proxy 127.0.0.1:$PORT: 407, the proxy wants a login"
    fetch http://mirror.invalid/doca.deb "http://ann:pass@127.0.0.1:$PORT"
    is_done
}
@test "proxy: one that wants a login says so, and gets it" { with_both login; }

no_proxy_there()
{
    fetch http://mirror.invalid/doca.deb "http://127.0.0.1:1"
    fails "download-failed fetch: mirror.invalid through the proxy 127.0.0.1:1: "
}
@test "proxy: one that is not there" { with_both no_proxy_there; }

@test "mirror: a folder below the site's own server will do" {
    only curl
    mkdir "$NODE/mirror/drivers"
    mv "$NODE/mirror/doca.deb" "$NODE/mirror/drivers/"
    fetch /drivers/doca.deb
    cmp "$BUNDLES/doca.deb" "$NODE/mirror/drivers/doca.deb"
    [ "$(requests 'GET /drivers/doca.deb')" = 1 ]
}
