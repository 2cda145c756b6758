#!/bin/sh
# Installs one store's service on Debian 12 or newer, from this source tree; can be repeated, also to upgrade.
# usage: deploy/install.sh STORE MARKET TIME_ZONE      for example: deploy/install.sh store-7 US America/New_York
#        deploy/install.sh                             upgrades; settings, secrets and data stay as they are
set -eu
umask 022
cd "$(dirname "$0")/.."

home=/opt/storeside
etc=/etc/storeside
data=/var/lib/storeside
config=$etc/storeside.toml
# Debian's own, which every account may use; root's path may lead to another.
python=/usr/bin/python3

say() { printf '%s\n' "storeside install: $*" >&2; }
fail() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || fail "please run it as root"
command -v apt-get >/dev/null 2>&1 || fail "this needs Debian's apt-get"
if [ ! -f "$config" ]; then
    [ $# = 3 ] || fail "usage: deploy/install.sh STORE MARKET TIME_ZONE, such as: store-7 US America/New_York"
    case "$1" in *[!a-z0-9-]* | "") fail "a store's name is 1 to 32 of a-z, 0-9 and -" ;; esac
    case "$2" in *[!A-Z0-9-]* | "") fail "a market is written like US, EU or US-IL" ;; esac
    [ -f "/usr/share/zoneinfo/$3" ] || fail "$3 is no time zone such as Europe/Berlin"
fi

say "[1/6] system packages"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    mosquitto openssl python3 python3-venv sqlite3 >/dev/null
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"

say "[2/6] the account and its folders"
getent passwd storeside >/dev/null || useradd --system --home-dir "$data" --shell /usr/sbin/nologin storeside
install -d -m 0755 "$home"
install -d -o storeside -g storeside -m 0700 "$data"
install -d -o root -g storeside -m 0750 "$etc" "$etc/tls"

say "[3/6] the program in $home"
[ -x "$home/.venv/bin/python" ] || "$python" -m venv "$home/.venv"
pip() { "$home/.venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
# As in setup.sh: what builds first, then the locked packages, our own last.
pip --require-hashes --requirement deploy/requirements-build.txt
pip --require-hashes --no-build-isolation --requirement deploy/requirements-store.txt
pip --no-deps --no-build-isolation --upgrade .
install -d -m 0755 "$home/docs"
install -m 0644 docs/*.md "$home/docs/"

say "[4/6] settings in $etc"
if [ ! -f "$config" ]; then
    sed -e "s|^id = .*|id = \"$1\"|" -e "s|^market = .*|market = \"$2\"|" \
        -e "s|^time_zone = .*|time_zone = \"$3\"|" deploy/storeside.toml >"$config"
fi
chown root:storeside "$config"
chmod 0640 "$config"
install -o root -g storeside -m 0640 deploy/mosquitto/mosquitto.conf "$etc/mosquitto.conf"

make_certificates() {
    name=$(hostname -f 2>/dev/null || hostname)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj "/CN=Storeside $name" -keyout "$etc/tls/ca.key" -out "$etc/tls/ca.crt" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1" \
        -keyout "$etc/tls/server.key" -out "$etc/tls/server.csr" 2>/dev/null
    openssl x509 -req -in "$etc/tls/server.csr" -CA "$etc/tls/ca.crt" -CAkey "$etc/tls/ca.key" -CAcreateserial \
        -days 825 -copy_extensions copy -out "$etc/tls/server.crt" 2>/dev/null
    rm -f "$etc/tls/server.csr"
}
# A certificate of the chain's own authority goes to the same place before the first run.
[ -f "$etc/tls/server.crt" ] || make_certificates
chown root:storeside "$etc"/tls/*
chmod 0640 "$etc"/tls/*
[ ! -f "$etc/tls/ca.key" ] || chmod 0600 "$etc/tls/ca.key"

say "[5/6] the store's own folder and secrets"
runuser -u storeside -- "$home/.venv/bin/storeside" init --config "$config" >&2
ln -sf "$home/.venv/bin/storeside" /usr/local/bin/storeside

say "[6/6] services"
install -m 0644 deploy/systemd/storeside.service deploy/systemd/storeside-broker.service \
    deploy/systemd/storeside-learn.service deploy/systemd/storeside-learn.timer /etc/systemd/system/
# The night is the store's, whatever zone the machine's clock is set to.
zone=$(sed -n 's|^time_zone = "\(.*\)"|\1|p' "$config")
sed -i "s|^OnCalendar=.*|& $zone|" /etc/systemd/system/storeside-learn.timer
if [ -d /run/systemd/system ]; then
    systemctl disable --now mosquitto.service >/dev/null 2>&1 || true
    systemctl daemon-reload
    systemctl enable --quiet storeside-broker.service storeside.service storeside-learn.timer
    systemctl restart storeside-broker.service storeside.service storeside-learn.timer
    storeside doctor --config "$config" || say "doctor names what is left to do"
else
    say "systemd does not run here; start the units once it does"
fi
say "done; give devices their accounts with: storeside device add NAME --class CLASS"
