#!/usr/bin/env python3
"""rpc_server.py ADDRESS PORT:PROGRAM:LOW-HIGH[,PROGRAM:LOW-HIGH...]...: serves ONC RPC programs on tcp and udp ports, one thread for all.

It says `ready`, and for each line on its standard input how many calls it has had and how many different programs were called at the port with the fewest."""
import selectors
import socket
import struct
import sys

CALL = struct.Struct('>10I')
UNAVAILABLE = struct.Struct('>6I')
MISMATCH = struct.Struct('>8I')


class Port:
    def __init__(self, words):
        number, _, programs = words.partition(':')
        self.number, self.programs, self.asked, self.calls = int(number), {}, set(), 0
        for program in programs.split(','):
            which, _, versions = program.partition(':')
            low, _, high = versions.partition('-')
            self.programs[int(which)] = (int(low), int(high or low))

    def reply(self, call):
        if len(call) < CALL.size:
            return b''
        xid, _, _, program, version, *_rest = CALL.unpack_from(call)
        self.calls += 1
        self.asked.add(program)
        versions = self.programs.get(program)
        if versions is None:
            return UNAVAILABLE.pack(xid, 1, 0, 0, 0, 1)
        if versions[0] <= version <= versions[1]:
            return UNAVAILABLE.pack(xid, 1, 0, 0, 0, 0)
        return MISMATCH.pack(xid, 1, 0, 0, 0, 2, *versions)


class Stream:
    def __init__(self, sock, port):
        self.sock, self.port, self.heard, self.said = sock, port, b'', b''

    def hear(self):
        try:
            data = self.sock.recv(1 << 16)
        except OSError:
            data = b''
        self.heard += data
        at, replies = 0, []
        while len(self.heard) - at >= 4:
            size = struct.unpack_from('>I', self.heard, at)[0] & 0x7fffffff
            if len(self.heard) - at - 4 < size:
                break
            reply = self.port.reply(self.heard[at + 4:at + 4 + size])
            replies.append(struct.pack('>I', len(reply) | 0x80000000) + reply)
            at += 4 + size
        self.heard = self.heard[at:]
        self.said += b''.join(replies)
        return bool(data)

    def say(self):
        try:
            self.said = self.said[self.sock.send(self.said):] if self.said else b''
        except BlockingIOError:
            pass


def main():
    address, ports, select = sys.argv[1], [Port(w) for w in sys.argv[2:]], selectors.DefaultSelector()
    for port in ports:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            sock = socket.socket(socket.AF_INET, kind)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port.number))
            if kind == socket.SOCK_STREAM:
                sock.listen(64)
            sock.setblocking(False)
            select.register(sock, selectors.EVENT_READ, ('listen' if kind == socket.SOCK_STREAM else 'datagrams', port))
    select.register(sys.stdin, selectors.EVENT_READ, ('command', None))
    print('ready', flush=True)
    while True:
        for key, _ in select.select():
            kind, what = key.data
            if kind == 'command':
                if not sys.stdin.readline():
                    return
                print(sum(p.calls for p in ports), min(len(p.asked) for p in ports), flush=True)
                for p in ports:
                    p.asked, p.calls = set(), 0
            elif kind == 'listen':
                sock, _ = key.fileobj.accept()
                sock.setblocking(False)
                select.register(sock, selectors.EVENT_READ, ('stream', Stream(sock, what)))
            elif kind == 'datagrams':
                for _ in range(64):
                    try:
                        data, peer = key.fileobj.recvfrom(1 << 16)
                        key.fileobj.sendto(what.reply(data), peer)
                    except OSError:
                        break
            else:
                on = what.hear()
                try:
                    what.say()
                except OSError:
                    on = False
                if not on:
                    select.unregister(key.fileobj)
                    key.fileobj.close()


if __name__ == '__main__':
    main()
