"""netlab.py makes two network namespaces joined by link.c, so that descry meets servers over a wire with a chosen delay and loss.

To be used inside private_net's namespaces (its /run is private, so no name is left behind on the machine)."""
import os
import subprocess

HERE_NS, THERE_NS = 'descry-here', 'descry-there'
HERE, THERE = '10.99.0.1', '10.99.0.2'


def run(*command):
    subprocess.run(command, check=True)


class Netlab:
    """Both ends exist while a `with` lasts."""

    def __init__(self, link, delay_ms, loss=0.0, rate=0.0):
        self.command = [link, '-d', str(delay_ms), '-l', str(loss), '-r', str(rate)]
        self.started = []

    def __enter__(self):
        for name in (HERE_NS, THERE_NS):
            run('ip', 'netns', 'add', name)
            run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        self.wire = subprocess.Popen(self.command + [f'/run/netns/{HERE_NS}', 'wire0', f'/run/netns/{THERE_NS}', 'wire1'],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.wire.stdout.readline() != 'ready\n':
            raise RuntimeError('the wire does not work')
        for name, device, address in ((HERE_NS, 'wire0', HERE), (THERE_NS, 'wire1', THERE)):
            run('ip', '-n', name, 'addr', 'add', f'{address}/24', 'dev', device)
            run('ip', '-n', name, 'link', 'set', device, 'up', 'txqueuelen', '10000')
        return self

    def __exit__(self, *what):
        for process in self.started:
            process.kill()
            process.wait()
        self.wire.stdin.close()
        self.said = self.wire.stdout.read()
        self.wire.wait()
        for name in (HERE_NS, THERE_NS):
            run('ip', 'netns', 'delete', name)

    @staticmethod
    def here(command):
        """The command as it runs at descry's end."""
        return ['ip', 'netns', 'exec', HERE_NS] + command

    def start_there(self, command, **more):
        """Starts a server at the far end; returns when it has said `ready`."""
        process = subprocess.Popen(['ip', 'netns', 'exec', THERE_NS] + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env=dict(os.environ), **more)
        self.started.append(process)
        if process.stdout.readline() != 'ready\n':
            raise RuntimeError(f'{command[0]} did not start')
        return process
