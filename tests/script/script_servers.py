"""script_servers.py is the table of the servers that only the scripts' live tests need (tests/live/servers.py has the others, and says what a row is)."""
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / 'live')]
from servers import Expect, Server  # noqa: E402

DEVICE, DEVICE_ADDRESS = 'node0', '198.51.100.1'
NEED_TUN = ('miniupnpd', 'openvpn-tcp', 'wireguard')

# Keys made for this test: the server's pair, and that of its one peer.
WIREGUARD_PUBLIC, WIREGUARD_PEER = 'D6tzrILKgoGUcc0NUL5YEVXw6sDFRKV/p4tOYPaXBls=', 'OPqiLn5PfUVliAvpzu7V1bwXMGI9g9y++fr6mlEh7E0='
WIREGUARD_SET = ('set=1', 'private_key=808b948450f987a9e129b737d6c8b79162ef1e71d2124360a971bf2837f13b47', 'listen_port=51820',
                 'public_key=e04b7379adb76f1fed7956ade3507b2e809f2e44f218d9e28d1a58d09c93b438', 'allowed_ip=10.9.0.2/32', '', '')
WIREGUARD = '''import socket, subprocess, time
server = subprocess.Popen(['wireguard-go', '-f', 'wg0'])
while True:
    try:
        control = socket.socket(socket.AF_UNIX)
        control.connect('/var/run/wireguard/wg0.sock')
        break
    except OSError:
        time.sleep(0.05)
control.sendall(open('set', 'rb').read())
print(control.recv(100))
subprocess.run(['ip', 'link', 'set', 'wg0', 'up'], check=True)
server.wait()
'''

OPENVPN = ['openvpn', '--dev', 'null', '--local', '127.0.0.1', '--tls-server', '--dh', 'none', '--ca', '{tls}/cert.pem', '--cert', '{tls}/cert.pem', '--key', '{tls}/key.pem']

SERVERS = [
    # Over tcp, a server of one client ends with its client.
    Server('openvpn-udp', 'openvpn', OPENVPN + ['--proto', 'udp', '--port', '1194'], [Expect(1194, 'openvpn', proto='udp')]),
    Server('openvpn-tcp', 'openvpn', OPENVPN + ['--server', '10.8.0.0', '255.255.255.0', '--dev', 'tun', '--proto', 'tcp-server', '--port', '1195'], [Expect(1195, 'openvpn')]),
    Server('coturn', 'coturn', ['turnserver', '-n', '-L', '127.0.0.1', '-E', '127.0.0.1', '--no-cli', '--no-tls', '--no-dtls', '-a', '-u', 'a:b', '-r', 'live.example',
                                '-l', 'stdout', '--pidfile', '{dir}/pid', '--db', '{dir}/db'], [Expect(3478, 'stun', proto='udp'), Expect(3478, 'stun')]),
    Server('strongswan', 'strongswan-starter', ['/usr/lib/ipsec/starter', '--nofork', '--conf', '{dir}/i'], [Expect(500, 'isakmp', proto='udp')], env={'STRONGSWAN_CONF': '{dir}/c'},
        files={'c': 'charon {{\n port = 500\n port_nat_t = 4500\n install_routes = no\n send_vendor_id = yes\n}}\n',
               'i': 'conn live\n left=127.0.0.1\n right=%any\n authby=secret\n auto=add\n'}),
    Server('xrdp', 'xrdp', ['xrdp', '-n', '-c', '{dir}/x.ini'], [Expect(3389, 'ms-wbt-server')], folders=['/run/xrdp/sockdir'],
        before=[['sh', '-c', 'sed "s#^port=3389#port=tcp://127.0.0.1:3389#;s#^certificate=.*#certificate={tls}/cert.pem#;s#^key_file=.*#key_file={tls}/key.pem#;'
                             's#LogFile=.*#LogFile={dir}/log#" /etc/xrdp/xrdp.ini >{dir}/x.ini']]),
    Server('rpcbind', 'rpcbind', ['rpcbind', '-f'], [Expect(111, 'rpcbind'), Expect(111, 'rpcbind', proto='udp')], folders=['/run/rpcbind']),
    Server('samba', 'samba', ['smbd', '--foreground', '--no-process-group', '-s', '{dir}/smb.conf'], [Expect(445, 'netbios-ssn')], 
        folders=[f'{{dir}}/{name}' for name in ('lock', 'private', 'cache', 'state', 'pid')] + ['/run/samba', '/var/log/samba'],
        files={'smb.conf': '[global]\nworkgroup = LABGRP\nnetbios name = LIVE\ninterfaces = lo\nbind interfaces only = yes\nsmb ports = 445\nserver min protocol = NT1\n'
                           'server signing = mandatory\nlog level = 0\nlog file = {dir}/log\nlock directory = {dir}/lock\nprivate dir = {dir}/private\ncache directory = {dir}/cache\n'
                           'state directory = {dir}/state\npid directory = {dir}/pid\ndisable spoolss = yes\nload printers = no\n'}),
    Server('avahi', 'avahi-daemon', ['avahi-daemon', '-f', '{dir}/c', '--no-drop-root', '--no-chroot', '--no-rlimits'], [Expect(5353, 'mdns', proto='udp')], folders=['/run/avahi-daemon'],
        files={'c': '[server]\nallow-interfaces=lo\nuse-ipv4=yes\nuse-ipv6=no\nhost-name=live\nenable-dbus=no\n[publish]\npublish-workstation=yes\n[wide-area]\nenable-wide-area=no\n'}),
    # Devices answer on networks only, and loopback is none.
    Server('miniupnpd', 'miniupnpd', ['miniupnpd', '-d', '-f', '{dir}/c', '-P', '{dir}/pid'], [Expect(1900, 'upnp', proto='udp')],
        files={'c': f'ext_ifname=lo\nlistening_ip={DEVICE}\nhttp_port=5000\nenable_upnp=yes\nfriendly_name=live\nuuid=00000000-0000-0000-0000-000000000001\n'
                    'ext_ip=192.0.9.1\n'},
        before=[f'ip tuntap add dev {DEVICE} mode tap'.split(), f'ip addr add {DEVICE_ADDRESS}/24 brd + dev {DEVICE}'.split(), f'ip link set {DEVICE} up'.split()]),
    Server('wireguard', 'wireguard-go', ['python3', 'start.py'], [Expect(51820, 'wireguard', proto='udp')], env={'LOG_LEVEL': 'verbose', 'WG_PROCESS_FOREGROUND': '1'},
        files={'start.py': WIREGUARD, 'set': '\n'.join(WIREGUARD_SET)}),
    # The manual's page says which program wrote it.
    Server('manual', 'nginx-light', ['nginx', '-c', '{dir}/c'], [Expect(8090, 'http')],
        files={'c': 'daemon off; pid {dir}/pid; error_log {dir}/e; worker_processes 1;\nevents {{ worker_connections 256; }}\n'
                    'http {{ access_log off; root /usr/share/doc/ninja-build; index manual.html; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;\n'
                    ' uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5; types {{ text/html html; }} server {{ listen 127.0.0.1:8090; }} }}\n'}),
    # The clock is left alone.
    Server('ntpsec', 'ntpsec', ['ntpd', '-n', '-u', 'root', '-c', '{dir}/c', '-p', '{dir}/pid'], [Expect(123, 'ntp', proto='udp')],
        files={'c': 'disable ntp\nrestrict 127.0.0.1\ninterface ignore all\ninterface listen 127.0.0.1\n'}),
]
