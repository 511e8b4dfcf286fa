// The server's very game, compiled to a second WebAssembly module, with a recording in it
// (replica/theatre.hpp). It is loaded when a recording is to be watched.

interface Exports {
  memory: WebAssembly.Memory;
  file_room(size: number): number;
  open(): number;
  rooms(): number;
  rate_hz(): number;
  players_max(): number;
  game_name(): number;
  enter(room: number): void;
  play(ticks: number): number;
  go_near(tick: number): void;
  tick(): number;
  first_tick(): number;
  last_tick(): number;
  is_over(): number;
  tail(): number;
  hashes(): number;
  hashes_verified(): number;
  verified_tick(): number;
  diverged_at(): number;
  join(): void;
  leave(): void;
  say_buffer(): number;
  say_capacity(): number;
  say(size: number): void;
  told_buffer(): number;
  next_letter(): number;
  snapshot(): number;
  can_watch(subject: number): number;
  next_subject(subject: number, forward: number): number;
}

// Why a file cannot be shown (ShowRefusal).
export const enum ShowRefusal {
  none,
  no_recording,
  other_version,
  damaged,
  other_game,
  other_messages,
  too_large,
  other_rules,
}

// How a recording ends (RecordReader::State).
export const enum Tail {
  ended = 1,
  cut,
  torn,
  damaged,
}

export class ReplayModule {
  private constructor(private readonly wasm: Exports) {}

  static async load(url: string): Promise<ReplayModule> {
    const { instance } = await WebAssembly.instantiateStreaming(fetch(url), {});
    return new ReplayModule(instance.exports as unknown as Exports);
  }

  open(file: Uint8Array): ShowRefusal {
    const at = this.wasm.file_room(file.length);
    if (at === 0) return ShowRefusal.too_large;
    this.memory(at, file.length).set(file);
    return this.wasm.open();
  }

  get rooms(): number {
    return this.wasm.rooms();
  }
  get rate_hz(): number {
    return this.wasm.rate_hz();
  }
  get players_max(): number {
    return this.wasm.players_max();
  }
  get game_name(): string {
    return new TextDecoder().decode(this.told(this.wasm.game_name()));
  }

  // Stands before the first tick of this room; they count from 0.
  enter(room: number): void {
    this.wasm.enter(room);
  }

  // Returns how many were played; fewer at the end.
  play(ticks: number): number {
    return this.wasm.play(ticks);
  }
  // As near before this tick as can be at once. The guest is gone then.
  go_near(tick: number): void {
    this.wasm.go_near(tick);
  }
  get tick(): number {
    return this.wasm.tick();
  }
  // Behind which it begins.
  get first_tick(): number {
    return this.wasm.first_tick();
  }
  get last_tick(): number {
    return this.wasm.last_tick();
  }
  get is_over(): boolean {
    return this.wasm.is_over() !== 0;
  }
  get tail(): Tail {
    return this.wasm.tail();
  }

  // Of the states that were recorded: all, those found again, and the first tick at which one was
  // not; -1: there is none. All has been played up to verified_tick.
  get hashes(): number {
    return this.wasm.hashes();
  }
  get hashes_verified(): number {
    return this.wasm.hashes_verified();
  }
  get verified_tick(): number {
    return this.wasm.verified_tick();
  }
  get diverged_at(): number {
    return this.wasm.diverged_at();
  }

  // The guest, and what it says.
  join(): void {
    this.wasm.join();
  }
  leave(): void {
    this.wasm.leave();
  }
  say(message: Uint8Array): void {
    if (message.length > this.wasm.say_capacity()) return;
    this.memory(this.wasm.say_buffer(), message.length).set(message);
    this.wasm.say(message.length);
  }
  // What it is told and must arrive; nothing: there is no more.
  next_letter(): ArrayBuffer | undefined {
    return this.taken(this.wasm.next_letter());
  }
  snapshot(): ArrayBuffer | undefined {
    return this.taken(this.wasm.snapshot());
  }

  can_watch(subject: number): boolean {
    return this.wasm.can_watch(subject) !== 0;
  }
  next_subject(subject: number, forward: boolean): number {
    return this.wasm.next_subject(subject, forward ? 1 : 0);
  }

  private taken(size: number): ArrayBuffer | undefined {
    return size > 0 ? this.told(size).slice().buffer : undefined;
  }
  private told(size: number): Uint8Array<ArrayBuffer> {
    return this.memory(this.wasm.told_buffer(), size);
  }
  // Memory that has grown has another buffer.
  private memory(at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.wasm.memory.buffer as ArrayBuffer, at, size);
  }
}
