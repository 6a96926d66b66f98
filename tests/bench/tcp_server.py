#!/usr/bin/env python3
"""tcp_server.py greets (or says nothing) and counts: tcp_server.py ADDRESS PORT [GREETING]. Each line on its standard input draws a line
with the connections since the last: all, and the most at a time."""
import asyncio
import sys


class Counter:
    def __init__(self):
        self.all = self.now = self.most = 0

    async def serve(self, reader, writer):
        self.all += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if len(sys.argv) > 3:
                writer.write(sys.argv[3].encode().decode('unicode_escape').encode('latin-1'))
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            self.now -= 1
            writer.close()


async def main():
    counter = Counter()
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await asyncio.start_server(counter.serve, sys.argv[1], int(sys.argv[2]), backlog=1024)
    print('ready', flush=True)
    while await lines.readline():
        print(counter.all, counter.most, flush=True)
        counter.all, counter.most = 0, counter.now


asyncio.run(main())
