"""part_scripts.py measures what many scripts at a time take: bench.py's part `scripts`."""
import pathlib
import subprocess
import sys
import tempfile

FIRST_PORT, INSTANCES, GOAL = 30000, 500, 64  # KB for each
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


def scripts(bench):
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
