"""compare_rows.py is the table of compare.py: real servers of Debian packages, what foreign scripts are run against each, and what may differ.

A server's recipe is that of tests/live/servers.py. A row is one call of the reference and one of descry; the scripts of a row run together.
"""
import dataclasses
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'live')]
from servers import SERVERS as LIVE, Expect, Server  # noqa: E402


@dataclasses.dataclass
class Row:
    server: str
    ports: str             # as -p takes them; U: in front is a scan of udp ports
    scripts: str           # names, separated by blanks; + in front: also where its rule says no
    args: str = ''
    order: str = ''        # what comes in the order of hashes and is compared without its order: lines or words
    numbers: bool = False  # counters, clocks: digits are not compared
    mask: str = ''         # a regular expression of what differs from run to run
    identify: bool = False  # with -sV; the ports' services are compared, too
    fresh: bool = False    # the server is started anew between the two
    silent: dict = dataclasses.field(default_factory=dict)   # script: why it is to tell nothing, in either
    differs: dict = dataclasses.field(default_factory=dict)  # script: why its outputs are not the same

    def names(self):
        return {script.lstrip('+') for script in self.scripts.split()}


def live(name, **changes):
    return dataclasses.replace(next(s for s in LIVE if s.name == name), **changes)


def module(*names):
    return ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in names)


def s_server(name, port, *words):
    return Server(name, 'openssl', ['openssl', 's_server', '-cert', '{tls}/cert.pem', '-key', '{tls}/key.pem', '-accept', f'127.0.0.1:{port}', '-www', *words], [Expect(port, '')])


PAGE = ('<html><head><title>The compared page</title><meta name="generator" content="Hand 1.0"></head><body><!-- a comment -->\n'
        '<a href="/below/page.html">below</a><form action="/login" method="post"><input type="text" name="user"><input type="password" name="pass"></form>\n'
        '<script>/* another */ var a = 1; // third\n</script><img src="/icon.png"></body></html>\n')

APACHE = ('ServerRoot {dir}\nServerName www.example\nPidFile {dir}/pid\nErrorLog {dir}/e\nDocumentRoot {dir}/www\nUser www-data\nGroup www-data\n'
          'Listen 127.0.0.1:80\nListen 127.0.0.1:443\nDefaultRuntimeDir {dir}\nMutex file:{dir} default\nDAVLockDB {dir}/davlock\nServerSignature On\n'
          + module('mpm_event', 'authz_core', 'authz_host', 'authz_user', 'auth_basic', 'authn_core', 'authn_file', 'dir', 'mime', 'alias', 'autoindex', 'status', 'headers', 'dav', 'dav_fs',
                   'socache_shmcb', 'ssl')
          + 'TypesConfig /dev/null\nAddType text/html .html\nAddType image/x-icon .ico\nExtendedStatus On\n'
            '<Location /server-status>\nSetHandler server-status\n</Location>\n<Location /dav>\nDav On\n</Location>\n'
            '<Location /secret>\nAuthType Basic\nAuthName "Compared realm"\nAuthUserFile {dir}/passwords\nRequire valid-user\n</Location>\n'
            'Redirect 302 /moved http://www.example/elsewhere\n<Directory {dir}/www/list>\nOptions +Indexes\nIndexOptions FancyIndexing\n</Directory>\n'
            'Header always set X-Frame-Options SAMEORIGIN\nHeader always set Strict-Transport-Security "max-age=3600"\nHeader always set Content-Security-Policy "default-src self"\n'
            'Header always set X-Content-Type-Options nosniff\nHeader always add Set-Cookie "session=abc; path=/"\nHeader always add Set-Cookie "kept=1; path=/; HttpOnly"\n'
            '<VirtualHost 127.0.0.1:443>\nSSLEngine on\nSSLCertificateFile {tls}/cert.pem\nSSLCertificateKeyFile {tls}/key.pem\n</VirtualHost>\n')

SMB = ('[global]\n netbios name = FILES\n workgroup = LABGRP\n server role = standalone\n bind interfaces only = yes\n interfaces = lo\n smb ports = 445 139\n'
       ' disable spoolss = yes\n load printers = no\n map to guest = Bad User\n server min protocol = NT1\n lock directory = {dir}/lock\n private dir = {dir}/private\n'
       ' cache directory = {dir}/cache\n state directory = {dir}/state\n pid directory = {dir}/pid\n ncalrpc dir = {dir}/pid/ncalrpc\n log file = {dir}/log\n'
       ' passdb backend = tdbsam:{dir}/private/passdb.tdb\n restrict anonymous = 0\n'
       '[public]\n comment = open to all\n path = {dir}/share\n guest ok = yes\n read only = no\n')

LDIF = ('dn: dc=example\nobjectClass: top\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n'
        'dn: cn=reader,dc=example\nobjectClass: top\nobjectClass: person\ncn: reader\nsn: Reader\ndescription: one entry\n')

ZONE = ('$TTL 300\n@ IN SOA ns.example. admin.example. 1 3600 900 86400 300\n@ IN NS ns.example.\n@ IN MX 10 mail.example.\n'
        'ns IN A 127.0.0.1\nmail IN A 127.0.0.2\nwww IN A 127.0.0.3\nwww IN TXT "a text"\nalias IN CNAME www\n')

GANESHA = ('NFS_CORE_PARAM {{ NFS_Port = 2049; MNT_Port = 20049; NLM_Port = 32803; Rquota_Port = 8875; NFS_Protocols = 3,4;\n Enable_NLM = true; Enable_RQUOTA = true; }}\n'
           'NFSv4 {{ RecoveryBackend = fs; Grace_Period = 5; Lease_Lifetime = 5; }}\n'
           'EXPORT {{ Export_Id = 1; Path = {dir}/export; Pseudo = /e; Access_Type = RW; Squash = none; SecType = sys; FSAL {{ Name = VFS; }} }}\n')


def shell(text):
    return ['sh', '-c', text]


SERVERS = [
    live('openssh', before=[['ssh-keygen', '-q', '-t', kind, '-N', '', '-f', '{dir}/' + kind] for kind in ('ed25519', 'rsa', 'ecdsa')],
        files={'c': 'Port 22\nListenAddress 127.0.0.1\nHostKey {dir}/ed25519\nHostKey {dir}/rsa\nHostKey {dir}/ecdsa\nPidFile none\nUsePAM no\nMaxStartups 100\n'}),
    live('vsftpd', before=[['mkdir', '-p', '{dir}/ftp/folder'], ['cp', '{dir}/c', '{dir}/ftp/file.txt'], ['touch', '-d', '2024-02-03 04:05:06', '{dir}/ftp/folder', '{dir}/ftp/file.txt']],
        files={'c': 'listen=YES\nlisten_address=127.0.0.1\nlisten_port=21\nbackground=NO\nsecure_chroot_dir=/run/vsftpd/empty\nseccomp_sandbox=NO\nanonymous_enable=YES\n'
                    'anon_root={dir}/ftp\nssl_enable=YES\nrsa_cert_file={tls}/cert.pem\nrsa_private_key_file={tls}/key.pem\nforce_local_logins_ssl=NO\n'}),
    live('postfix', expects=[Expect(25, 'smtp')]),
    live('dovecot', expects=[Expect(port, '') for port in (110, 143, 993, 995)]),
    Server('apache', 'apache2', ['apache2', '-f', '{dir}/c', '-DFOREGROUND'], [Expect(80, 'http'), Expect(443, 'http')],
        files={'c': APACHE, 'www/index.html': PAGE, 'www/robots.txt': 'User-agent: *\nDisallow: /hidden/\nDisallow: /private.html\nAllow: /below/\n',
               'passwords': 'x:x\n'},
        before=[shell('cd {dir}/www && mkdir below list dav secret list/folder && echo "<html><title>below</title><!-- deep --><a href=/>up</a></html>" >below/page.html'
                      ' && printf "\\0\\0\\1\\0icon" >favicon.ico && echo text >list/a.txt && echo x >secret/index.html && echo y >dav/file.txt'
                      ' && touch -d "2024-02-03 04:05:06" list/a.txt list/folder'
                      ' && git init -q . && git config user.name t && git config user.email t@example && git config remote.origin.url https://git.example/r.git && chown -R www-data {dir}')]),
    live('cups'), live('nginx', expects=[Expect(80, ''), Expect(443, '')]),
    s_server('s_server 1.2', 443, '-tls1_2', '-alpn', 'http/1.1,imap', '-nextprotoneg', 'http/1.1,spdy/3'),
    s_server('s_server old', 443, '-cipher', 'ALL:@SECLEVEL=0'),
    s_server('s_server dh', 443, '-tls1_2', '-cipher', 'ADH-AES128-SHA:@SECLEVEL=0'),
    live('mariadb'), live('redis'), live('memcached'), live('mosquitto'),
    live('postgresql', command=live('postgresql').command + ['-c', 'ssl=on', '-c', 'ssl_cert_file={dir}/cert.pem', '-c', 'ssl_key_file={dir}/key.pem'],
        before=live('postgresql').before + [shell('install -m 600 {tls}/cert.pem {tls}/key.pem {dir}')]),
    Server('bind', 'bind9', ['named', '-g', '-u', 'bind', '-c', '{dir}/c'], [Expect(53, ''), Expect(53, '', proto='udp')], owner='bind',
        files={'zone': ZONE, 'c': 'options {{ directory "{dir}"; listen-on port 53 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion yes; allow-recursion {{ any; }}; allow-transfer {{ any; }};\n'
                                  ' server-id "compared"; version "9.compared"; dnssec-validation no; pid-file "{dir}/pid"; session-keyfile "{dir}/sk"; }};\ncontrols {{ }};\n'
                                  'zone "example" {{ type master; file "{dir}/zone.signed"; }};\n'},
        before=[shell('cd {dir} && for flag in "" "-f KSK"; do dnssec-keygen -q -a ECDSAP256SHA256 $flag -n ZONE example; done && cat K*.key >>zone'
                      ' && dnssec-signzone -Q -o example -f zone.signed zone && chown -R bind {dir}')]),
    Server('slapd', 'slapd', ['slapd', '-d', '0', '-f', '{dir}/c', '-h', 'ldap://127.0.0.1:389'], [Expect(389, 'ldap')], folders=['{dir}/db'],
        files={'ldif': LDIF, 'c': live('slapd').files['c']}, before=[['slapadd', '-q', '-f', '{dir}/c', '-l', '{dir}/ldif']]),
    Server('samba', 'samba', ['smbd', '--foreground', '--no-process-group', '-s', '{dir}/c'], [Expect(445, ''), Expect(139, '')], files={'c': SMB},
        folders=[f'{{dir}}/{f}' for f in ('lock', 'private', 'cache', 'state', 'pid', 'share/folder')],
        before=[shell('echo text >{dir}/share/file.txt; touch -d "2024-02-03 04:05:06" {dir}/share/file.txt {dir}/share/folder; chmod 777 {dir}/share;'
                      ' (echo x; echo x) | smbpasswd -c {dir}/c -a -s nobody')]),
    Server('rpcbind', 'rpcbind', ['rpcbind', '-f'], [Expect(111, ''), Expect(111, '', proto='udp')]),
    Server('ganesha', 'nfs-ganesha-vfs', shell('rpcbind -f & sleep 1; exec ganesha.nfsd -F -f {dir}/c -L {dir}/log -p {dir}/pid'),
        [Expect(111, ''), Expect(2049, ''), Expect(20049, '')], files={'c': GANESHA}, folders=['{dir}/export/folder', '/run/ganesha', '/run/rpcbind'],
        before=[shell('echo text >{dir}/export/file.txt; touch -d "2024-02-03 04:05:06" {dir}/export/*')], seconds=40),
    live('snmpd', expects=[Expect(161, '', proto='udp')]),
    live('prosody', expects=[Expect(5222, ''), Expect(5269, '')], files={'c.lua': live('prosody').files['c.lua'].replace('"disco"', '"disco","tls"') +
        'ssl={{certificate="{tls}/cert.pem",key="{tls}/key.pem"}}\n'}),
    # the server waits for an answer to its question who we are, so that its greeting does not come at once: the script reads it by lines from the second packet on
    live('ngircd', command=shell('inetutils-inetd {dir}/inetd & exec ngircd -n -f {dir}/c'),
        files={'c': live('ngircd').files['c'].replace('DNS = no', 'DNS = yes\nNoticeBeforeRegistration = yes').replace('Ident = no', 'Ident = yes'),
               'inetd': '127.0.0.1:auth stream tcp4 nowait root /bin/sleep sleep 1\n'}),
    Server('rsync', 'rsync', ['rsync', '--daemon', '--no-detach', '--config={dir}/c'], [Expect(873, 'rsync')],
        files={'c': 'use chroot=no\naddress=127.0.0.1\nport=873\n[files]\n comment = some files\n path={dir}\n[more]\n path={dir}\n'}),
    live('danted'), live('xvnc'),
    Server('inetd', 'inetutils-inetd', ['inetutils-inetd', '-d', '{dir}/c'], [Expect(13, ''), Expect(37, '')],
        files={'c': '127.0.0.1:daytime stream tcp4 nowait root internal\n127.0.0.1:time stream tcp4 nowait root internal\n'}),
    # what no package has: the peers that live.py plays
    Server('played', 'python3', [sys.executable, '-B', '-c', f'import sys, time; sys.path.insert(0, {str(HERE)!r}); import live; live.Peers(); time.sleep(600)'],
        [Expect(port, '') for port in (502, 554, 2375, 5672)] + [Expect(port, '', proto='udp') for port in (4569, 5060, 47808)]),
    # ---- by hand: packages that the tests do not install
    Server('nbd', 'nbd-server', shell('nbd-server -C {dir}/c -p {dir}/pid; exec sleep 600'), [Expect(10809, '')], before=[['truncate', '-s', '1M', '{dir}/disk']],
        files={'c': '[generic]\n user = root\n group = root\n allowlist = true\n listenaddr = 127.0.0.1\n[disk]\n exportname = {dir}/disk\n[other]\n exportname = {dir}/disk\n readonly = true\n'}),
    Server('xvfb', 'xvfb', ['Xvfb', ':5', '-nolock', '-nolisten', 'unix', '-listen', 'tcp', '-ac', '-screen', '0', '320x240x24', '-noreset'], [Expect(6005, '')]),
    Server('epmd', 'erlang-base', shell('erl -noshell -sname one@localhost & exec epmd -address 127.0.0.1'), [Expect(4369, '')]),
    Server('dicom', 'dcmtk', ['storescp', '-aet', 'COMPARED', '-od', '{dir}', '11112'], [Expect(11112, '')]),
    Server('nrpe', 'nagios-nrpe-server', ['nrpe', '-f', '-c', '{dir}/c', '-n'], [Expect(5666, '')], folders=['/run/nagios'],
        files={'c': 'pid_file={dir}/pid\nserver_port=5666\nserver_address=127.0.0.1\nnrpe_user=nagios\nnrpe_group=nagios\nallowed_hosts=127.0.0.1\ndont_blame_nrpe=0\n'
                    'command[check_load]=/bin/echo load fine\ncommand[check_users]=/bin/echo users fine\n'}),
    Server('coturn', 'coturn', ['turnserver', '-n', '-L', '127.0.0.1', '-E', '127.0.0.1', '--no-cli', '--cert', '{tls}/cert.pem', '--pkey', '{tls}/key.pem', '-a', '-u', 'a:b', '-r', 'lab',
        '-l', 'stdout', '--pidfile', '{dir}/pid', '--db', '{dir}/db'], [Expect(3478, ''), Expect(3478, '', proto='udp')]),
    Server('murmur', 'mumble-server', ['murmurd', '-fg', '-ini', '{dir}/c'], [Expect(64738, ''), Expect(64738, '', proto='udp')], user='mumble-server',
        files={'c': 'database={dir}/db.sqlite\nhost=127.0.0.1\nport=64738\nautobanAttempts=0\nlogfile={dir}/log\nice=""\nuname=\n'}),
    Server('gmond', 'ganglia-monitor', ['gmond', '-f', '-c', '{dir}/c'], [Expect(8649, '')],
        files={'c': 'globals {{ daemonize=no setuid=no mute=no deaf=no }}\ncluster {{ name="lab" }}\nudp_recv_channel {{ port=8649 bind=127.0.0.1 }}\n'
                    'udp_send_channel {{ host=127.0.0.1 port=8649 }}\ntcp_accept_channel {{ port=8649 bind=127.0.0.1 }}\n'}),
    Server('charon', 'strongswan-charon', ['env', 'STRONGSWAN_CONF={dir}/c', '/usr/lib/ipsec/charon'], [Expect(500, '', proto='udp')],
        files={'c': 'charon {{\n port = 500\n port_nat_t = 4500\n install_routes = no\n}}\n'}),
]

NEEDS = {'apache': ['git'], 'ganesha': ['rpcbind'], 'ngircd': ['inetutils-inetd']}  # packages besides the server's own

DATE = r'\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT'
UUID = r'[0-9a-f]{8}-[0-9a-f-]{27}'
SETS_ONLY = {'murmur-version': 'it only sets the version'}

ROWS = [
    Row('openssh', '22', 'banner ssh2-enum-algos ssh-hostkey'),
    Row('vsftpd', '21', 'banner ftp-anon ssl-cert'),
    Row('vsftpd', '21', 'ftp-syst', numbers=True),
    Row('postfix', '25', 'banner smtp-commands ssl-cert'),
    Row('postfix', '25', 'smtp-open-relay'),
    Row('postfix', '25', 'smtp-enum-users', 'smtp-enum-users.methods={VRFY}', fresh=True),
    Row('dovecot', '110,143,993,995', 'ssl-cert pop3-capabilities imap-capabilities', order='words'),
    Row('postgresql', '5432', 'ssl-cert'),
    Row('slapd', '389', 'ssl-cert ldap-rootdse ldap-search'),
    Row('apache', '80', 'http-title http-methods http-server-header http-robots.txt'
        ' http-git http-generator http-favicon http-security-headers http-cookie-flags http-useragent-tester'),
    Row('apache', '80', 'http-headers', mask=DATE),
    Row('apache', '80', 'http-date', mask=DATE + r'|-?\d+s from local time|date: .*|delta: .*'),
    Row('apache', '80', 'http-auth', 'http-auth.path=/secret/'),
    Row('apache', '80', 'http-title', 'http-title.url=/moved'),
    Row('apache', '80', 'http-webdav-scan', 'http-webdav-scan.path=/dav/', order='lines'),
    Row('apache', '80', 'http-comments-displayer', order='lines'),
    Row('apache', '80', 'http-sitemap-generator'),
    Row('apache', '80', 'http-auth-finder'),
    Row('apache', '80', 'http-apache-server-status', numbers=True),
    Row('apache', '80', 'http-enum'),
    Row('apache', '80', 'http-ls', 'http-ls.url=/list/'),
    Row('apache', '443', 'ssl-cert ssl-date tls-alpn http-title', mask=r'[-+]?\d+s|[\d:]{8}'),
    Row('apache', '443', 'ssl-enum-ciphers'),
    Row('cups', '631', 'http-title http-server-header http-methods http-headers', mask=DATE),
    *[Row('s_server 1.2', '443', script) for script in ('ssl-cert', 'tls-alpn', 'tls-nextprotoneg', 'ssl-enum-ciphers')],
    Row('s_server old', '443', 'ssl-enum-ciphers'),
    Row('s_server dh', '443', 'ssl-dh-params', order='lines'),
    Row('mariadb', '3306', 'mysql-info', order='words', mask=r'Thread ID: \d+|Salt: .*'),
    Row('mariadb', '3306', 'mysql-empty-password ssl-cert'),
    Row('redis', '6379', 'redis-info', numbers=True),
    Row('memcached', '11211', 'memcached-info', numbers=True),
    Row('mosquitto', '1883', 'mqtt-subscribe', 'mqtt-subscribe.topic={$SYS/broker/version,$SYS/broker/clients/total}', order='lines', numbers=True),
    Row('bind', 'U:53', 'dns-nsid dns-recursion'),
    Row('bind', '53', 'dns-nsid'),
    Row('bind', '53', 'dns-zone-transfer', 'dns-zone-transfer.domain=www.example'),
    Row('bind', '53', 'dns-nsec-enum', 'dns-nsec-enum.domains=example'),
    Row('bind', 'U:53', 'dns-nsec-enum', 'dns-nsec-enum.domains=example'),
    Row('samba', '139,445', 'smb-protocols smb2-capabilities smb2-security-mode smb-security-mode'),
    Row('samba', '445', 'smb2-time smb-os-discovery', numbers=True),
    Row('samba', '445', 'smb-enum-shares smb-enum-users smb-enum-domains', order='lines', mask=r'S-1-5-21-[\d-]+|Users: \d+'),
    Row('samba', '445', 'smb-ls', 'smb-ls.share=public', mask=r'(?<=<DIR>  )\d{4}-\d\d-\d\dT[\d:]{8}(?=  \.)'),
    Row('rpcbind', '111', 'rpcinfo'),
    Row('rpcbind', 'U:111', 'rpcinfo'),
    Row('snmpd', 'U:161', 'snmp-info snmp-sysdescr', numbers=True),
    Row('snmpd', 'U:161', 'snmp-interfaces snmp-netstat', numbers=True),
    Row('snmpd', 'U:161', 'snmp-processes', numbers=True),
    Row('snmpd', 'U:161', 'snmp-win32-software', numbers=True),
    Row('prosody', '5222,5269', 'xmpp-info', 'xmpp-info.server_name=chat.example', order='lines', mask=UUID),
    Row('prosody', '5222', 'ssl-cert', 'tls.servername=chat.example'),
    Row('ngircd', '6667', 'irc-info', numbers=True, fresh=True),
    Row('rsync', '873', 'rsync-list-modules', silent={'rsync-list-modules': 'it does not know the greeting of protocol 32'}),
    Row('danted', '1080', 'socks-auth-info'),
    Row('xvnc', '5901', 'vnc-info vnc-title', fresh=True),
    Row('inetd', '13,37', 'daytime rfc868-time', numbers=True),
    Row('ganesha', '111', 'nfs-showmount nfs-ls'),
    Row('nbd', '10809', 'nbd-info', identify=True, order='lines'),
    Row('xvfb', '6005', 'x11-access'),
    Row('epmd', '4369', 'epmd-info'),
    Row('dicom', '11112', 'dicom-ping'),
    Row('nrpe', '5666', 'nrpe-enum', numbers=True),
    Row('coturn', 'U:3478', 'stun-info'),
    Row('murmur', '64738', '+ssl-cert murmur-version', identify=True, silent=SETS_ONLY, mask=r'users: \d+'),
    Row('murmur', 'U:64738', 'murmur-version', identify=True, silent=SETS_ONLY),
    Row('gmond', '8649', 'ganglia-info', numbers=True),
    # ---- version scripts and what they set
    *[Row(server, ports, 'version', identify=True) for server, ports in (
        ('apache', '80,443'), ('nginx', '80,443'), ('rpcbind', '111'), ('ganesha', '111,2049'), ('coturn', 'U:3478'), ('charon', 'U:500'), ('played', '2375,5672'),
        ('played', 'U:4569'))],
    Row('cups', '631', 'version', identify=True, differs={'service': "descry's own ipp-info has told product and version"}),
    Row('snmpd', 'U:161', 'version', identify=True, numbers=True),
    Row('prosody', '5222,5269', 'version', identify=True, order='lines', mask=UUID),
    Row('inetd', '37', 'version', identify=True, numbers=True),
    # ---- played
    Row('played', '502,554', 'modbus-discover rtsp-methods'),
    Row('played', 'U:5060', 'sip-methods'),
    Row('played', 'U:47808', 'bacnet-info',
        differs={'bacnet-info': 'it binds to port 47808, which on this machine is taken: an error, as in later versions of the reference; 7.93 goes on with another port'}),
]
