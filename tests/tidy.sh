#!/bin/bash
# tidy.sh   the shape of the house: median and p90 function, and what stands out
set -u
mapfile -t sources < <(git ls-files '*.c' | grep -v '^tests/')
ctags -x --_xformat='%n %{end} %N %F' --kinds-C=f "${sources[@]}" |
    awk '{ n = $2 - $1 + 1; print n, $3, $4 }' | sort -n >/tmp/tidy.$$
awk '{ v[NR] = $1 } END { if (NR) printf "functions %d, median %d lines, p90 %d, longest %d\n",
    NR, v[int((NR + 1) / 2)], v[int(NR * 0.9 + 0.5)], v[NR] }' /tmp/tidy.$$
awk '$1 > 50 { printf "long function: %s in %s, %d lines\n", $2, $3, $1 }' /tmp/tidy.$$
rm -f /tmp/tidy.$$
wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 500 { printf "large file: %s, %d lines\n", $2, $1 }'
