// The bar beneath a recorded match: where it is, how fast it goes on, whom one looks at, and
// whether all of it is as it was recorded.

import type { Projector } from './projector';
import type { ReplayModule } from './replay_module';
import { button, change_icon, element, icon_button, select, write } from '../parts';
import { tail_text, time_text, verdict_text } from './words';

const icon = {
  play: 'M4 2.5 13.5 8 4 13.5Z',
  pause: 'M4 2.5h3v11H4ZM9 2.5h3v11H9Z',
  back: 'M12.5 2.5 5.5 8l7 5.5ZM3 2.5h1.8v11H3Z',
  on: 'M3.5 2.5 10.5 8l-7 5.5ZM11.2 2.5H13v11h-1.8Z',
  left: 'M11 2.5v11L4.5 8Z',
  right: 'M5 2.5v11L11.5 8Z',
};
const speeds = [[0.25, '¼×'], [0.5, '½×'], [1, '1×'], [2, '2×'], [4, '4×'], [8, '8×']] as const;
const said_ms = 4000;

type Match = Pick<ReplayModule,
  'rate_hz' | 'rooms' | 'first_tick' | 'last_tick' | 'verified_tick' | 'tail' | 'hashes' |
  'hashes_verified' | 'diverged_at'>;

export interface Doors {
  enter(room: number): void;
  copy_link(): void;
  save(): void;
  leave(): void;
}

export class Bar {
  readonly element = element('section');

  private readonly play_button = icon_button('Play', icon.play, 'Space', () => this.toggle());
  private readonly scrubber = element('input');
  private readonly time = element('output');
  private readonly length = element('span');
  private readonly tick = element('span');
  private readonly subject = element('b');
  private readonly verdict = element('b');
  private readonly verify_button = button('Verify all', () => this.verify());
  private readonly word = element('p');
  private readonly speed: HTMLSelectElement;
  private said_until_ms = 0;

  constructor(
    private readonly match: Match,
    private readonly projector: Projector,
    private readonly name_of: (subject: number) => string,
    doors: Doors,
  ) {
    this.element.id = 'theatre';
    this.element.setAttribute('aria-label', 'Recorded match');
    this.speed = select('Speed', speeds.map(([value, text]) => [String(value), text]),
      (value) => (projector.speed = Number(value)));
    this.speed.value = String(projector.speed);
    this.verdict.setAttribute('role', 'status');
    this.verdict.dataset['number'] = 'verdict';
    this.tick.dataset['number'] = 'tick';
    this.subject.setAttribute('aria-live', 'polite');
    this.word.setAttribute('role', 'status');
    this.word.className = 'said';
    this.element.append(
      this.word, this.track(),
      row('controls', this.transport(), this.whom(doors), this.proof(), ways(doors)));
  }

  // Each time it may have changed.
  update(now_ms: number): void {
    const { match, projector } = this;
    const { tick } = projector;
    const { first_tick, last_tick } = match;
    const length = Math.max(1, last_tick - first_tick);
    const at = time_text(tick - first_tick, match.rate_hz);
    const all = time_text(last_tick - first_tick, match.rate_hz);
    const plays = projector.is_playing;
    change_icon(this.play_button, plays ? 'Pause' : 'Play', plays ? icon.pause : icon.play);
    this.scrubber.min = String(first_tick);
    this.scrubber.max = String(last_tick);
    this.scrubber.value = String(tick);
    const percent = (to: number) =>
      `${Math.min(100, (100 * (to - first_tick)) / length).toFixed(2)}%`;
    this.scrubber.style.setProperty('--at', percent(tick));
    this.scrubber.style.setProperty('--verified', percent(match.verified_tick));
    write(this.time, at);
    write(this.length, all);
    this.scrubber.setAttribute('aria-valuetext', `${at} of ${all}`);
    write(this.tick, `tick ${tick.toLocaleString('en')}`);
    write(this.subject, this.name_of(projector.subject));
    this.judge();
    if (now_ms < this.said_until_ms) return;
    this.show_word(tail_text(match.tail, last_tick));
  }

  // For a moment.
  say(text: string): void {
    this.said_until_ms = performance.now() + said_ms;
    this.show_word(text);
  }

  // Whether the key was for the match.
  on_key(code: string): boolean {
    const { projector, match } = this;
    const five_s = 5 * match.rate_hz;
    const keys: Record<string, () => void> = {
      Space: () => this.toggle(),
      ArrowLeft: () => projector.seek(projector.tick - five_s),
      ArrowRight: () => projector.seek(projector.tick + five_s),
      ArrowUp: () => projector.watch_next(false),
      ArrowDown: () => projector.watch_next(true),
      Comma: () => projector.step(-1),
      Period: () => projector.step(1),
      Home: () => projector.seek(match.first_tick),
      End: () => projector.seek(match.last_tick),
    };
    keys[code]?.();
    return code in keys;
  }

  private toggle(): void {
    if (this.projector.is_playing) this.projector.pause();
    else this.projector.play();
  }

  private verify(): void {
    if (this.projector.is_verifying) this.projector.seek(this.projector.tick);
    else this.projector.verify();
  }

  private judge(): void {
    const { match, projector } = this;
    const verifying = projector.is_verifying;
    const differs = match.diverged_at >= 0;
    const all = !differs && match.hashes > 0 && match.hashes_verified === match.hashes;
    write(this.verdict, verdict_text(match));
    this.verdict.classList.toggle('bad', differs);
    this.verdict.classList.toggle('good', all);
    const is_done = all || differs || match.verified_tick >= match.last_tick;
    this.verify_button.hidden = is_done && !verifying;
    const part = (match.verified_tick - match.first_tick) / (match.last_tick - match.first_tick);
    write(this.verify_button, verifying ? `${Math.floor(100 * part)} %, stop` : 'Verify all');
    this.element.classList.toggle('busy', projector.is_busy);
  }

  private show_word(text: string): void {
    write(this.word, text);
    this.word.hidden = text === '';
  }

  private track(): HTMLElement {
    const { scrubber } = this;
    scrubber.type = 'range';
    scrubber.step = '1';
    scrubber.setAttribute('aria-label', 'Place in the match');
    scrubber.addEventListener('input', () => this.projector.seek(Number(scrubber.value)));
    return row('track', this.time, this.tick, scrubber, this.length);
  }

  private transport(): HTMLElement {
    const { projector } = this;
    return row('transport',
      icon_button('One tick back', icon.back, ',', () => projector.step(-1)),
      this.play_button,
      icon_button('One tick on', icon.on, '.', () => projector.step(1)),
      this.speed);
  }

  private whom(doors: Doors): HTMLElement {
    const { projector, match } = this;
    const whom = row('whom',
      icon_button('Watch the one before', icon.left, '\u2191', () => projector.watch_next(false)),
      this.subject,
      icon_button('Watch the next one', icon.right, '\u2193', () => projector.watch_next(true)));
    if (match.rooms > 1) {
      const rooms = Array.from({ length: match.rooms }, (_, i) =>
        [String(i), `Room ${i + 1}`] as const);
      whom.append(select('Room', rooms, (room) => doors.enter(Number(room))));
    }
    return whom;
  }

  private proof(): HTMLElement {
    return row('proof', this.verdict, this.verify_button);
  }
}

function ways(doors: Doors): HTMLElement {
  const leave = button('Back to the game', () => doors.leave());
  leave.className = 'first';
  return row('ways',
    button('Copy link', () => doors.copy_link()), button('Save file', () => doors.save()), leave);
}

function row(name: string, ...children: Element[]): HTMLElement {
  const made = element('div');
  made.className = name;
  made.append(...children);
  return made;
}
