#!/usr/bin/env bash
# Put axe-core, by which the tests look for barriers on the pages, where they look for it: .nsmo/axe-core.
# It is not part of the repository; without it these tests are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.14.1
folder=.nsmo/axe-core
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT

npm pack --silent --pack-destination "$aside" "axe-core@$version" >/dev/null
tar -xzf "$aside/axe-core-$version.tgz" -C "$aside" package/axe.min.js
mkdir -p "$folder"
mv "$aside/package/axe.min.js" "$folder/axe.min.js"
echo "axe-core $version is in $folder"
