// A game's player side, compiled from C++ to WebAssembly: it reads the server's messages, writes
// the player's, and lays out what is to be drawn. It knows no socket and no clock.

import { view_of, type Layout, type View } from './view';

interface Exports {
  memory: WebAssembly.Memory;
  receive_buffer(): number;
  receive_capacity(): number;
  send_buffer(): number;
  start(key_size: number, local_ms: number): void;
  reconnect(): void;
  resume_key(): number;
  hello(name_size: number, watch: number): number;
  on_message(size: number, local_ms: number): number;
  inputs_due(local_ms: number): number;
  want(buttons: number, aim: number): void;
  inputs(): number;
  ping(local_ms: number): number;
  bye(): number;
  want_encoding(encoding: Encoding): void;
  want_put_off(wants: number): void;
  hold_interpolation(delay_ms: number): void;
  look_inside(looks: number): void;
  newest_tick(): number;
  newest_late_us(): number;
  advance(local_ms: number): void;
  view(): number;
  name_of(id: number): number;
}

// Kinds of messages, as the module reports them.
export const enum Kind {
  refused = -1,
  welcome = 2,
  snapshot = 4,
  event = 5,
  pong = 7,
  rate = 8,
  bye = 9,
  stats = 10,
}

// As in replica/protocol.hpp.
export const enum Encoding {
  changes = 0,
  cells = 1,
  whole = 2,
}

export const enum ByeReason {
  reload = 1,  // The server and this page are not of one build.
  nothing_to_watch = 3,
  no_room = 4,  // The places are for those who play.
}

// Whom one looks at instead of playing: a player's id, or what the game thinks worth it.
export const to_play = 0xffff;
export const overview = 0xfffe;

export class GameModule<L extends Layout> {
  private readonly decoder = new TextDecoder();
  private view_now: View<L>;
  private view_buffer: ArrayBufferLike;
  private delay_held_ms: number | undefined;

  private constructor(
    private readonly wasm: Exports,
    private readonly layout: L,
  ) {
    this.view_buffer = wasm.memory.buffer;
    this.view_now = view_of(layout, this.view_buffer, wasm.view());
  }

  static async load<L extends Layout>(url: string, layout: L): Promise<GameModule<L>> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    // As a whole: it is small, and a proxy that changes its type does not matter then.
    const { instance } = await WebAssembly.instantiate(await answer.arrayBuffer(), {});
    return GameModule.of(instance, layout);
  }

  static of<L extends Layout>(instance: WebAssembly.Instance, layout: L): GameModule<L> {
    return new GameModule(instance.exports as unknown as Exports, layout);
  }

  // Memory that has grown has another buffer, and views of the old one are empty.
  get view(): View<L> {
    if (this.view_buffer !== this.wasm.memory.buffer) {
      this.view_buffer = this.wasm.memory.buffer;
      this.view_now = view_of(this.layout, this.view_buffer, this.wasm.view());
    }
    return this.view_now;
  }

  // The first connection begins. `key` is of another module, which played before.
  start(now_ms: number, key: Uint8Array = new Uint8Array()): void {
    new Uint8Array(this.wasm.memory.buffer, this.wasm.receive_buffer()).set(key);
    this.wasm.start(key.length, now_ms);
  }

  // Another connection begins. The world stays until the server says whether it still holds.
  reconnect(): void {
    this.wasm.reconnect();
  }

  // With which another module can come back as this player; empty before the first welcome.
  resume_key(): Uint8Array {
    return this.to_send(this.wasm.resume_key()).slice();
  }

  advance(now_ms: number): void {
    this.wasm.advance(now_ms);
  }

  on_message(message: ArrayBuffer, now_ms: number): Kind {
    if (message.byteLength > this.wasm.receive_capacity()) return Kind.refused;
    const bytes = new Uint8Array(message);
    new Uint8Array(this.wasm.memory.buffer, this.wasm.receive_buffer()).set(bytes);
    return this.wasm.on_message(bytes.length, now_ms);
  }

  hello(name: string, watch = to_play): Uint8Array {
    const room = new Uint8Array(
      this.wasm.memory.buffer, this.wasm.receive_buffer(), this.wasm.receive_capacity());
    const { written } = new TextEncoder().encodeInto(name, room);
    return this.to_send(this.wasm.hello(written, watch));
  }

  // For how many ticks the player's wish is to be asked for now.
  inputs_due(now_ms: number): number {
    return this.wasm.inputs_due(now_ms);
  }

  // The wish for all of them.
  want(buttons: number, aim: number): void {
    this.wasm.want(buttons, aim);
  }

  // One message with all wishes that have not left yet. Empty if there is none.
  inputs(): Uint8Array {
    return this.to_send(this.wasm.inputs());
  }

  ping(now_ms: number): Uint8Array {
    return this.to_send(this.wasm.ping(now_ms));
  }

  // Leaves for good; the server then closes the connection.
  bye(): Uint8Array {
    return this.to_send(this.wasm.bye());
  }

  // Which encoder of the server's to ask for, with the next ping.
  want_encoding(encoding: Encoding): void {
    this.wasm.want_encoding(encoding);
  }

  // Whether to ask, with each ping, whom the server's budget put off.
  want_put_off(wants: boolean): void {
    this.wasm.want_put_off(wants ? 1 : 0);
  }

  // How far in the past to draw; undefined: as far as what arrives demands. Returns what it was.
  hold_interpolation(delay_ms: number | undefined): number | undefined {
    const before = this.delay_held_ms;
    this.delay_held_ms = delay_ms;
    this.wasm.hold_interpolation(delay_ms ?? -1);
    return before;
  }

  // Whether the view is to tell what only an engineer asks for.
  look_inside(looks: boolean): void {
    this.wasm.look_inside(looks ? 1 : 0);
  }

  // The newest snapshot's, before it is drawn.
  get newest_tick(): number {
    return this.wasm.newest_tick();
  }

  // By how much it came later than those that came soonest.
  get newest_late_ms(): number {
    return this.wasm.newest_late_us() / 1000;
  }

  name_of(id: number): string {
    const start = this.wasm.name_of(id);
    const memory = new Uint8Array(this.wasm.memory.buffer);
    return this.decoder.decode(memory.subarray(start, memory.indexOf(0, start)));
  }

  // Valid until the next message is written: WebSocket.send copies.
  private to_send(size: number): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer, this.wasm.send_buffer(), size);
  }
}
