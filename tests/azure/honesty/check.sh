#!/bin/bash
# check.sh BATS...   make check-azure: the tests, then what was recorded of all of them, judged
#
# AZURE_SPECS is the official description (its folder `specification` or the one above); without
# it ../shared/azure-specs beside the checkout.  $BUILD/azure keeps the traffic and the report.
set -u
here=$(dirname "$0")
room=$BUILD/azure
rm -rf "$room/run" && mkdir -p "$room/run/traffic"
export AZURE_TRAFFIC=$room/run/traffic AZURE_SECRETS=$room/run/secrets AZURE_EVIDENCE=$room/run/evidence
mkdir -p "$AZURE_EVIDENCE" && : >"$AZURE_SECRETS"

specs=${AZURE_SPECS:-$here/../../../../shared/azure-specs}
[ ! -d "$specs/specification" ] || specs=$specs/specification
export AZURE_SPECS=$specs AZURE_WHY='' AZURE_OAV=''
if [ ! -d "$specs/compute" ]; then
    AZURE_WHY="no official description in ${specs}: AZURE_SPECS names it"
elif ! AZURE_OAV=$("$here/oav.sh" "$room/oav"); then
    AZURE_WHY=$AZURE_OAV AZURE_OAV=''
fi
[ -z "$AZURE_WHY" ] || echo "azure: traffic is not judged by oav, skipped: $AZURE_WHY"

mkfifo "$room/run/hold"
exec {hold}<>"$room/run/hold"
"$here/watch" --list "$AZURE_SECRETS" --program "$BUILD/ibfleet" \
    <"$room/run/hold" >"$room/run/watched" 2>&1 {hold}>&- &
watch=$!
status=0
"$here/../../run.sh" azure "$@" || status=1
exec {hold}>&-
wait $watch
echo $? >"$room/run/watch.status"
"$here/../../run.sh" azure-honesty "$here/honesty.bats" || status=1
cat "$room/run/report" 2>/dev/null
exit $status
