"""part_rpc.py measures the asking for ONC RPC programs: bench.py's part `rpc`."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'live')]
import rpc as rpc_live  # noqa: E402
from netlab import THERE, Netlab  # noqa: E402

ROUND_TRIP = 100  # ms


def rpc_json(bench, ports, *more, inside=lambda c: c, address='127.0.0.1'):
    """(run, {(proto, port): [(program, versions)]}, programs tried at the port with the fewest, all answered?)"""
    run = bench.measure([bench.descry, '-Pn', '-n', '-p', ports, '-oJ', '-', *more, address], inside)
    found, tried, whole = {}, [], True
    for line in run.output.splitlines():
        for port in json.loads(line)['ports']:
            found[port['proto'], port['port']] = [(r['program'], r.get('versions')) for r in port.get('rpc', [])]
            told = port.get('rpc_scan', {'tried': 0, 'answered': 1})
            tried.append(told['tried'])
            whole = whole and told['tried'] == told['answered']
    return run, found, min(tried, default=0), whole


def rpc_loopback(bench):
    servers = {s.name: s for s in rpc_live.SERVERS if s.name in ('rpcbind', 'statd', 'ganesha')}
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-bench-'))
    top.chmod(0o755)
    subprocess.run(['mount', '-t', 'tmpfs', 'private', '/var/lib/nfs'], check=False)
    os.makedirs('/var/lib/nfs/ganesha', exist_ok=True)
    started = [rpc_live.start(s, top) for s in servers.values() if rpc_live.installed(s.package)]
    server = bench.start([str(HERE / 'rpc_server.py'), '127.0.0.1', '2050:100003:3,100005:1-3', '2051:100003:3,100005:1-3'])
    try:
        for what, port in (('rpcbind', 111), ('rpc.statd', 32765), ('nfs-ganesha', 2049), ('nfs-ganesha, mountd', 20049), ('unfs3-like', 2051)):
            end = time.monotonic() + 10
            while ('tcp', port) not in rpc_live.listening() and time.monotonic() < end and started:
                time.sleep(0.1)
            if ('tcp', port) not in rpc_live.listening():
                bench.row(f'{what}: not installed, not measured', '')
                continue
            runs = [rpc_json(bench, str(port)) for _ in range(bench.options.runs)]
            wall, all_right = max(r[0].wall_ms for r in runs), all(r[1][('tcp', port)] and r[2] > 1900 and r[3] for r in runs)
            bench.row(f'{what} on loopback, all programs: ms (worst of {len(runs)})', f'{wall:.0f}', 'below 500', wall < 500 and all_right)
    finally:
        for process in started + [server]:
            process.kill()
            process.wait()
        shutil.rmtree(top, ignore_errors=True)


def rpc_thirty(bench):
    ports = list(range(700, 715))
    server = bench.start([str(HERE / 'rpc_server.py'), '127.0.0.1'] + [f'{p}:{100000 + p - 699}:1-2' for p in ports])
    try:
        words = ','.join(map(str, ports))
        run, found, _, whole = rpc_json(bench, f'T:{words},U:{words}', '-sT', '-sU')
        right = sum(found.get((proto, p)) == [(100000 + p - 699, '1-2')] for p in ports for proto in ('tcp', 'udp'))
        bench.row('30 ports of one host, tcp and udp: right', str(right), '30', right == 30 and whole)
        bench.row('    seconds', f'{run.wall_ms / 1e3:.2f}', 'below 5', run.wall_ms < 5000)
    finally:
        server.kill()
        server.wait()


def rpc_wire(bench):
    with Netlab(bench.tool('link'), ROUND_TRIP / 2) as lab:
        lab.start_there([str(HERE / 'rpc_server.py'), THERE, '2049:100003:3-4', '20123:100003:3-4'])
        for what, port, label_goal, goal in (('port 2049', 2049, 4, 8), ('unlisted port', 20123, None, None)):
            trips, labels = [], []
            for _ in range(bench.options.runs):
                run, found, tried, whole = rpc_json(bench, str(port), inside=lab.here, address=THERE)
                right = found.get(('tcp', port)) == [(100003, '3-4')] and tried > 1900 and whole
                trips.append(run.wall_ms / ROUND_TRIP if right else float('inf'))
                labels.append(label_time(bench, lab, port) * 1e3 / ROUND_TRIP)
            whole, known = statistics.median(trips), statistics.median(labels)
            bench.row(f'{ROUND_TRIP} ms, {what}: all programs: round trips (median)', f'{whole:.2f}', f'at most {goal}' if goal else '',
                      whole <= goal and max(trips) < float('inf') if goal else None)
            bench.row(f'    the label is known: round trips (median; worst {max(labels):.2f})', f'{known:.2f}', f'after {label_goal}' if label_goal else '',
                      known <= label_goal if label_goal else None)


def label_time(bench, lab, port):
    """Seconds from the program's start until the trace tells of the program."""
    began = time.monotonic()
    process = subprocess.Popen(lab.here([bench.descry, '-Pn', '-n', '--version-trace', '-p', str(port), THERE]), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    at = None
    for line in process.stderr:
        if at is None and 'is there' in line:
            at = time.monotonic() - began
    process.wait()
    return at if at is not None else float('inf')


def rpc_loss(bench):
    with Netlab(bench.tool('link'), 25, loss=5) as lab:
        lab.start_there([str(HERE / 'rpc_server.py'), THERE, '2049:100003:3-4,100227:3', '111:100024:1'])
        runs = [rpc_json(bench, 'U:2049', '-sU', inside=lab.here, address=THERE) for _ in range(max(20, bench.options.runs))]
        right = sum(r[1].get(('udp', 2049)) == [(100003, '3-4'), (100227, '3')] and r[2] > 1900 and r[3] for r in runs)
        worst = max(r[0].wall_ms for r in runs) / 1e3
        bench.row(f'udp, 50 ms, 5 % loss each way: nothing missed, runs of {len(runs)}', str(right), 'all', right == len(runs))
        bench.row(f'    seconds, worst (median {statistics.median(r[0].wall_ms for r in runs) / 1e3:.2f})', f'{worst:.2f}', 'at most 4', worst <= 4)


def rpc_beside(bench):
    wanted = [s for s in rpc_live.SERVERS if s.name in ('rpcbind', 'ypserv')]
    if not all(rpc_live.installed(s.package) for s in wanted):
        bench.row('ypserv: not installed, not measured', '')
        return
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-bench-'))
    top.chmod(0o755)
    subprocess.run(['mount', '-t', 'tmpfs', 'private', '/var/yp'], check=False)
    os.makedirs('/var/yp/live.example', exist_ok=True)
    started = []
    try:
        for server in wanted:
            started.append(rpc_live.start(server, top))
            while ('tcp', list(server.ports)[0][1]) not in rpc_live.listening():
                time.sleep(0.05)
        worst, calls, lost = 0.0, 0, 0
        for _ in range(bench.options.runs):
            other = rpc_live.OtherClient()
            other.start()
            rpc_json(bench, '834')
            other.over.set()
            other.join()
            worst, calls, lost = max(worst, other.slowest), calls + other.calls, lost + other.lost
        bench.row(f'ypserv during the grind: calls of another client lost, of {calls}', str(lost), '0', lost == 0)
        bench.row('    the slowest of its calls, ms', f'{worst * 1e3:.0f}')
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(top, ignore_errors=True)


def rpc(bench):
    for part in (rpc_loopback, rpc_thirty, rpc_beside, rpc_wire, rpc_loss):
        part(bench)
