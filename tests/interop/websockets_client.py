#!/usr/bin/python3
"""Python's websockets as the client of an echo server. Arguments: PORT SIZE_MAX plain|deflate"""
import asyncio
import sys

import websockets


def cases(size_max):
    for fragmented in (False, True):
        for text in (True, False):
            for size in (1, 125, 126, 65_535, 65_536, size_max):
                yield text, size, fragmented


def payload_of(text, size):
    if text:
        return "\u00fc" * (size // 2) + "x" * (size % 2)
    return bytes(i * i // 7 % 251 for i in range(size))


async def comes_back(client, payload, fragmented):
    if fragmented:
        third = max(1, len(payload) // 3)
        await client.send([part for part in (payload[:third], payload[third:2 * third],
                                             payload[2 * third:]) if part])
    else:
        await client.send(payload)
    return await client.recv() == payload


async def talk(port, size_max, deflate):
    async with websockets.connect(f"ws://127.0.0.1:{port}/", max_size=size_max,
                                  compression="deflate" if deflate else None) as client:
        assert bool(client.extensions) == deflate, client.extensions
        for text, size, fragmented in cases(size_max):
            name = f"{'text' if text else 'binary'}_of_{size}_bytes{'_in_fragments' * fragmented}"
            print(f"[ RUN      ] {name}", flush=True)
            assert await comes_back(client, payload_of(text, size), fragmented), name
            print(f"[       OK ] {name}", flush=True)
    assert client.close_code == 1000, client.close_code


if __name__ == "__main__":
    asyncio.run(talk(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "deflate"))
