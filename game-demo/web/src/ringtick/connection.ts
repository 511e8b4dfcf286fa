// One WebSocket that comes back: it reconnects with back-off until it is closed for good.

import { Backoff } from './backoff';
import type { Lane } from './lane';
import { why_refused, type Refusal } from './refusal';

export type Status = 'idle' | 'connecting' | 'open' | 'waiting';

export interface ConnectionOwner {
  on_open(): void;
  on_message(message: ArrayBuffer): void;
  on_status(status: Status): void;
  // The server is done with this connection, and nothing was wrong with it.
  on_dismissed(): void;
  // It did not take us, and has been asked why.
  on_refused(refusal: Refusal): void;
}

// What a client needs of the way to its game, be it a WebSocket or nothing of the kind.
export interface Way {
  readonly status: Status;
  readonly attempts: number;
  readonly retry_at_ms: number;
  readonly backlog: number;  // Bytes that have not left.
  refusal: Refusal;
  connect(): void;
  send(bytes: Uint8Array): void;
  settled(): void;
  drop(): void;
  close(): void;
}

const normal_closure = 1000;  // RFC 6455, section 7.4.1.

// A server that ticks is never silent for long: then the path is dead, whatever the socket says.
const silence_most_ms = 6000;

export class Connection implements Way {
  status: Status = 'idle';
  opened = 0;  // How often: each time it is another connection to the server.
  retry_at_ms = 0;
  // What is sent and what comes passes through these, if they are there.
  lanes: { up: Lane; down: Lane } | undefined;
  refusal: Refusal = 'unknown';  // Why the last attempt came to nothing.

  private socket: WebSocket | undefined;
  private retry_timer = 0;
  private heard_ms = 0;
  private readonly backoff = new Backoff();

  constructor(
    private readonly url: string,
    private readonly protocol: string,
    private readonly owner: ConnectionOwner,
  ) {
    setInterval(() => this.check_silence(), 1000);
    // The network is back: there is no reason to sit out the rest of the wait.
    addEventListener('online', () => this.retry_now());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.retry_now();
    });
  }

  get attempts(): number {
    return this.backoff.attempts;
  }

  // Bytes handed to the browser that have not left it.
  get backlog(): number {
    return (this.socket?.bufferedAmount ?? 0) + (this.lanes?.up.backlog ?? 0);
  }

  connect(): void {
    clearTimeout(this.retry_timer);
    this.abandon();
    this.lanes?.up.clear();
    this.lanes?.down.clear();
    this.set_status('connecting');
    this.heard_ms = performance.now();

    const socket = new WebSocket(this.url, this.protocol);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.refusal = 'unknown';
      this.opened += 1;
      this.set_status('open');
      this.owner.on_open();
    };
    socket.onmessage = (event: MessageEvent) => {
      const message = event.data as ArrayBuffer;
      if (!this.lanes) return this.hear(socket, message);
      this.lanes.down.carry(message.byteLength, () => this.hear(socket, message));
    };
    socket.onclose = (event: CloseEvent) => {
      if (event.code === normal_closure) this.owner.on_dismissed();
      if (this.status === 'connecting') this.ask_why();
      this.wait();
    };
    this.socket = socket;
  }

  send(bytes: Uint8Array): void {
    const { socket, lanes } = this;
    if (this.status !== 'open' || !socket) return;
    if (!lanes) return socket.send(bytes as Uint8Array<ArrayBuffer>);
    const copy = bytes.slice();  // The memory is written to again before this one leaves.
    lanes.up.carry(copy.length, () => {
      if (socket.readyState === WebSocket.OPEN) socket.send(copy);
    });
  }

  // To be called once the server has let us in: only then does the next loss start afresh. A server
  // that accepts and closes at once must not be asked four times a second.
  settled(): void {
    this.backoff.reset();
  }

  // For good, or until the next connect().
  close(): void {
    clearTimeout(this.retry_timer);
    this.abandon();
    this.set_status('idle');
  }

  // Gives up this socket and tries again as if it had been lost.
  drop(): void {
    if (this.status !== 'open' && this.status !== 'connecting') return;
    this.abandon();
    this.wait();
  }

  private hear(socket: WebSocket, message: ArrayBuffer): void {
    if (socket !== this.socket) return;  // It came too late.
    this.heard_ms = performance.now();
    this.owner.on_message(message);
  }

  private ask_why(): void {
    void why_refused(this.url).then((refusal) => {
      if (this.status === 'open' || this.status === 'idle') return;
      this.refusal = refusal;
      this.owner.on_refused(refusal);
    });
  }

  private wait(): void {
    const delay_ms = this.backoff.next_ms();
    this.retry_at_ms = performance.now() + delay_ms;
    this.retry_timer = setTimeout(() => this.connect(), delay_ms);
    this.set_status('waiting');
  }

  private retry_now(): void {
    if (this.status === 'waiting') this.connect();
  }

  private check_silence(): void {
    if (this.status !== 'open' && this.status !== 'connecting') return;
    if (performance.now() - this.heard_ms > silence_most_ms) this.drop();
  }

  // The old socket may still close or speak: nobody listens any more.
  private abandon(): void {
    const socket = this.socket;
    if (!socket) return;
    this.socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private set_status(status: Status): void {
    this.status = status;
    this.owner.on_status(status);
  }
}
