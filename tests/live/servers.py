"""servers.py is the table of the live tests: real servers of Debian packages, how each is started alone, and what is to be found.

A recipe's files and command may say {dir} (its own folder), {tls} (cert.pem, key.pem) and {www} (a small web page). All listen on 127.0.0.1.
What is expected: service and product are regular expressions, whole and without case; version is
  PACKAGE   the package's upstream version (what stands before the Debian revision) begins the version
  None      the server does not tell its version to a stranger
  a text    a regular expression that begins the version
What speaks TLS is expected to be found inside with the same version as in clear text, and to show its certificate. Besides, run.py puts every
tcp server behind stunnel and expects to find the same inside. A service that may be empty: nothing may be known but the tunnel.
"""
import dataclasses
import sys

PACKAGE = object()


@dataclasses.dataclass
class Expect:
    port: int
    service: str
    product: str = None
    version: object = None
    proto: str = 'tcp'
    tunnel: str = ''     # 'tls'
    starttls: bool = False  # offers TLS in clear text: taken, it must lead to a certificate
    tls: dict = None     # what the session tells: JSON's keys, and regular expressions
    package: str = None  # the package whose version counts, if another than the server's


@dataclasses.dataclass
class Server:
    name: str
    package: str
    command: list
    expects: list
    files: dict = dataclasses.field(default_factory=dict)
    before: list = dataclasses.field(default_factory=list)  # commands that prepare, each run to its end
    folders: list = dataclasses.field(default_factory=list)
    user: str = None       # run as this user, who then owns the folder
    owner: str = None      # owns the folder although the server starts as root
    env: dict = dataclasses.field(default_factory=dict)
    seconds: int = 20      # until it must accept connections
    input: bool = False    # its standard input stays open: a server that ends with it
    options: list = dataclasses.field(default_factory=list)  # of descry, besides the usual ones


S_SERVER = ['openssl', 's_server', '-cert', '{tls}/cert.pem', '-key', '{tls}/key.pem']
GNUTLS = ['--x509certfile={tls}/cert.pem', '--x509keyfile={tls}/key.pem']

SERVERS = [
    # ---- logging in, files, mail
    Server('openssh', 'openssh-server', ['/usr/sbin/sshd', '-D', '-e', '-f', '{dir}/c'], [Expect(22, 'ssh', 'OpenSSH', PACKAGE)],
        files={'c': 'Port 22\nListenAddress 127.0.0.1\nHostKey {dir}/key\nPidFile none\nUsePAM no\nMaxStartups 100\n'},
        before=[['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '{dir}/key']], folders=['/run/sshd']),
    Server('dropbear', 'dropbear-bin', ['dropbear', '-F', '-E', '-r', '{dir}/key', '-p', '127.0.0.1:2222', '-P', '{dir}/pid'],
        [Expect(2222, 'ssh', 'Dropbear( sshd)?', PACKAGE)], before=[['dropbearkey', '-t', 'ed25519', '-f', '{dir}/key']]),
    Server('vsftpd', 'vsftpd', ['vsftpd', '{dir}/c'], [Expect(21, 'ftp', 'vsftpd', PACKAGE)], folders=['/run/vsftpd/empty'],
        files={'c': 'listen=YES\nlisten_address=127.0.0.1\nlisten_port=21\nbackground=NO\nsecure_chroot_dir=/run/vsftpd/empty\nseccomp_sandbox=NO\n'}),
    Server('telnetd', 'inetutils-telnetd', ['inetutils-inetd', '-d', '{dir}/c'], [Expect(23, 'telnet')],
        files={'c': '127.0.0.1:23 stream tcp4 nowait root /usr/sbin/telnetd telnetd\n'}),
    Server('postfix', 'postfix', ['/usr/lib/postfix/sbin/master', '-c', '{dir}/etc', '-d'], [Expect(25, 'smtp', 'Postfix( smtpd)?', starttls=True), Expect(465, 'smtp', 'Postfix( smtpd)?', tunnel='tls')],
        files={'etc/main.cf': 'compatibility_level = 3.6\nmyhostname = mail.example\nqueue_directory = {dir}/spool\ndata_directory = {dir}/data\n'
                              'mail_owner = postfix\nsetgid_group = postdrop\ncommand_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n'
                              'inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmaillog_file = /var/log/descry-test-postfix.log\nalias_maps =\n'
                              'smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {tls}/cert.pem\nsmtpd_tls_key_file = {tls}/key.pem\n',
               'etc/master.cf': 'smtp inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n -o smtpd_tls_wrappermode=yes\n'
                                'cleanup unix n - n - 0 cleanup\ntlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n'
                                'proxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\npostlog unix-dgram n - n - 1 postlogd\n'},
        before=[['mkdir', '-p', '{dir}/spool', '{dir}/data'], ['chown', 'postfix', '{dir}/data'],
                ['postfix', '-c', '{dir}/etc', 'check']]),
    Server('dovecot', 'dovecot-imapd', ['dovecot', '-F', '-c', '{dir}/c'],
        [Expect(143, 'imap', 'Dovecot( imapd)?', starttls=True), Expect(993, 'imap', 'Dovecot( imapd)?', tunnel='tls'),
         Expect(110, 'pop3', 'Dovecot( pop3d)?', package='dovecot-pop3d', starttls=True), Expect(995, 'pop3', 'Dovecot( pop3d)?', tunnel='tls', package='dovecot-pop3d')],
        files={'c': 'base_dir = /run/dovecot\nprotocols = imap pop3\nlisten = 127.0.0.1\nlog_path = {dir}/log\nssl = yes\nssl_cert = <{tls}/cert.pem\n'
                    'ssl_key = <{tls}/key.pem\nmail_location = maildir:{dir}/mail\npassdb {{\n  driver = static\n  args = nopassword=y\n}}\n'
                    'userdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={dir}\n}}\n'},
        folders=['/run/dovecot']),
    # ---- web
    Server('nginx', 'nginx-light', ['nginx', '-c', '{dir}/c'], [Expect(80, 'http', 'nginx', PACKAGE), Expect(443, 'http', 'nginx', PACKAGE, tunnel='tls'),
         Expect(8443, 'http', 'nginx', PACKAGE, tunnel='tls')],
        files={'c': 'daemon off; pid {dir}/pid; error_log {dir}/e; worker_processes 1;\nevents {{ worker_connections 256; }}\n'
                    'http {{ access_log off; root {www}; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;\n'
                    ' uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5; server {{ listen 127.0.0.1:80; }}\n'
                    ' server {{ listen 127.0.0.1:443 ssl http2; ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; }}\n'
                    ' server {{ listen 127.0.0.1:8443 ssl; ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem;\n'
                    '  ssl_client_certificate {tls}/cert.pem; ssl_verify_client on; }} }}\n'}),
    Server('apache', 'apache2', ['apache2', '-f', '{dir}/c', '-DFOREGROUND'], 
        [Expect(8080, 'http', 'Apache( httpd)?', PACKAGE), Expect(8444, 'http', 'Apache( httpd)?', PACKAGE, tunnel='tls')],
        files={'c': 'ServerRoot {dir}\nServerName www.example\nPidFile {dir}/pid\nErrorLog {dir}/e\nDocumentRoot {www}\nUser www-data\nGroup www-data\n'
                    'Listen 127.0.0.1:8080\nListen 127.0.0.1:8444\nDefaultRuntimeDir {dir}\nMutex file:{dir} default\n'
                    + ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in ('mpm_event', 'authz_core', 'dir', 'socache_shmcb', 'ssl'))
                    + '<VirtualHost 127.0.0.1:8444>\nSSLEngine on\nSSLCertificateFile {tls}/cert.pem\nSSLCertificateKeyFile {tls}/key.pem\n</VirtualHost>\n'}),
    Server('lighttpd', 'lighttpd', ['lighttpd', '-D', '-f', '{dir}/c'], [Expect(8081, 'http', 'lighttpd', PACKAGE)],
        files={'c': 'server.document-root="{www}"\nserver.bind="127.0.0.1"\nserver.port=8081\nserver.errorlog="{dir}/e"\nindex-file.names=("index.html")\n'}),
    Server('caddy', 'caddy', ['caddy', 'run', '--adapter', 'caddyfile', '--config', '{dir}/c'], [Expect(8082, 'http', 'Caddy( httpd)?')],
        files={'c': '{{\n admin off\n auto_https off\n}}\nhttp://:8082 {{\n bind 127.0.0.1\n respond "hello"\n}}\n'}),
    Server('squid', 'squid', ['squid', '-N', '-f', '{dir}/c'], [Expect(3128, 'http-proxy', 'Squid( http proxy)?', PACKAGE)], owner='proxy', seconds=40,
        files={'c': 'http_port 127.0.0.1:3128\ncache deny all\npid_filename {dir}/pid\naccess_log none\ncache_log {dir}/log\nhttp_access deny all\n'
                    'cache_effective_user proxy\ncoredump_dir {dir}\nvisible_hostname proxy.example\nshutdown_lifetime 1 seconds\n'}),
    Server('haproxy', 'haproxy', ['haproxy', '-db', '-f', '{dir}/c'], [Expect(8404, 'http', 'HAProxy.*')],
        files={'c': 'defaults\n mode http\n timeout client 10s\n timeout server 10s\n timeout connect 5s\nlisten st\n bind 127.0.0.1:8404\n stats enable\n'
                    ' stats uri /\n'}),
    Server('tinyproxy', 'tinyproxy', ['tinyproxy', '-d', '-c', '{dir}/c'], [Expect(8888, 'http(-proxy)?', 'tinyproxy', PACKAGE)],
        files={'c': 'Port 8888\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nMaxClients 20\nLogFile "{dir}/log"\nPidFile "{dir}/pid"\n'}),
    Server('monit', 'monit', ['monit', '-I', '-c', '{dir}/c'], [Expect(2812, 'http', 'Monit.*', PACKAGE)],
        files={'c': 'set daemon 60\nset httpd port 2812 and use address 127.0.0.1\n allow 127.0.0.1\nset logfile {dir}/log\nset pidfile {dir}/pid\n'
                    'set idfile {dir}/id\nset statefile {dir}/state\n'}, before=[['chmod', '600', '{dir}/c']]),
    Server('icecast', 'icecast2', ['icecast2', '-c', '{dir}/c.xml'], [Expect(8010, 'http|icecast', 'Icecast.*', PACKAGE)], user='nobody',
        files={'c.xml': '<icecast><hostname>radio.example</hostname><limits><clients>50</clients><sources>2</sources></limits><authentication>'
                        '<source-password>x</source-password><admin-user>a</admin-user><admin-password>x</admin-password></authentication><listen-socket>'
                        '<port>8010</port><bind-address>127.0.0.1</bind-address></listen-socket><paths><basedir>/usr/share/icecast2</basedir>'
                        '<logdir>{dir}</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>'
                        '<alias source="/" destination="/status.xsl"/></paths><logging><accesslog>a</accesslog><errorlog>e</errorlog></logging></icecast>\n'}),
    Server('cups', 'cups-daemon', ['cupsd', '-f', '-c', '{dir}/cupsd.conf', '-s', '{dir}/files.conf'], [Expect(631, 'ipp', 'CUPS', PACKAGE)],
        files={'cupsd.conf': 'Listen 127.0.0.1:631\nLogLevel warn\nBrowsing No\n<Location />\n Order allow,deny\n Allow localhost\n</Location>\n',
               'files.conf': 'RequestRoot {dir}/spool\nCacheDir {dir}/cache\nStateDir {dir}/state\nServerRoot {dir}\nAccessLog {dir}/a\nErrorLog {dir}/e\n'
                             'PageLog {dir}/p\nDataDir /usr/share/cups\nServerBin /usr/lib/cups\n'},
        folders=['{dir}/spool', '{dir}/cache', '{dir}/state', '/run/cups']),
    Server('python', 'python3', ['python3', '-m', 'http.server', '8000', '--bind', '127.0.0.1', '--directory', '{www}'],
        [Expect(8000, 'http', '(Python )?SimpleHTTP(Server)?|BaseHTTPServer', '0.6')]),
    Server('node-exporter', 'prometheus-node-exporter', ['prometheus-node-exporter', '--web.listen-address=127.0.0.1:19100'],
        [Expect(19100, 'http', '.*(Node Exporter|Golang|Go net/http).*')]),
    # ---- TLS
    *[Server(f'openssl-{version}', 'openssl', [*S_SERVER, '-accept', f'127.0.0.1:{port}', '-www', f'-{version}', '-cipher', 'ALL:@SECLEVEL=0'], [Expect(port, 'http', tunnel='tls')])
      for port, version in ((14401, 'tls1'), (14402, 'tls1_1'), (14403, 'tls1_2'), (14404, 'tls1_3'))],
    # demands a client's certificate: 1.2 ends the handshake, 1.3 lets us in and out again
    *[Server(f'openssl-verify-{version}', 'openssl', [*S_SERVER, '-accept', f'127.0.0.1:{port}', '-Verify', '1', '-www', f'-{version}'], [expect])
      for port, version, expect in (
          (14405, 'tls1_2', Expect(14405, 'ssl', tls={'failure': 'alert: handshake failure.*asks for a client certificate.*'})),
          (14406, 'tls1_3', Expect(14406, '', tunnel='tls', tls={'wants_client_certificate': 'True', 'protocol': 'TLSv1.3'})))],
    # serves one client at a time, and says nothing to it
    Server('openssl-one', 'openssl', [*S_SERVER, '-accept', '127.0.0.1:14407'], [Expect(14407, '', tunnel='tls', tls={'protocol': 'TLSv1.3'})], input=True),
    Server('openssl-alpn', 'openssl', [*S_SERVER, '-accept', '127.0.0.1:14408', '-alpn', 'imap', '-www'],
        [Expect(14408, 'http', tunnel='tls', tls={'alpn': 'imap'})]),
    Server('nghttpd', 'nghttp2-server', ['nghttpd', '-a', '127.0.0.1', '14409', '{tls}/key.pem', '{tls}/cert.pem'],
        [Expect(14409, 'http', '.*nghttp.*', PACKAGE, tunnel='tls', tls={'alpn': 'h2'})]),
    Server('gnutls', 'gnutls-bin', ['gnutls-serv', *GNUTLS, '-p', '14410', '--http', '-q'], [Expect(14410, 'http', tunnel='tls')]),
    Server('gnutls-dtls', 'gnutls-bin', ['gnutls-serv', *GNUTLS, '-p', '4433', '-u', '--echo', '-q'],
        [Expect(4433, '(echo)?', proto='udp', tunnel='dtls', tls={'protocol': 'DTLSv1.2'})]),
    # says nothing to who does not ask for the name that stands in the certificate
    Server('stunnel-named', 'stunnel4', ['stunnel4', '{dir}/c'],
        [Expect(14412, 'ssh', 'OpenSSH', PACKAGE, tunnel='tls', tls={'server_name': 'live.example'}, package='openssh-server')],
        files={'c': 'foreground=yes\nsyslog=no\npid={dir}/pid\ncert={tls}/cert.pem\nkey={tls}/key.pem\n[main]\naccept=127.0.0.1:14412\n'
                    'connect=127.0.0.1:9\n[named]\nsni=main:live.example\nconnect=127.0.0.1:22\n'}),
    *[Server(f'openssl-{name}', 'openssl', ['openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-cert', '{dir}/cert', '-key', '{dir}/key', '-www'],
        [Expect(port, 'http', tunnel='tls', tls={'certificate': f".*'key': '{key}', 'key_bits': {bits}.*"})],
        before=[['openssl', 'req', '-x509', '-newkey', *kind, '-nodes', '-subj', '/CN=live.example', '-keyout', '{dir}/key', '-out', '{dir}/cert']])
      for name, port, kind, key, bits in (('ec', 14413, ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'EC', 384), ('ed25519', 14414, ['ed25519'], 'ED25519', 256))],
    # nobody is let in who does not ask for the right name
    Server('nginx-sni', 'nginx-light', ['nginx', '-c', '{dir}/c'], [Expect(14411, 'http', 'nginx', PACKAGE, tunnel='tls', tls={'server_name': 'sni.example'})],
        options=['--sni', 'sni.example'],
        files={'c': 'daemon off; pid {dir}/pid; error_log {dir}/e; worker_processes 1;\nevents {{ worker_connections 256; }}\n'
                    'http {{ access_log off; root {www}; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;\n'
                    ' uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5; server {{ listen 127.0.0.1:14411 ssl default_server; ssl_reject_handshake on; }}\n'
                    ' server {{ listen 127.0.0.1:14411 ssl; server_name sni.example; ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; }} }}\n'}),
    # ---- databases, caches, queues
    Server('redis', 'redis-server', ['redis-server', '--port', '6379', '--bind', '127.0.0.1', '--dir', '{dir}', '--save', ''],
        [Expect(6379, 'redis', 'Redis.*', PACKAGE)]),
    Server('memcached', 'memcached', ['memcached', '-u', 'nobody', '-l', '127.0.0.1', '-p', '11211'], [Expect(11211, 'memcached?', 'Memcached', PACKAGE)]),
    Server('mariadb', 'mariadb-server-core', ['mariadbd', '--no-defaults', '--user=root', '--datadir={dir}/data', '--bind-address=127.0.0.1', '--port=3306',
        '--socket={dir}/socket', '--pid-file={dir}/pid', '--ssl-cert={tls}/cert.pem', '--ssl-key={tls}/key.pem'],
        [Expect(3306, 'mysql', 'MariaDB.*', '(5\\.5\\.5-)?{package}', starttls=True)], seconds=60,
        before=[['mariadb-install-db', '--no-defaults', '--user=root', '--datadir={dir}/data', '--skip-test-db',
                 '--auth-root-authentication-method=normal']]),
    Server('postgresql', 'postgresql-15', ['/usr/lib/postgresql/15/bin/postgres', '-D', '{dir}/data', '-p', '5432', '-c', 'listen_addresses=127.0.0.1', '-c',
        'unix_socket_directories='], [Expect(5432, 'postgresql', 'PostgreSQL.*')], user='postgres', seconds=60,
        before=[['/usr/lib/postgresql/15/bin/initdb', '-D', '{dir}/data', '-A', 'trust', '--no-sync']]),
    Server('etcd', 'etcd-server', ['etcd', '--data-dir', '{dir}/d', '--listen-client-urls', 'http://127.0.0.1:2379', '--advertise-client-urls',
        'http://127.0.0.1:2379', '--listen-peer-urls', 'http://127.0.0.1:2380'], [Expect(2379, 'http|etcd', '.*(etcd|Golang|Go net/http).*')], seconds=40),
    Server('beanstalkd', 'beanstalkd', ['beanstalkd', '-l', '127.0.0.1', '-p', '11300'], [Expect(11300, 'beanstalkd?', 'Beanstalkd?', PACKAGE)]),
    Server('nats', 'nats-server', ['nats-server', '-a', '127.0.0.1', '-p', '4222'], [Expect(4222, 'nats', 'NATS.*', PACKAGE)]),
    Server('mosquitto', 'mosquitto', ['mosquitto', '-c', '{dir}/c'], [Expect(1883, 'mqtt', 'mosquitto', PACKAGE)], files={'c': 'listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n'}),
    # ---- directory, names
    Server('slapd', 'slapd', ['slapd', '-d', '0', '-f', '{dir}/c', '-h', 'ldap://127.0.0.1:389'], [Expect(389, 'ldap', 'OpenLDAP.*', starttls=True)], folders=['{dir}/db'],
        files={'c': 'include /etc/ldap/schema/core.schema\npidfile {dir}/pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n'
                    'TLSCertificateFile {tls}/cert.pem\nTLSCertificateKeyFile {tls}/key.pem\ndatabase mdb\n'
                    'suffix "dc=example"\nrootdn "cn=admin,dc=example"\nrootpw x\ndirectory {dir}/db\nmaxsize 10485760\n'}),
    Server('bind', 'bind9', ['named', '-g', '-u', 'bind', '-c', '{dir}/c'], [Expect(53, 'domain', '(ISC )?BIND', PACKAGE), Expect(53, 'domain', '(ISC )?BIND', PACKAGE, 'udp')],
        owner='bind', files={'c': 'options {{ directory "{dir}"; listen-on port 53 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; '
                                 'pid-file "{dir}/pid"; session-keyfile "{dir}/sk"; }};\ncontrols {{ }};\n'}),
    Server('unbound', 'unbound', ['unbound', '-d', '-c', '{dir}/c'], [Expect(5301, 'domain', '(NLnet Labs )?Unbound', PACKAGE), Expect(5301, 'domain', '(NLnet Labs )?Unbound', PACKAGE, 'udp')],
        files={'c': 'server:\n interface: 127.0.0.1@5301\n port: 5301\n chroot: ""\n username: ""\n directory: "{dir}"\n pidfile: ""\n use-syslog: no\n'
                    ' access-control: 127.0.0.0/8 allow\n hide-version: no\nremote-control:\n control-enable: no\n'}),
    Server('dnsmasq', 'dnsmasq-base', ['dnsmasq', '-k', '-C', '/dev/null', '-p', '5302', '--listen-address=127.0.0.1', '--bind-interfaces', '--no-resolv',
        '-u', 'nobody', '-x', '{dir}/pid', '--enable-tftp', '--tftp-root={dir}'],
        [Expect(5302, 'domain', 'dnsmasq', PACKAGE), Expect(5302, 'domain', 'dnsmasq', PACKAGE, 'udp'), Expect(69, 'tftp', proto='udp')]),
    Server('snmpd', 'snmpd', ['snmpd', '-f', '-C', '-c', '{dir}/c', '-Lf', '{dir}/log'], [Expect(161, 'snmp', '.*', proto='udp'), Expect(161, 'snmp', '.*')],
        files={'c': 'agentAddress udp:127.0.0.1:161,tcp:127.0.0.1:161\nrocommunity public 127.0.0.1\n'}),
    # ---- sources, files, compilers
    Server('rsync', 'rsync', ['rsync', '--daemon', '--no-detach', '--config={dir}/c'], [Expect(873, 'rsync')],
        files={'c': 'use chroot=no\naddress=127.0.0.1\nport=873\n[files]\n path={dir}\n'}),
    Server('git', 'git', ['git', 'daemon', '--listen=127.0.0.1', '--port=9418', '--base-path={dir}', '--export-all'], [Expect(9418, 'git')]),
    Server('svnserve', 'subversion', ['svnserve', '-d', '--foreground', '--listen-host', '127.0.0.1', '--listen-port', '3690', '-r', '{dir}'],
        [Expect(3690, 'svn(serve)?', 'Subversion.*|svnserve')], before=[['svnadmin', 'create', '{dir}/repository']]),
    Server('distccd', 'distcc', ['distccd', '--daemon', '--no-detach', '--listen', '127.0.0.1', '--port', '3632', '--allow', '127.0.0.1',
        '--enable-tcp-insecure', '--user', 'nobody', '--log-stderr'], [Expect(3632, 'distccd')], before=[['chmod', '755', '{dir}']]),
    # ---- talk, sound, screens, proxies
    Server('ngircd', 'ngircd', ['ngircd', '-n', '-f', '{dir}/c'], [Expect(6667, 'irc', 'ngircd')],
        files={'c': '[Global]\nName = irc.example.net\nInfo = test\nListen = 127.0.0.1\nPorts = 6667\nMotdPhrase = hi\nAdminInfo1 = a\nServerUID = nobody\n'
                    'ServerGID = nogroup\n[Limits]\nMaxConnectionsIP = 0\n[Options]\nIdent = no\nPAM = no\nDNS = no\n'}),
    Server('prosody', 'prosody', ['prosody', '--config', '{dir}/c.lua', '-F'], [Expect(5222, 'xmpp-client|xmpp', 'Prosody.*|.*'), Expect(5269, 'xmpp-server|xmpp', 'Prosody.*|.*')],
        files={'c.lua': 'pidfile="{dir}/pid"\ndata_path="{dir}"\nmodules_enabled={{"roster","saslauth","dialback","disco"}}\nauthentication="internal_plain"\n'
                        'interfaces={{"127.0.0.1"}}\nlog={{info="{dir}/log"}}\nVirtualHost "chat.example"\n'}, user='nobody'),
    Server('tor', 'tor', ['tor', '-f', '{dir}/c'], [Expect(9050, 'tor-socks|socks5?', 'Tor.*'), Expect(9051, 'tor-control', 'Tor.*', '({package}.*)?')], seconds=40,
        files={'c': 'DataDirectory {dir}/d\nSocksPort 127.0.0.1:9050\nControlPort 127.0.0.1:9051\nCookieAuthentication 1\nDisableNetwork 0\nLog notice file {dir}/log\n'}),
    Server('danted', 'dante-server', ['danted', '-f', '{dir}/c', '-p', '{dir}/pid'], [Expect(1080, 'socks5?')],
        files={'c': 'logoutput: stderr\ninternal: 127.0.0.1 port = 1080\nexternal: lo\nsocksmethod: none\nclientmethod: none\nuser.privileged: root\n'
                    'user.unprivileged: nobody\nclient pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}\nsocks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}\n'}),
    Server('mpd', 'mpd', ['mpd', '--no-daemon', '{dir}/c'], [Expect(6600, 'mpd', 'Music Player Daemon.*|mpd')],
        files={'c': 'bind_to_address "127.0.0.1"\nport "6600"\nlog_file "{dir}/log"\naudio_output {{\n type "null"\n name "none"\n}}\n'}),
    Server('xvnc', 'tigervnc-standalone-server', ['Xvnc', ':79', '-nolock', '-rfbport', '5901', '-interface', '127.0.0.1', '-SecurityTypes', 'None', '-nolisten', 'tcp',
        '-nolisten', 'unix', '-geometry', '320x240'], [Expect(5901, 'vnc', '.*VNC.*|RFB')]),
    Server('dictd', 'dictd', ['dictd', '-d', 'nodetach', '-c', '{dir}/c', '--pid-file', '{dir}/pid', '-p', '2628', '--listen-to', '127.0.0.1'], [Expect(2628, 'dict', 'dictd', PACKAGE)],
        files={'c': 'global {{\n port 2628\n listen_to 127.0.0.1\n}}\naccess {{ allow * }}\ndatabase d {{ data "{dir}/d.dict" index "{dir}/d.index" }}\n',
               'd.dict': 'hello\n  a greeting\n', 'd.index': 'hello\tA\tU\n'}),
]

if __name__ == '__main__':
    for server in SERVERS:
        sys.stdout.write(f'{server.name}\t{server.package}\t{" ".join(f"{e.proto}/{e.port}" for e in server.expects)}\n')
