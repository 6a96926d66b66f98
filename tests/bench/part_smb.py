"""part_smb.py measures what is asked of file servers: Samba over the wire and on loopback."""
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from netlab import THERE, THERE_NS, Netlab

ROUND_TRIP = 100  # ms
PORT = 445
CONF = """[global]
 netbios name = BENCH
 workgroup = LABGRP
 server role = standalone
 server min protocol = NT1
 smb ports = {port}
 disable spoolss = yes
 load printers = no
 lock directory = {dir}
 private dir = {dir}
 cache directory = {dir}
 state directory = {dir}
 pid directory = {dir}
 ncalrpc dir = {dir}/ncalrpc
 log file = {dir}/log
"""


class Smbd:
    """A Samba with SMB 1, so that both conversations have something to tell."""

    def __init__(self, port=PORT, netns=None):
        self.dir = tempfile.mkdtemp(prefix='descry-bench-smb-')
        path = os.path.join(self.dir, 'smb.conf')
        with open(path, 'w') as conf:
            conf.write(CONF.format(port=port, dir=self.dir))
        os.makedirs('/run/samba', exist_ok=True)
        enter = ['ip', 'netns', 'exec', netns] if netns else []
        self.enter, self.port = enter, port
        self.process = subprocess.Popen(enter + ['smbd', '--foreground', '--no-process-group', '-s', path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        end = time.monotonic() + 20
        probe = self.enter + ['python3', '-c', f'import socket; socket.create_connection(("127.0.0.1", {self.port}), 1)']
        while subprocess.run(probe, capture_output=True).returncode:
            if time.monotonic() > end:
                raise RuntimeError('smbd did not start')
            time.sleep(0.1)
        return self

    def __exit__(self, *what):
        os.killpg(self.process.pid, 9)
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def is_whole(run):
    """All that both conversations tell has been told."""
    try:
        port = json.loads(run.output.splitlines()[0])['ports'][0]
        return port['service']['version'].startswith('4.') and port['smb']['ntlm']['netbios_computer'] == 'BENCH' and port['smb']['workgroup'] == 'LABGRP'
    except (ValueError, KeyError, IndexError):
        return False


def smb(bench):
    if not shutil.which('smbd'):
        bench.row('smb: no smbd here', 'skipped')
        return
    runs_wanted = bench.options.runs
    with Netlab(bench.tool('link'), ROUND_TRIP / 2) as lab, Smbd(netns=THERE_NS):
        runs = [bench.measure([bench.descry, '-Pn', '-n', '-p', str(PORT), '-oJ', '-', THERE], lab.here) for _ in range(runs_wanted)]
        whole = sum(map(is_whole, runs))
        trips = statistics.median(r.wall_ms for r in runs) / ROUND_TRIP - 1  # the first one tells that the port is open
        bench.row(f'round trip {ROUND_TRIP} ms: smb, all facts: round trips once it is open', f'{trips:.2f}', 'at most 5', trips <= 5 and whole == len(runs))
        if whole != len(runs):
            bench.row(f'    but all was told in only {whole} of {len(runs)} runs', '', '', False)
    with Smbd():
        runs = [bench.measure([bench.descry, '-p', str(PORT), '-oJ', '-', '127.0.0.1']) for _ in range(4 * runs_wanted)]
        whole = sum(map(is_whole, runs))
        wall = statistics.median(r.wall_ms for r in runs)
        bench.row(f'loopback, smb: ms (median of {len(runs)}; {whole} told all)', f'{wall:.1f}', 'below 100', wall < 100 and whole == len(runs))
