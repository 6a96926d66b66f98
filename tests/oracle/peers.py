"""peers.py plays scripted TCP and UDP servers on loopback, and remembers what each conversation sent to them."""
import asyncio
import re
import socket
import struct
import threading

ADDRESS = '127.0.0.1'


class Pause(float):
    """A step that waits so many seconds."""


class Close:
    """A step that ends the conversation; abruptly: with a reset."""

    def __init__(self, abruptly=False):
        self.abruptly = abruptly


CLOSE, RESET = Close(), Close(True)


class Peer:
    """greeting: steps at the start. replies: (regular expression of what was received, steps). A step: bytes to send, Pause, CLOSE, RESET."""

    def __init__(self, port, greeting=(), replies=(), proto='tcp'):
        self.port, self.proto = port, proto
        self.greeting = self._steps(greeting)
        self.replies = [(re.compile(pattern, re.S), self._steps(steps)) for pattern, steps in replies]
        self.received = []  # one entry a conversation that sent anything, in order

    @staticmethod
    def _steps(steps):
        return [steps] if isinstance(steps, (bytes, Pause, Close)) else list(steps)

    async def _play(self, steps, writer):
        """False: the conversation has ended."""
        for step in steps:
            if isinstance(step, Pause):
                await asyncio.sleep(step)
            elif isinstance(step, Close):
                if step.abruptly:
                    writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                writer.close()
                return False
            else:
                writer.write(step)
                await writer.drain()
        return True

    async def converse(self, reader, writer):
        entry = bytearray()
        fresh = b''
        try:
            going = await self._play(self.greeting, writer)
            while going:
                data = await reader.read(65536)
                if not data:
                    break
                if not entry:
                    self.received.append(entry)
                entry += data
                fresh += data
                for pattern, steps in self.replies:
                    if pattern.search(fresh):
                        fresh = b''
                        going = await self._play(steps, writer)
                        break
        except OSError:
            pass
        finally:
            writer.close()

    def datagram(self, data, transport, source):
        if data:
            self.received.append(bytearray(data))
        for pattern, steps in self.replies:
            if data and pattern.search(data):
                for step in steps:
                    transport.sendto(step, source)
                break


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, peer):
        self.peer = peer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        self.peer.datagram(data, self.transport, source)


class Stage:
    """All peers of a run, served by one thread while a `with` lasts."""

    def __init__(self, peers):
        self.peers, self.listening = peers, []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    async def _open(self):
        for peer in self.peers:
            if peer.proto == 'tcp':
                self.listening.append(await asyncio.start_server(peer.converse, ADDRESS, peer.port, backlog=128))
            else:
                transport, _ = await self.loop.create_datagram_endpoint(lambda peer=peer: _Datagrams(peer), local_addr=(ADDRESS, peer.port))
                self.listening.append(transport)

    async def _shut(self):
        for one in self.listening:
            one.close()

    def __enter__(self):
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result(10)
        return self

    def __exit__(self, *what):
        asyncio.run_coroutine_threadsafe(self._shut(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def take(self):
        """{(proto, port): what each conversation sent}, and forgets it."""
        taken = {(peer.proto, peer.port): [bytes(e) for e in peer.received] for peer in self.peers}
        for peer in self.peers:
            peer.received = []
        return taken
