// npm's ws against an echo server, which unlike a browser can also fragment.
// Environment: PORT, SIZE_MAX, DEFLATE (yes or no).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { all_cases, payload_of, same } from './cases.mjs';

const require = createRequire(new URL('../../game-demo/web/package.json', import.meta.url));
const WebSocket = require('ws');
const { PORT, SIZE_MAX, DEFLATE } = process.env;
const deflate = DEFLATE === 'yes';

const socket = new WebSocket(`ws://127.0.0.1:${PORT}/`, { perMessageDeflate: deflate });
await once(socket, 'open');

test('compression is as asked for', () => {
  assert.equal(socket.extensions, deflate ? 'permessage-deflate' : '');
});

for (const one of all_cases(Number(SIZE_MAX), true)) {
  test(one.name, async () => {
    const payload = payload_of(one);
    const bytes = Buffer.from(payload);
    const third = Math.floor(bytes.length / 3);
    const answer = once(socket, 'message');
    const options = { binary: !one.text };
    if (one.fragmented) {
      socket.send(bytes.subarray(0, third), { ...options, fin: false });
      socket.send(bytes.subarray(third, 2 * third), { ...options, fin: false });
      socket.send(bytes.subarray(2 * third), { ...options, fin: true });
    } else {
      socket.send(bytes, options);
    }
    const [data, is_binary] = await answer;
    assert.equal(is_binary, !one.text);
    assert.ok(same(new Uint8Array(bytes), data), 'something else came back');
  });
}

test('the close is clean', async () => {
  const closed = once(socket, 'close');
  socket.close(1000, 'bye');
  const [code] = await closed;
  assert.equal(code, 1000);
});
