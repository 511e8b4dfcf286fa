// Proves that the page's module is the native client: for a recorded match it accepts the same
// messages, writes the same ones, and after every frame its view is the same, byte for byte.
// usage: node module_test.mjs MODULE RECORDER LAYOUT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const gzipped_size_max = 64 * 1024;

const [module_path, recorder, layout_printer] = process.argv.slice(2);
const binary = readFileSync(module_path);
const module = await WebAssembly.compile(binary);
assert.deepEqual(WebAssembly.Module.imports(module), [], 'the module imports nothing');
const size = gzipSync(binary).length;
assert.ok(size <= gzipped_size_max, `${size} bytes gzipped, over ${gzipped_size_max}`);

const { exports: client } = await WebAssembly.instantiate(module, {});
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const memory = (at, length) => new Uint8Array(client.memory.buffer, at, length);
const sent = (length) => Buffer.from(memory(client.send_buffer(), length)).toString('hex');

function receive(bytes) {
  memory(client.receive_buffer(), bytes.length).set(bytes);
  return bytes.length;
}

// As the build prints it for the page.
const layout = execFileSync(layout_printer, { encoding: 'utf8' });
const view_size = Number(/view_size = (\d+)/.exec(layout)[1]);

function view_hash() {
  let hash = 2166136261;
  for (const byte of memory(client.view(), view_size)) {
    hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  }
  return hash;
}

const counts = { hello: 0, message: 0, frame: 0, input: 0, ping: 0, name: 0 };
const verbs = {
  hello(name, hex) {
    assert.equal(sent(client.hello(receive(encoder.encode(name)), 0xffff)), hex);
  },
  message(ms, hex) {
    assert.notEqual(client.on_message(receive(Buffer.from(hex, 'hex')), Number(ms)), -1);
  },
  frame(ms, hash) {
    client.advance(Number(ms));
    assert.equal(view_hash(), Number(hash));
  },
  input(ms, due, buttons, aim, hex) {
    assert.equal(client.inputs_due(Number(ms)), Number(due));
    client.want(Number(buttons), Number(aim));
    assert.equal(sent(client.inputs()), hex);
  },
  ping(ms, hex) {
    assert.equal(sent(client.ping(Number(ms))), hex);
  },
  name(id, ...words) {
    const at = client.name_of(Number(id));
    const all = memory(0, client.memory.buffer.byteLength);
    assert.equal(decoder.decode(all.subarray(at, all.indexOf(0, at))), words.join(' '));
  },
};

client.start(0, 0);
const record = execFileSync(recorder, { encoding: 'utf8', maxBuffer: 1 << 26 });
for (const [index, line] of record.trimEnd().split('\n').entries()) {
  const [verb, ...rest] = line.split(' ');
  try {
    verbs[verb](...rest);
  } catch (error) {
    throw new Error(`line ${index + 1} (${verb} ${rest[0]}): ${error.message}`);
  }
  counts[verb] += 1;
}
assert.ok(counts.frame >= 800 && counts.message >= 300, JSON.stringify(counts));
for (const damaged of [[], [4], [255, 255], new Array(500).fill(0x34)]) {
  assert.equal(client.on_message(receive(Uint8Array.from(damaged)), 20000), -1);
}
console.log(`${counts.message} messages, ${counts.frame} equal views; ${size} bytes gzipped`);
