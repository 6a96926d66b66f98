"""private_net.py runs a script again inside namespaces of its own: a network with only loopback, an empty
/run and /var/log, all processes ended with it."""
import os
import shutil
import subprocess
import sys

MARK = 'DESCRY_TEST_PRIVATE_NET'


def why_not():
    """Why this machine cannot do it; None: it can."""
    if os.geteuid() != 0:
        return 'not root: no network namespace of our own'
    for tool in ('unshare', 'mount', 'ip'):
        if not shutil.which(tool):
            return f'{tool} is not installed'
    tried = subprocess.run(['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'true'], capture_output=True, text=True)
    if tried.returncode:
        return f'unshare is not permitted here: {tried.stderr.strip()}'
    return None


def command(words):
    """The command that runs this script, with these words, inside; MARK is to be in its environment."""
    return ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable, '-B', sys.argv[0]] + words


def enter():
    """Returns inside the namespaces; outside it waits for the copy inside and exits as that did."""
    if os.environ.get(MARK):
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        for folder in ('/run', '/var/log'):
            subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'private', folder], check=True)
        return
    os.environ[MARK] = '1'
    os.execvp('unshare', command(sys.argv[1:]))
