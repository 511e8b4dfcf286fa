#!/usr/bin/env python3
"""Goal: a new process takes nothing over that no server could have said of itself: it says so and
ends, whatever it is told, and the old one serves on.
Method: this test stands between the two, and changes the image of a server with players on its way:
where it knows what lies there, and anywhere, with a checksum that fits.
usage: handover_image_test.py RAILROIDS [SEED]
"""
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from handing_over import Between, Site, play_on
from pilot import Player, schema_of

RAILROIDS = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
FLIPS = 12
DOES_NOT_ADD_UP = "does not add up"
GIVEN_UP = "has given up waiting"
NOT_ALL = "did not say all"


class Passage:
    def __init__(self, site, players):
        self.site, self.players = site, players

    def changed(self, change, **how):
        """What the new process says of an image that `change` was made to."""
        between = Between(self.site, self.site.folder / "between.socket")
        image = bytearray(between.take())
        change(image)
        said = between.give(bytes(image), **how)
        play_on(self.players, 2)
        return said


def peer_in(image):
    """Where the first connection is: its kind, ip, and its address. Behind them are its window, and
    whether it was pinged."""
    at = image.find(b"\x02" + bytes(10) + b"\xff\xff\x7f\0\0\1")
    assert at > 0, "no player is in the image"
    return at


def setter(offset, *values):
    """`offset`: from the first connection on, or from the begin of the image."""
    def change(image):
        at = offset if offset >= 0 else peer_in(image) + ~offset
        image[at:at + len(values)] = bytes(values)
    return change


def of_peer(offset):
    return ~offset


def check_fields(passage):
    far_off, before_all = (0x7F,) * 8, (0xFF,) * 8
    for what, change in {
            "kind of peer": setter(of_peer(0), 9),
            "window that does not fit": setter(of_peer(17), 200),
            "window that was not agreed": setter(of_peer(17), 15),
            "neither true nor false": setter(of_peer(18), 2),
            "pinged in the future": setter(of_peer(19), *far_off),
            "heard in the future": setter(of_peer(27), *far_off),
            "took something in the future": setter(of_peer(35), *far_off),
            "a deadline before all time": setter(of_peer(43), *before_all),
            "a pong that is too long": setter(of_peer(64), 126),
            "a rate that there is not": setter(of_peer(190), 4),
            "the tick": setter(0, *far_off),
            "when the next one is due": setter(8, *far_off),
            "when the last one was": setter(16, *far_off),
            "since when nobody serves": setter(24, *far_off),
            "a drain that is neither": setter(40, 2),
            "no end": lambda image: image.append(0),
            "cut": lambda image: image.pop()}.items():
        said = passage.changed(change)
        assert DOES_NOT_ADD_UP in said, (what, said)
    assert GIVEN_UP in passage.changed(lambda image: None), "nothing was wrong with that one"


def check_any(passage):
    """Much of it could be so (a score, an address); then the new process takes it."""
    generator = random.Random(SEED)
    print(f"seed {SEED}")
    refused = 0

    def flip(image):
        image[generator.randrange(len(image))] ^= 1 << generator.randrange(8)
    assert NOT_ALL in passage.changed(flip, checksum=1)
    for _ in range(FLIPS):
        said = passage.changed(flip)
        assert DOES_NOT_ADD_UP in said or GIVEN_UP in said, said
        refused += DOES_NOT_ADD_UP in said
    print(f"{refused} of {FLIPS} flipped images were refused")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        site = Site(RAILROIDS, folder)
        try:
            site.begin("--record", str(folder / "schema.rec"))
            schema = schema_of(folder / "schema.rec")
            players = [Player(site.port, schema, room=room).play() for room in (1, 1, 2)]
            passage = Passage(site, players)
            check_fields(passage)
            check_any(passage)
            assert site.server.stats()["handovers"] == 0
            assert site.server.stats()["closed"]["protocol"] == 0
            site.replace()
            play_on(players, 2)
        finally:
            site.server.__exit__()


main()
