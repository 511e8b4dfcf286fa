// Proves that the page plays a recording as the server does: its second module, the server's very
// game, finds every recorded state again, wherever it is set to go on; it notices what was changed,
// and no file makes it fall over.
// usage: node replay_module_test.mjs MODULE MATCH_HASH CLIENT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const gzipped_size_max = 128 * 1024;
const bots = 60;
const seconds = 20;
const rate_hz = 30;
const ticks = seconds * rate_hz;
const Opened = { fine: 0, no_recording: 1, other_version: 2, damaged: 3, other_game: 4,
  other_messages: 5, too_large: 6, other_rules: 7 };
const Tail = { ended: 1, cut: 2, torn: 3, damaged: 4 };

const [module_path, match_hash, client_path] = process.argv.slice(2);
const binary = readFileSync(module_path);
const module = await WebAssembly.compile(binary);
assert.deepEqual(WebAssembly.Module.imports(module), [], 'the module imports nothing');
const size = gzipSync(binary).length;
assert.ok(size <= gzipped_size_max, `${size} bytes gzipped, over ${gzipped_size_max}`);

const folder = mkdtempSync(join(tmpdir(), 'ringtick-theatre-'));
const path = join(folder, 'match.rec');
execFileSync(match_hash, ['record', path, String(bots), String(ticks)]);
const recording = readFileSync(path);
const last_seconds = readFileSync(`${path}.last`);
rmSync(folder, { recursive: true });

async function theatre_of(file) {
  const { exports: theatre } = await WebAssembly.instantiate(module, {});
  return { theatre, opened: open(theatre, file) };
}
function open(theatre, file) {
  const at = theatre.file_room(file.length);
  new Uint8Array(theatre.memory.buffer, at, file.length).set(file);
  return theatre.open();
}
function play_all(theatre) {
  theatre.enter(0);
  return theatre.play(10 * ticks);
}

// It is the match that was recorded, from the beginning to the end.
const { theatre, opened } = await theatre_of(recording);
assert.equal(opened, Opened.fine);
assert.equal(theatre.rooms(), 1);
theatre.enter(0);
assert.equal(theatre.last_tick(), ticks);
assert.equal(theatre.hashes(), seconds);
assert.equal(theatre.hashes_verified(), 0);
const hashes = [theatre.state_hash()];
while (theatre.play(1) === 1) hashes.push(theatre.state_hash());
assert.equal(hashes.length, ticks + 1);
assert.equal(new Set(hashes).size, ticks + 1, 'each tick has its own');
assert.equal(theatre.tick(), ticks);
assert.equal(theatre.is_over(), 1);
assert.equal(theatre.tail(), Tail.ended);
assert.equal(theatre.hashes_verified(), seconds);
assert.equal(theatre.diverged_at(), -1);

// There and back: the same state, and on from there to the same end.
for (const tick of [ticks - 1, 5, 317, 0, 316, ticks, 61]) {
  theatre.go_near(tick);
  assert.ok(theatre.tick() <= tick);
  theatre.play(tick - theatre.tick());
  assert.equal(theatre.state_hash(), hashes[tick], `at tick ${tick}`);
}
theatre.play(ticks);
assert.equal(theatre.state_hash(), hashes[ticks]);
assert.equal(theatre.hashes_verified(), seconds, 'none counts twice');
assert.equal(theatre.diverged_at(), -1);
assert.ok(theatre.states() >= seconds / 2 - 1, `${theatre.states()} states are kept`);

// A recording that begins with a state is the same match from there on.
{
  const { theatre: later, opened } = await theatre_of(last_seconds);
  assert.equal(opened, Opened.fine);
  later.enter(0);
  const first = later.first_tick();
  assert.ok(first > 10 * rate_hz && first < ticks - 5 * rate_hz, `it begins at tick ${first}`);
  assert.equal(later.tick(), first);
  assert.equal(later.last_tick(), ticks);
  for (const tick of [first, first + 7, ticks, first + 150, first]) {
    later.go_near(tick);
    later.play(tick - later.tick());
    assert.equal(later.state_hash(), hashes[tick], `at tick ${tick}`);
  }
  later.go_near(0);
  assert.equal(later.tick(), first, 'there is nothing before');
  later.play(ticks);
  assert.equal(later.tail(), Tail.ended);
  assert.equal(later.diverged_at(), -1);
  assert.equal(later.hashes_verified(), later.hashes());
}

// A guest, to whom the page's own client speaks: it is welcomed, sees whom it wants to, and changes
// nothing.
const overview = 0xfffe;
const Kind = { welcome: 2, snapshot: 4 };
const { exports: client } = (
  await WebAssembly.instantiate(readFileSync(client_path), {})).instance;
const bytes_at = ({ memory }, at, size) => new Uint8Array(memory.buffer, at, size);
function hear(size) {
  const message = bytes_at(theatre, theatre.told_buffer(), size);
  bytes_at(client, client.receive_buffer(), size).set(message);
  return client.on_message(size, theatre.tick() * 1000 / rate_hz);
}
function watch(subject) {
  client.start(0, 0);
  const hello = bytes_at(client, client.send_buffer(), client.hello(0, subject));
  theatre.join();
  bytes_at(theatre, theatre.say_buffer(), hello.length).set(hello);
  theatre.say(hello.length);
  const kinds = [];
  for (let size = theatre.next_letter(); size > 0; size = theatre.next_letter()) {
    kinds.push(hear(size));
  }
  return kinds;
}
const subjects = [];
theatre.go_near(0);
assert.equal(watch(overview)[0], Kind.welcome);
assert.equal(theatre.snapshot(), 0, 'nothing has happened yet');
theatre.leave();
theatre.play(200);
assert.equal(theatre.snapshot(), 0, 'nobody looks on');
for (const subject of [overview, 1, bots]) {
  assert.equal(watch(subject)[0], Kind.welcome);
  for (let i = 0; i < 30; i++) {
    assert.equal(theatre.play(1), 1);
    assert.equal(hear(theatre.snapshot()), Kind.snapshot);
  }
}
assert.equal(theatre.state_hash(), hashes[290]);
theatre.leave();
assert.equal(theatre.snapshot(), 0);
for (let id = overview; (id = theatre.next_subject(id, 1)) !== overview;) {
  subjects.push(id);
}
assert.ok(subjects.length > bots, `${subjects.length} can be watched`);
assert.equal(theatre.next_subject(overview, 0), subjects.at(-1));
assert.equal(theatre.next_subject(subjects[1], 0), subjects[0]);

// CRC-32, as zlib has it.
function crc32(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ ((rest & 1) * 0xedb88320);
  }
  return ~rest >>> 0;
}

// Blocks of a file: where each begins, and where its payload.
const head_size = 12;
function blocks_of(file) {
  const blocks = [];
  let at = file.indexOf('\n') + 1;
  while (at < file.length) {
    const size = file.readUInt32LE(at);
    blocks.push({ at, payload: at + head_size, end: at + head_size + size });
    at += head_size + size;
  }
  return blocks;
}
function seal(file, { at, payload, end }) {
  file.writeUInt32LE(crc32(file.subarray(payload, end)), at + 4);
  file.writeUInt32LE(crc32(file.subarray(at, at + 8)), at + 8);
}

// One byte that the disk lost: all before its block is shown, and that it is damaged.
const blocks = blocks_of(recording);
const middle = blocks[Math.floor(blocks.length / 2)];
const spoiled = Buffer.from(recording);
spoiled[middle.payload + 5] ^= 1;
assert.equal(open(theatre, spoiled), Opened.fine);
play_all(theatre);
assert.equal(theatre.tail(), Tail.damaged);
assert.equal(theatre.tail_offset(), middle.at);
assert.ok(theatre.tick() > 0 && theatre.tick() < ticks);
assert.equal(theatre.last_tick(), theatre.tick());

// What somebody put into a command, with a checksum that fits: each time it is another match from
// there on, or damage.
let forged = 0;
for (let off = 20; off < 860; off += 7) {
  const changed = Buffer.from(recording);
  changed[blocks[3].payload + off] ^= 0x0f;
  seal(changed, blocks[3]);
  assert.equal(open(theatre, changed), Opened.fine);
  play_all(theatre);
  if (theatre.diverged_at() >= 0) {
    forged += 1;
    assert.ok(theatre.hashes_verified() >= 1 && theatre.hashes_verified() < seconds);
    assert.ok(theatre.diverged_at() >= rate_hz);
  }
}
assert.ok(forged > 0, 'no change was found');

// What cannot be shown, and why.
function refused(change) {
  const file = Buffer.from(recording);
  change(file);
  seal(file, blocks[0]);
  return open(theatre, file);
}
const header = blocks[0].payload;
assert.equal(open(theatre, Buffer.from('no recording at all')), Opened.no_recording);
assert.equal(open(theatre, Buffer.from('ringtick record 1\n')), Opened.other_version);
assert.equal(open(theatre, recording.subarray(0, 40)), Opened.damaged);
assert.equal(refused((file) => file.writeUInt8(120, file.length && blocks[0].end - 1)),
  Opened.other_game);
assert.equal(refused((file) => file.writeUInt8(file[header] ^ 1, header)), Opened.other_messages);
assert.equal(refused((file) => file.writeUInt8(file[header + 8] ^ 1, header + 8)),
  Opened.other_rules);
assert.equal(refused((file) => file.writeUInt32LE(65535, header + 32)), Opened.too_large);
assert.equal(refused((file) => file.writeUInt32LE(0, header + 28)), Opened.damaged);

// Whatever lies in a file, and whatever is played of it, nothing falls over.
let seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
console.log(`seed ${seed}`);
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const state = blocks_of(last_seconds)[1];
let states_refused = 0;
for (let round = 0; round < 40; round++) {
  const file = Buffer.from(last_seconds);
  for (let i = random(8); i >= 0; i--) {
    file[state.payload + 8 + random(state.end - state.payload - 8)] ^= 1 + random(255);
  }
  seal(file, state);
  assert.equal(open(theatre, file), Opened.fine);
  theatre.enter(0);
  states_refused += theatre.is_over();
  theatre.join();
  theatre.play(ticks);
  theatre.go_near(0);
  assert.equal(theatre.tail(), theatre.is_over() ? Tail.damaged : Tail.ended);
}
assert.ok(states_refused > 0 && states_refused < 40, `${states_refused} refused`);
for (let round = 0; round < 40; round++) {
  const kept = random(3) ? recording.length : random(recording.length);
  const file = Buffer.from(recording.subarray(0, kept));
  const known = blocks_of(recording).filter(({ end }) => end <= file.length);
  for (let i = random(6); i >= 0 && known.length > 1; i--) {
    const block = known[1 + random(known.length - 1)];
    file[block.payload + random(block.end - block.payload)] = random(256);
    if (random(4)) seal(file, block);
  }
  if (open(theatre, file) !== Opened.fine) continue;
  theatre.enter(0);
  theatre.play(100 + random(200));
  theatre.go_near(random(ticks));
  theatre.join();
  theatre.say(random(100));
  theatre.play(100);
  theatre.snapshot();
}

console.log(`${theatre.hashes()} states, ${subjects.length} subjects; ${size} bytes gzipped`);
