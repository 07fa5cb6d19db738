#!/usr/bin/env bats
# catalog.bats - the driver catalog as data: its form, and where its hashes come from

ROOT=$BATS_TEST_DIRNAME/../..
CATALOG=$ROOT/inventory/catalog.json

keeps_to_schema() { "$BATS_TEST_DIRNAME/schema-check" catalog; }

# The catalog after a change in Python: c is the document, r its first row with a file.
changed()
{
    python3 -c 'import json, sys
c = json.load(open(sys.argv[1]))
r = next(r for r in c["rows"] if r["sha256"])
exec(sys.argv[2])
print(json.dumps(c))' "$CATALOG" "$1"
}

@test "the catalog keeps to its schema" {
    keeps_to_schema <"$CATALOG"
    changed 'pass' | keeps_to_schema
}

@test "the schema takes no catalog with a wrong field" {
    for wrong in 'r["sha256"] = "0"' 'r["sha256"] = r["sha256"].upper()' 'r["sha265"] = None' \
        'r["method"] = "ofed"' 'r["method"] = "inbox"' 'r["version"] = None' 'del r["source"]' \
        'r["arch"] = "amd64"' 'r["flags"] = ["--x;y"]' 'r["flags"] = ["{home}"]' \
        'r["url"] = "ftp://a/b"' 'r["url"] = "http://a/b"; r["sha256"] = None' 'r["nics"] = []' \
        'r["distributions"] = ["rhel", "*"]' 'c["catalog"] = 2' 'c["nics"] = []'; do
        run keeps_to_schema < <(changed "$wrong")
        [ "$status" != 0 ] || { echo "taken: $wrong"; return 1; }
    done
}

@test "every SHA-256 is the one that was published, and all of the extension's files are there" {
    sources=$ROOT/../shared/reference/catalog
    # A worktree lies one folder deeper.
    [ -d "$sources" ] || sources=$ROOT/../../shared/reference/catalog
    [ -d "$sources" ] || skip "no shared/reference/catalog beside the checkout to compare with"
    run "$BATS_TEST_DIRNAME/catalog-sources" "$CATALOG" "$sources"
    echo "$output"
    [ "$status" = 0 ]
    [ "${lines[-1]%% *}" -gt 20 ]
    run "$BATS_TEST_DIRNAME/catalog-sources" <(changed 'r["sha256"] = "0" * 64') "$sources"
    [ "$status" = 1 ]
    run "$BATS_TEST_DIRNAME/catalog-sources" <(changed 'c["rows"] = c["rows"][3:]') "$sources"
    [ "$status" = 1 ]
}
