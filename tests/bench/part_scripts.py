"""part_scripts.py measures what scripts cost before they run, and what many at a time take: bench.py's part `scripts`."""
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

FIRST_PORT, INSTANCES, GOAL = 30000, 500, 64  # KB for each
FOREIGN = pathlib.Path('/usr/share/nmap')
START_GOAL, UNWANTED_GOAL = 30, 3  # ms
SERVER = f'''
import select, socket
listeners = []
for port in range({FIRST_PORT}, {FIRST_PORT + INSTANCES}):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(16)
    listeners.append(s)
print("ready", flush=True)
while True:
    for s in select.select(listeners, [], [])[0]:
        s.accept()[0].close()
'''
# Each waits for the others, so that all are there at a time; then it connects, sixty at a time.
SCRIPT = f'''
local stdnse = require "stdnse"
categories = {{ "safe" }}
portrule = function() return true end
action = function(host, port)
  local r = nmap.registry
  r.alive = (r.alive or 0) + 1
  while r.alive < {INSTANCES} do stdnse.sleep(0.05) end
  local socket = nmap.new_socket()
  local connected = socket:connect(host, port)
  socket:receive_lines(1)
  socket:close()
  return connected and "connected" or nil
end
'''


def processor_ms(bench, commands):
    """Of each command the median; they take turns, so that what else the machine does is shared."""
    runs = [[bench.measure(c) for c in commands] for _ in range(4 * bench.options.runs)]
    return [statistics.median(r.cpu_ms for r in column) for column in zip(*runs)]


def start(bench):
    """A copy that stands alone finds no scripts."""
    closed = ['-Pn', '-n', '-p', '8001', '127.0.0.1']
    version = ['--script', 'version']
    server = bench.start([bench.tool('http_server'), '127.0.0.1', '8000'])
    with tempfile.TemporaryDirectory() as folder:
        bare = shutil.copy(bench.descry, folder)
        opened = ['-Pn', '-n', '-p', '8000', '127.0.0.1']
        without, ours, alone, unwanted = processor_ms(
            bench, [[bare] + closed, [bench.descry] + version + closed, [bare] + opened, [bench.descry] + opened])
        bench.row('a closed port without scripts: ms of processor', f'{without:.1f}')
        bench.row('    with all our version scripts read: ms more', f'{ours - without:.1f}', f'below {START_GOAL}', ours - without < START_GOAL)
        bench.row('an http port that no script wants: ms more', f'{unwanted - alone:.2f}', f'below {UNWANTED_GOAL}', unwanted - alone < UNWANTED_GOAL)
        if FOREIGN.joinpath('scripts', 'script.db').exists():
            foreign = ['--script-path', str(FOREIGN)]
            without, theirs, unasked = processor_ms(bench, [[bare] + closed, [bare] + foreign + version + closed, [bare] + foreign + closed])
            bench.row(f'a closed port with version scripts of {FOREIGN}: ms more', f'{theirs - without:.1f}', f'below {START_GOAL}', theirs - without < START_GOAL)
            bench.row('    not asked for: ms more', f'{unasked - without:.2f}', f'below {UNWANTED_GOAL}', unasked - without < UNWANTED_GOAL)
        else:
            print(f'skipped: the version scripts of {FOREIGN}, which is not there')
    server.kill()
    server.wait()


def together(bench):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'waits.nse')
        path.write_text(SCRIPT)
        server = subprocess.Popen([sys.executable, '-c', SERVER], stdout=subprocess.PIPE, text=True)
        try:
            server.stdout.readline()
            scan = [bench.descry, '-Pn', '-n', '--no-identify', '-p', f'{FIRST_PORT}-{FIRST_PORT + INSTANCES - 1}', '-oX', '-', '127.0.0.1']
            without = bench.measure(scan)
            run = bench.measure(scan + ['--script', str(path)])
        finally:
            server.kill()
            server.wait()
        ended = run.output.count('output="connected"')
        each = (run.rss_mb - without.rss_mb) * 1024 / INSTANCES
        bench.row(f'{INSTANCES} scripts at a time: connected', str(ended), str(INSTANCES), ended == INSTANCES)
        bench.row('    memory of the process for each, KB', f'{each:.1f}', f'below {GOAL}', each < GOAL)
        bench.row('    processor time for each, microseconds', f'{(run.cpu_ms - without.cpu_ms) * 1e3 / INSTANCES:.0f}')


def scripts(bench):
    start(bench)
    together(bench)
