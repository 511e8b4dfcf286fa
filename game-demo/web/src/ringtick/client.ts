// A player's side of a ringtick game: the connection, the module that understands it, and the
// timers that keep both going. What it draws and which keys it reads is the game's affair.

import { Connection, type ConnectionOwner, type Status, type Way } from './connection';
import { KeptKey } from './kept_key';
import type { Refusal } from './refusal';
import { ByeReason, Kind, to_play, type GameModule } from './module';
import type { Layout } from './view';

// As in replica/protocol.hpp: a flag in the upper half of WELCOME's first byte.
const welcome_to_watch = 1 << 4;
const bye_reason_at = 1;  // In the message: after its kind.
const quick_pings = 5;  // At the start, so that the clock is known within half a second.
const quick_ping_ms = 110;
const ping_ms = 900;
// The server looks at its sockets once per tick. Probes of varying phase find out by how little
// one can wait for that look.
const ping_jitter_ms = 200;

const time_here = () => performance.now();

// Told of each message, before what came of it is drawn.
export interface Observer {
  on_received(kind: Kind, size: number): void;
  on_sent(size: number): void;
}

export interface Wish {
  buttons: number;
  aim: number;  // 1/256 of a turn.
}

export class Client<L extends Layout> {
  readonly server: Connection;
  // The way that it goes now: to the server, unless told otherwise.
  connection: Way;
  // Whoever is at the other end of another way is told from there.
  readonly owner: ConnectionOwner = {
    on_open: () => this.on_open(),
    on_message: (message) => this.on_message(message),
    on_status: (status) => this.on_status(status),
    on_dismissed: () => this.on_dismissed(),
    on_refused: (refusal) => this.on_refused(refusal),
  };
  on_status: (status: Status) => void = () => {};
  // The server and this page are not of one build: no message between them means anything.
  on_bye: () => void = () => {};
  // Another page goes on as this player, and this one is somebody new.
  on_displaced: () => void = () => {};
  // The server does not take us, and this is why. Asking goes on meanwhile.
  on_refused: (refusal: Refusal) => void = () => {};
  // Asked once for each tick that wants an input.
  wish: () => Wish = () => ({ buttons: 0, aim: 0 });

  observer: Observer | undefined;
  // We asked to play and may only look on: what is shown was recorded.
  is_recorded = false;
  ping_every_ms = ping_ms;

  // The time by which messages come and the world is drawn.
  now: () => number = time_here;

  private name = '';
  private playing = false;
  private readonly kept_key: KeptKey;
  private watched = to_play;
  private ping_timer = 0;
  private pings_sent = 0;

  constructor(
    readonly module: GameModule<L>,
    url: string,
    protocol: string,
  ) {
    this.connection = this.server = new Connection(url, protocol, this.owner);
    this.kept_key = new KeptKey(`ringtick ${url}`);
    addEventListener('pagehide', () => this.keep_key());
  }

  get looks_on(): boolean {
    return this.watched !== to_play || this.is_recorded;
  }

  // From the next play() or watch() on, it goes this way, by this clock; without one, to the server
  // again. A player's seat waits for a while.
  go_by(way: Way = this.server, now: () => number = time_here): void {
    this.keep_key();
    this.playing = false;
    clearTimeout(this.ping_timer);
    this.connection.close();
    this.connection = way;
    this.now = now;
  }

  play(name: string): void {
    this.name = name;
    this.playing = true;
    this.watched = to_play;
    this.module.start(this.now(), this.kept_key.take());
    this.connection.connect();
  }

  // Looks on without playing.
  watch(whom: number): void {
    this.watched = whom;
    this.module.start(this.now());
    this.connection.connect();
  }

  // To be called once a frame, before it is drawn. The module says whether a tick wants an input by
  // now. What is wanted while an older message is stuck in the browser leaves together, later.
  send_input(): void {
    if (this.module.inputs_due(this.now()) > 0) {
      const { buttons, aim } = this.wish();
      this.module.want(buttons, aim);
    }
    if (this.connection.backlog > 0) return;
    const message = this.module.inputs();
    if (message.length > 0) this.say(message);
  }

  // Sends a ping out of turn: what it asks for comes sooner.
  probe(): void {
    clearTimeout(this.ping_timer);
    this.ping();
  }

  private on_open(): void {
    this.module.reconnect();
    this.say(this.module.hello(this.name, this.watched));
    this.pings_sent = 0;
    clearTimeout(this.ping_timer);
    this.ping();
  }

  // Another page has shown our token, and goes on with our seat. Were we to show it again, the two
  // would push each other out for ever.
  private on_dismissed(): void {
    this.module.start(this.now());
    // Who only looked on, or was told why, had no seat to lose.
    if (!this.looks_on && this.connection.refusal === 'unknown') this.on_displaced();
  }

  private keep_key(): void {
    if (this.playing) this.kept_key.keep(this.module.resume_key());
  }

  private on_message(message: ArrayBuffer): void {
    const kind = this.module.on_message(message, this.now());
    this.observer?.on_received(kind, message.byteLength);
    if (kind === Kind.refused) return this.connection.drop();
    if (kind === Kind.bye) return this.on_farewell(new Uint8Array(message)[bye_reason_at]!);
    if (kind === Kind.welcome) this.on_welcome(new Uint8Array(message)[0]!);
    // A hidden tab gets no frames, and a slow machine few: what comes in makes us answer, so that
    // the server hears from us all the same.
    if (kind === Kind.snapshot) this.send_input();
  }

  private on_welcome(tag: number): void {
    this.is_recorded = this.watched === to_play && (tag & welcome_to_watch) !== 0;
    this.connection.settled();
  }

  // Of another reason the server closes the connection, and we ask again in a while.
  private on_farewell(reason: number): void {
    if (reason === ByeReason.reload) return this.on_bye();
    this.connection.refusal =
      reason === ByeReason.no_room ? 'no_place_to_watch' : 'nobody_to_watch';
  }

  private ping(): void {
    if (this.connection.status !== 'open') return;
    this.say(this.module.ping(this.now()));
    this.pings_sent += 1;
    const wait_ms =
      this.pings_sent < quick_pings
        ? quick_ping_ms
        : this.ping_every_ms + ping_jitter_ms * Math.random();
    this.ping_timer = setTimeout(() => this.ping(), wait_ms);
  }

  private say(message: Uint8Array): void {
    if (this.connection.status === 'open') this.observer?.on_sent(message.length);
    this.connection.send(message);
  }
}
