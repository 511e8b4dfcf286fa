// Shows recorded matches in the page, by the page's own means: the server's very game plays them
// again (replay.wasm), and the client, the picture and all that is written on the glass are those
// of any other match. A bundle of its own, which gate.ts loads when there is something to watch.

import './theatre.css';
import type { layout } from 'railroids-layout';
import type { Client } from '../../ringtick/client';
import { overview } from '../../ringtick/module';
import type { Game } from '../game';
import { Bar } from './bar';
import { Dialog } from './dialog';
import { Projector } from './projector';
import {
  from_file, from_url, keep, last_minute, NotThere, save, type Recording,
} from './recording';
import { ReplayModule, ShowRefusal } from './replay_module';
import { Stage } from './stage';
import { gone_text, size_text, too_far_text, why_no_last_minute, why_not } from './words';

const drawn_late_ticks = 2;  // As far ahead as the projector plays.
const bar_ms = 100;
const near = 60;  // Pixels around a ship in which a click means it.

// What the page does as somebody comes in, and as one leaves who had played before or had not.
export interface Doors {
  on_enter(): void;
  on_leave(was_playing: boolean): void;
}

// Where to begin, and with what.
export interface Opening {
  tick?: number;
  watch?: number;
}

export class Theatre {
  private readonly dialog = new Dialog();
  private match: ReplayModule | undefined;
  private projector: Projector | undefined;
  private bar: Bar | undefined;
  private recording: Recording | undefined;
  private was_playing = false;
  private delay_before_ms: number | undefined;  // As it was held in the live match.
  private bar_updated_ms = 0;

  constructor(
    private readonly client: Client<typeof layout>,
    private readonly game: Game,
    private readonly doors: Doors,
  ) {
    addEventListener('keydown', (event) => this.on_key(event));
    document.getElementById('stage')!.addEventListener('click', (event) => this.on_click(event));
  }

  async watch_file(file: File): Promise<void> {
    await this.told(async () => this.show(await from_file(file), {}));
  }

  async watch_url(url: string, opening: Opening): Promise<void> {
    await this.told(async () => this.show(await from_url(url), opening));
  }

  // What just happened in this room.
  async offer_last_minute(room: string): Promise<void> {
    await this.told(async () => {
      const recording = await last_minute(room, why_no_last_minute);
      this.dialog.say(
        'The last 60 s',
        `The server wrote down what its game was told (${size_text(recording.bytes.length)}). ` +
          'That is enough to play it again, to the last bit.',
        [
          { text: 'Watch now', act: () => void this.told(() => this.show(recording, {})) },
          { text: 'Save file', act: () => save(recording) },
        ]);
    });
  }

  close(): void {
    if (!this.projector) return;
    this.projector.stop();
    this.projector = undefined;
    this.bar!.element.remove();
    document.body.classList.remove('theatre');
    this.client.module.hold_interpolation(this.delay_before_ms);
    this.client.go_by();
    this.game.end_show();
    this.match = this.recording = undefined;  // And with them what they keep.
  }

  // Whatever is in the way is said.
  private async told(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      this.dialog.say('Nothing to watch', error.message);
    }
  }

  private async show(recording: Recording, opening: Opening): Promise<void> {
    const match = await this.load();
    const refusal = match.open(recording.bytes);
    if (refusal !== ShowRefusal.none) {
      const facts = { game: match.game_name, players_max: match.players_max };
      throw new NotThere(why_not(refusal, facts));
    }
    if (!this.projector) this.was_playing = this.game.is_playing;
    this.close();
    this.match = match;
    this.recording = recording;
    document.body.classList.add('theatre');
    this.delay_before_ms = this.client.module.hold_interpolation(
      Math.round((drawn_late_ticks * 1000) / match.rate_hz));
    this.doors.on_enter();
    this.enter(0, opening);
  }

  // Each recording in a new one: so what one needed of memory is given back.
  private async load(): Promise<ReplayModule> {
    try {
      return await ReplayModule.load('/replay.wasm');
    } catch {
      throw new NotThere(
        'What plays recordings could not be loaded from the server. Try again in a moment.');
    }
  }

  private enter(room: number, opening: Opening): void {
    const { client, game } = this;
    const match = this.match!;
    this.projector?.stop();
    match.enter(room);
    const stage = new Stage(match, client.owner);
    const projector = (this.projector = new Projector(match, {
      watch: (subject) => client.watch(subject),
      on_tick: () => stage.pass_on(),
      close: () => stage.close(),
    }));
    projector.subject = opening.watch ?? overview;
    projector.on_change = () => (this.bar_updated_ms = 0);
    projector.on_failure = (error) => this.on_failure(error);
    projector.on_gone = (subject) => this.bar!.say(gone_text(this.name_of(subject)));
    client.go_by(stage, projector.now_ms);
    game.begin_show({ advance: (dt) => this.advance(dt) });
    this.set_up_bar();
    const { tick = match.first_tick } = opening;
    if (tick > match.last_tick) this.bar!.say(too_far_text(match.last_tick));
    projector.seek(tick);
  }

  private name_of(subject: number): string {
    if (subject === overview) return 'The beacon';
    return this.game.name_of(subject) || `Ship ${subject}`;
  }

  private set_up_bar(): void {
    const before = this.bar?.element;
    this.bar = new Bar(
      this.match!, this.projector!,
      (subject) => this.name_of(subject),
      {
        enter: (room) => this.enter(room, {}),
        copy_link: () => void this.copy_link(),
        save: () => save(this.recording!),
        leave: () => this.leave(),
      });
    before?.remove();
    this.bar.update(performance.now());
    document.body.append(this.bar.element);
  }

  private advance(dt: number): number {
    const there_dt = this.projector?.advance(dt) ?? 0;
    const now_ms = performance.now();
    if (now_ms - this.bar_updated_ms > bar_ms) {
      this.bar_updated_ms = now_ms;
      this.bar?.update(now_ms);
    }
    return there_dt;
  }

  private leave(): void {
    this.close();
    this.doors.on_leave(this.was_playing);
  }

  private async copy_link(): Promise<void> {
    const recording = this.recording!;
    const { tick, subject } = this.projector!;
    let url;
    try {
      url = recording.url ?? await this.keep(recording, tick);
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      this.dialog.say(
        'There is no link to this',
        `${error.message} Save the file and send it along; whoever drops it on the page finds ` +
          `this moment at tick ${tick.toLocaleString('en')}.`,
        [{ text: 'Save file', act: () => save(recording) }]);
      return;
    }
    const watch = subject === overview ? 'beacon' : String(subject);
    const query = new URLSearchParams({ replay: url, tick: String(tick), watch });
    const link = `${location.origin}/?${query}`;
    try {
      await navigator.clipboard.writeText(link);
      this.bar!.say('Link copied');
    } catch {
      this.dialog.say('The link to this moment', link);  // Only a secure page may copy.
    }
  }

  // Where it stays: the link is good for as long as the server is.
  private async keep(recording: Recording, tick: number): Promise<string> {
    const { keep_by, kept } = recording;
    if (kept && tick >= kept.first_tick && tick <= kept.tick) return kept.link;
    if (keep_by === undefined) {
      throw new NotThere('This recording is in no place that others could open.');
    }
    this.bar!.say('The server puts it away');
    recording.kept = await keep(keep_by, tick);
    return recording.kept.link;
  }

  private on_failure(error: unknown): void {
    this.dialog.say(
      'The match stopped',
      'Playing it needed more memory than this page can have, or went wrong otherwise. ' +
        'Play the file with railroids --replay FILE --serve.');
    this.leave();
    throw error;
  }

  private on_key(event: KeyboardEvent): void {
    if (!this.projector || this.dialog.is_open || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const { target, code } = event;
    const is_button = target instanceof HTMLButtonElement && (code === 'Space' || code === 'Enter');
    if (target instanceof HTMLSelectElement || is_button) return;
    if (code === 'Escape') this.leave();
    else if (!this.bar!.on_key(code)) return;
    event.preventDefault();
  }

  // On a ship: that is the one to watch.
  private on_click({ clientX, clientY }: MouseEvent): void {
    if (!this.projector) return;
    const { view } = this.client.module;
    const { camera } = this.game.scene;
    let found = -1;
    let nearest = near;
    for (let i = 0; i < view.ship_count; i++) {
      const dx = camera.screen_x(view.ship_x[i]!) - clientX;
      const dy = camera.screen_y(view.ship_y[i]!) - clientY;
      if (Math.hypot(dx, dy) >= nearest) continue;
      nearest = Math.hypot(dx, dy);
      found = view.ship_id[i]!;
    }
    if (found >= 0 && found !== this.projector.subject) this.projector.watch(found);
  }
}
