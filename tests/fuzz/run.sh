#!/bin/bash
# run.sh SECONDS PROGRAM...   let each fuzzer look for so many seconds
#
# It starts from tests/fuzz/seeds/NAME and keeps what it learns beside the program
# in NAME.corpus; what breaks it is left there as NAME.crash-*.
set -u
seconds=$1 bad=0
shift
for program in "$@"; do
    name=$(basename "$program")
    here=$(dirname "$program")
    seeds=tests/fuzz/seeds/${name#fuzz_}
    mkdir -p "$here/$name.corpus"
    [ -d "$seeds" ] || seeds=
    if "$program" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$here/$name." "$here/$name.corpus" $seeds >"$here/$name.log" 2>&1; then
        echo "ok     $name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$here/$name.log") inputs)"
    else
        echo "FAILED $name"
        tail -n 40 "$here/$name.log" | sed 's/^/    /'
        bad=1
    fi
done
exit $bad
