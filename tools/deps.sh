#!/usr/bin/env bash
# deps.sh owns which Debian packages the project needs, and the asking for them.
#   tools/deps.sh install build|lint|test|live...   installs what is missing (apt-get, through sudo where not root)
#   tools/deps.sh check build...                    says what is missing; exit 1 if anything is
#   tools/deps.sh list live                         prints the names
# Nothing that is there is asked for again, nothing is ever removed, and no server is started by its package.
# shellcheck disable=SC2034,SC2086 # the lists are named by name, and split into words on purpose
set -u

build='gcc libc6-dev meson ninja-build pkg-config python3 libuv1-dev libpcre2-dev libjansson-dev libssl-dev libnghttp2-dev liblua5.4-dev lua-lpeg-dev zlib1g-dev'
lint='clang-format shellcheck python3 lua5.4'
test='libcmocka-dev nmap iproute2 util-linux libxml2-utils'
# The servers of tests/live: each is started by the tests themselves, never by its package. They are comfort, not need: a test without its
# server is skipped and says so, and so a package that cannot be installed beside what the machine has is left out.
live='lua5.4 lua-lpeg openssh-server openssh-client openssl dropbear-bin vsftpd inetutils-telnetd inetutils-inetd postfix dovecot-imapd dovecot-pop3d
nginx-light apache2 lighttpd squid haproxy stunnel4 redis-server memcached mosquitto slapd bind9 unbound dnsmasq-base snmpd
mariadb-server-core mariadb-client-core postgresql-15 etcd-server beanstalkd nats-server cups-daemon rsync git subversion distcc prosody tor
dante-server icecast2 mpd tigervnc-standalone-server prometheus-node-exporter tinyproxy monit dictd ngircd caddy nghttp2-server gnutls-bin
rpcbind nfs-common nfs-kernel-server quota nfs-ganesha-vfs ypserv rstatd rusersd rwalld bootparamd krb5-admin-server krb5-kdc glusterfs-server
samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind
openvpn avahi-daemon xrdp miniupnpd miniupnpd-nftables wireguard-go coturn strongswan-starter strongswan-charon'

die() {
    echo "deps: $*" >&2
    exit 1
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
    local p
    for p in "$@"; do
        installed "$p" || echo "$p"
    done
}

names() {
    local list
    for list in "$@"; do
        case $list in
        build | lint | test | live) echo "${!list}" ;;
        *) die "no package list named '$list'" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "not root, and there is no sudo: as root, run: $*"
    fi
}

# Packages' own start scripts ask /usr/sbin/policy-rc.d; where the machine has none, ours says no while we install.
policy=/usr/sbin/policy-rc.d
forbid_starting() {
    [ -e $policy ] && return
    trap allow_starting EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\n# descry tools/deps.sh: gone when its installation ends\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}
allow_starting() {
    if grep -q 'descry tools/deps.sh' $policy 2>/dev/null; then as_root rm -f $policy; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
apt_install() {
    apt install --yes --no-install-recommends --no-remove "$@" >"$log" 2>&1
}
have_lists() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

install_needed() {
    if ! have_lists; then apt update || die 'apt-get update failed'; fi
    apt_install "$@" && return
    apt update || die 'apt-get update failed'
    apt_install "$@" && return
    tail -n 20 "$log" >&2
    die "could not install: $*"
}

# All at once, and where that cannot be, one by one; what then still cannot be is named.
install_wanted() {
    local p
    if ! have_lists; then apt update || return 0; fi
    apt_install "$@" && return
    apt update || return 0
    apt_install "$@" && return
    for p in $(missing "$@"); do
        apt_install "$p" || echo "deps: $p cannot be installed here; its tests will be skipped" >&2
    done
}

install_lists() {
    local list need want
    command -v apt-get >/dev/null || die "no apt-get here; install yourself what these are on your system: $(names "$@" | tr '\n' ' ')"
    need='' want=''
    for list in "$@"; do
        case $list in
        live) want=$live ;;
        *) need="$need $(names "$list")" ;;
        esac
    done
    need=$(missing $need) want=$(missing $want)
    [ -n "$need$want" ] || return 0
    log=$(mktemp)
    forbid_starting
    if [ -n "$need" ]; then
        echo "deps: installing" $need
        install_needed $need
    fi
    if [ -n "$want" ]; then
        echo "deps: installing" $want
        install_wanted $want
    fi
    rm -f "$log"
}

check_lists() {
    local need
    command -v dpkg-query >/dev/null || return 0
    need=$(names "$@")
    need=$(missing $need)
    [ -z "$need" ] || die "missing:" $need "- install with: tools/deps.sh install $*"
}

command=${1:-}
[ $# -ge 2 ] || die 'usage: deps.sh install|check|list LIST...'
shift
case $command in
install) install_lists "$@" ;;
check) check_lists "$@" ;;
list) names "$@" | tr ' ' '\n' ;;
*) die "unknown command '$command'" ;;
esac
