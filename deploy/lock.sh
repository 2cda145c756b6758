#!/bin/sh
# Writes the exact versions and hashes that set-up installs, for Python 3.11 to 3.13 on every system, from the ranges in pyproject.toml.
# usage: deploy/lock.sh                             what is locked stays; what pyproject.toml has gained or lost follows
#        deploy/lock.sh --upgrade                   everything as new as the ranges allow
#        deploy/lock.sh --upgrade-package aiohttp   one package: a security fix
# uv does it, in a folder that is thrown away; it reads UV_DEFAULT_INDEX, not pip's settings, if packages come from a mirror.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

# What builds our own package, and the few others that come as source, is locked too: nothing unhashed gets in.
"$scratch/venv/bin/python" -c 'import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' >"$scratch/build.in"

lock() {
    set_=$1; shift
    printf '%s\n' "storeside lock: $set_" >&2
    # No header and no index: a committed file names neither a machine's folder nor a host. Extras are kept for older
    # pips, which do not see that coverage==7 also answers who asks for coverage[toml].
    "$scratch/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --no-annotate --no-header --no-emit-index-url --no-emit-find-links --output-file "deploy/requirements-$set_.txt" "$@"
}

dev="--extra demo --extra measure --extra train --extra spark --extra vision --extra bench --extra dev"
# shellcheck disable=SC2086 # one word an option
lock dev $dev "$@" pyproject.toml
# The smaller sets are cut from the largest: one version of a package for everybody.
lock run --constraint deploy/requirements-dev.txt --extra demo --extra measure pyproject.toml
lock store --constraint deploy/requirements-dev.txt pyproject.toml
lock build "$@" "$scratch/build.in"
