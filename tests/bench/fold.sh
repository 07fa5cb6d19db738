#!/bin/bash
# fold.sh   CPU time to read and to fold 10,000 names that do not line up
exec "${BUILD:-build}/tests/bench/fold"
