// What every client sends to an echo server and expects back to the byte: cases.hpp in JavaScript.
// Runs in Node and in a page.

export function all_cases(size_max, can_fragment) {
  const cases = [];
  for (const fragmented of can_fragment ? [false, true] : [false]) {
    for (const text of [true, false]) {
      for (const size of [1, 125, 126, 65_535, 65_536, size_max]) {
        const kind = text ? 'text' : 'binary';
        const name = `${kind} of ${size} bytes${fragmented ? ' in fragments' : ''}`;
        cases.push({ text, size, fragmented, name });
      }
    }
  }
  return cases;
}

export function payload_of({ text, size }) {
  if (text) return 'ü'.repeat(size >> 1) + 'x'.repeat(size & 1);
  return Uint8Array.from({ length: size }, (_, i) => ((i * i) / 7) % 251);
}

export function same(sent, received) {
  if (typeof sent === 'string' || typeof received === 'string') return sent === received;
  const bytes = new Uint8Array(received);
  return bytes.length === sent.length && bytes.every((byte, i) => byte === sent[i]);
}

// Over a WebSocket as browsers know it. Returns the names of the cases and their outcomes.
export async function talk(Socket, url, cases, deflate) {
  const socket = new Socket(url);
  socket.binaryType = 'arraybuffer';
  const failed = new Promise((_, reject) => {
    socket.addEventListener('error', () => reject(new Error('the socket failed')));
  });
  const next = (event) => Promise.race([failed, new Promise((resolve) => {
    socket.addEventListener(event, resolve, { once: true });
  })]);
  await next('open');
  if ((socket.extensions !== '') !== deflate) {
    throw new Error(`extensions: "${socket.extensions}"`);
  }
  const outcomes = [];
  for (const test of cases) {
    const payload = payload_of(test);
    const answer = next('message');
    socket.send(payload);
    outcomes.push([test.name, same(payload, (await answer).data)]);
  }
  const closed = next('close');
  socket.close(1000);
  const { code, wasClean } = await closed;
  outcomes.push(['a clean close', code === 1000 && wasClean]);
  return outcomes;
}
