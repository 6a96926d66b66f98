"""part_tls.py measures the way into TLS: bench.py's part `tls`."""
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from netlab import THERE, Netlab

PORT, LOOPBACK_PORT, ONE_PORT = 23458, 8443, 8444
ROUND_TRIP = 100  # ms
NGINX = '''daemon off; pid {dir}/pid; error_log {dir}/e; worker_processes 1; events {{ worker_connections 256; }}
http {{ access_log off; root {dir}; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4;
 scgi_temp_path {dir}/5; server {{ listen {at} ssl; ssl_protocols TLSv1.3; ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem; }} }}
'''


def prepare(folder, at):
    """nginx's command; the certificate lies in the folder."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=bench.example', '-keyout', f'{folder}/key.pem',
                    '-out', f'{folder}/cert.pem'], check=True, capture_output=True)
    pathlib.Path(folder, 'index.html').write_text('hello\n')
    pathlib.Path(folder).chmod(0o755)
    path = pathlib.Path(folder, at.replace(':', '-'))
    path.write_text(NGINX.format(dir=folder, at=at))
    return ['nginx', '-e', f'{folder}/e', '-c', str(path)]


def named(runs, port):
    return sum(('tcp', port) in r.services() and r.services()['tcp', port].product == 'nginx' and bool(r.services()['tcp', port].version) for r in runs)


def accepted(lab_there):
    """Connections that the far end has accepted so far."""
    lines = subprocess.check_output(lab_there + ['cat', '/proc/net/snmp'], text=True).splitlines()
    names, values = [line.split() for line in lines if line.startswith('Tcp:')]
    return int(values[names.index('PassiveOpens')])


def over_the_wire(bench, folder):
    with Netlab(bench.tool('link'), ROUND_TRIP / 2) as lab:
        command = ' '.join(prepare(folder, f'{THERE}:{PORT}'))
        lab.start_there(['sh', '-c', f'{command} >/dev/null & while ! ss -Hltn | grep -q :{PORT}; do sleep 0.1; done; echo ready; cat >/dev/null; kill %1; wait'])
        there = ['ip', 'netns', 'exec', 'descry-there']
        before = accepted(there)
        runs = [bench.measure([bench.descry, '-Pn', '-n', '-p', str(PORT), '-oX', '-', THERE], lab.here) for _ in range(bench.options.runs)]
        connections = (accepted(there) - before) / len(runs)
        trips = statistics.median(r.wall_ms for r in runs) / ROUND_TRIP
        found = named(runs, PORT)
        bench.row(f'{ROUND_TRIP} ms: https, TLS 1.3, unlisted port: round trips (median)', f'{trips:.2f}', 'at most 6', trips <= 6 and found == len(runs))
        bench.row('    connections', f'{connections:.1f}', 'at most 6', connections <= 6)


def on_loopback(bench, folder):
    server = subprocess.Popen(prepare(folder, f'127.0.0.1:{LOOPBACK_PORT}'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    one = subprocess.Popen(['openssl', 's_server', '-quiet', '-accept', f'127.0.0.1:{ONE_PORT}', '-cert', f'{folder}/cert.pem', '-key', f'{folder}/key.pem'],
                           stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        runs = [bench.measure([bench.descry, '-p', str(LOOPBACK_PORT), '-oX', '-', '127.0.0.1']) for _ in range(4 * bench.options.runs)]
        wall, found = statistics.median(r.wall_ms for r in runs), named(runs, LOOPBACK_PORT)
        bench.row(f'loopback, nginx with TLS: ms (median of {len(runs)}; {found} named)', f'{wall:.1f}', 'below 80', wall < 80 and found == len(runs))
        run = bench.measure([bench.descry, '-p', str(ONE_PORT), '-oX', '-', '127.0.0.1'])
        entered = 'bench.example' in run.output and 'tunnel="ssl"' in run.output
        bench.row('loopback, openssl s_server, one client at a time: s', f'{run.wall_ms / 1e3:.1f}', 'at most 15', entered and run.wall_ms <= 15000)
    finally:
        for process in (server, one):
            process.terminate()
            process.wait()


def tls(bench):
    if not shutil.which('nginx') or not shutil.which('openssl'):
        bench.row('tls', 'nginx or openssl is not installed')
        return
    with tempfile.TemporaryDirectory() as folder:
        on_loopback(bench, folder)
        over_the_wire(bench, folder)
