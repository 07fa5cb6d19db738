# azure.bash - an Azure of the test's own on loopback (tests/fake/azure)
#
#   load azure                       # tests/azure: load ../e2e/azure
#   setup()    { azure_start <<<'{"sets":[{"name":"ib","count":4}]}'; }    # a scenario
#   teardown() { azure_stop; }
#
# azure_start sets AZURE_DIR, the doors AZURE_ARM, AZURE_LOGIN, AZURE_METADATA, AZURE_PROXY,
# AZURE_CONTROL, the CA file AZURE_CA, and AZURE_BEARER, a token that is good for an hour.
# What is exchanged is recorded in $AZURE_TRAFFIC and judged in the end, when that is set
# (make check-azure); AZURE_UNJUDGED=1 is for a test that asks what no client of ours would.
# Secrets of the run are added to $AZURE_SECRETS; azure_secret adds one of the test's own.

load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/wait"
AZURE_FAKE=${BATS_TEST_DIRNAME%/tests/*}/tests/fake/azure/fake-azure
AZURE_SUB=11111111-2222-3333-4444-555555555555
AZURE_TENANT=99999999-8888-7777-6666-555555555555

azure_secret() # TEXT   it must appear nowhere
{
    [ -z "${AZURE_SECRETS:-}" ] || printf '%s\n' "$1" >>"$AZURE_SECRETS"
}

# A folder of its own for each fake: files of several would have the same numbers.
azure_traffic()
{
    [ -n "${AZURE_TRAFFIC:-}" ] && [ -z "${AZURE_UNJUDGED:-}" ] || return 0
    mktemp -d "$AZURE_TRAFFIC/$(basename "$BATS_TEST_FILENAME" .bats)-XXXXXX"
}

azure_start() # < SCENARIO
{
    AZURE_DIR=$(mktemp -d)
    cat >"$AZURE_DIR/scenario.json"
    mkfifo "$AZURE_DIR/control"
    exec {AZURE_HOLD}<>"$AZURE_DIR/control"
    "$AZURE_FAKE" --dir "$AZURE_DIR/azure" --scenario "$AZURE_DIR/scenario.json" \
        --traffic "$(azure_traffic)" --secrets "${AZURE_SECRETS:-}" \
        <"$AZURE_DIR/control" >"$AZURE_DIR/log" 2>&1 3>&- {AZURE_HOLD}>&- &
    AZURE_PID=$!
    wait_until 60 test -e "$AZURE_DIR/azure/ready" || { cat "$AZURE_DIR/log" >&2; return 1; }
    . "$AZURE_DIR/azure/ready"
    AZURE_BEARER=$(azure_steer token '{"seconds":3600}' | jq -r .token)
}

# What a test leaves behind, for the search of secrets: copied before it is thrown away.
azure_keep() # FILE-OR-FOLDER...
{
    [ -z "${AZURE_EVIDENCE:-}" ] || cp -r --parents -t "$(mktemp -d "$AZURE_EVIDENCE/XXXXXX")" "$@"
}

azure_stop()
{
    [ -z "${AZURE_PID:-}" ] || { kill "$AZURE_PID" && wait "$AZURE_PID"; } 2>/dev/null || true
    # A traceback is a fault of the fake, whatever the test has thought of it.
    if [ -s "${AZURE_DIR:-/}/log" ]; then
        cat "$AZURE_DIR/log" >&2
        return 1
    fi
    [ -z "${AZURE_DIR:-}" ] || rm -rf "$AZURE_DIR"
    AZURE_PID='' AZURE_DIR=''
}

azure_steer() # WORD JSON   what tests/fake/azure/control.py takes
{
    curl -sS --fail-with-body --max-time 30 -H 'Content-Type: application/json' -d "$2" "$AZURE_CONTROL/$1"
}

azure_ask() # WORD   history, calls, state, connections
{
    curl -sS --fail-with-body --max-time 30 "$AZURE_CONTROL/$1"
}

azure_faults_end() { curl -sS --max-time 30 -X DELETE "$AZURE_CONTROL/faults"; }

# How often a route was called: azure_calls 'GET ~/virtualMachineScaleSets/{set}'
azure_calls() { azure_ask calls | jq -r --arg route "$1" '.[$route] // 0'; }

azure_notes() # WORD   history of one kind, as JSON
{
    azure_ask "history?what=$1"
}
