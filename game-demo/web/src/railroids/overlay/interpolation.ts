// How far in the past others are drawn: as far as the lateness of snapshots demands, or as one
// likes.

import type { GameModule } from '../../ringtick/module';
import type { layout } from 'railroids-layout';
import type { World } from '../world';
import { decimal, milliseconds, Panel, whole, type Written } from './panel';
import type { Report } from './server_stats';
import { Slider } from './slider';

export class Interpolation extends Panel {
  private readonly auto = document.createElement('input');
  private readonly slider: Slider;
  private readonly shown = this.headline('interpolation_delay_ms');
  private readonly shot_age: Written;
  private readonly too_old: Written;

  constructor(private readonly module: GameModule<typeof layout>) {
    super('Interpolation', 'Too little, and frames have to guess beyond the newest snapshot; too ' +
      'much, and you aim at the past. The server judges your shots by what you saw, as far as it ' +
      'goes back: the delay becomes less if that helps to stay within, and what is older is ' +
      'judged by what was there later, and counted, for all players.', true);
    this.slider = new Slider(
      { name: 'interpolation', label: 'delay', most: 300, step: 5, text: (value) => `${value} ms` },
      () => {
        this.auto.checked = false;
        this.apply();
      });
    const label = document.createElement('label');
    this.auto.type = 'checkbox';
    this.auto.name = 'interpolation_auto';
    this.auto.checked = true;
    this.auto.addEventListener('change', () => {
      // Clicked: the keys are the ship's.
      if (!this.auto.matches(':focus-visible')) this.auto.blur();
      this.apply();
    });
    label.className = 'check';
    label.append(this.auto, 'auto');
    const row = document.createElement('div');
    row.className = 'row';
    row.append(this.slider.element, label);
    this.element.append(row);
    const grid = this.numbers();
    this.shot_age = grid.add('shot_age_ms', 'shots look back', true);
    this.too_old = grid.add('views_too_old', 'too far back, all', true);
  }

  override draw(world: World): void {
    const delay_ms = world.interpolation_delay_ms;
    this.shown.write(`${decimal(delay_ms, 0)} ms`, world.drawn_ahead_ms > 0);
    if (this.auto.checked) this.slider.value = delay_ms;
    const { rewind_ms, shot_age_ms } = world;
    const bound = rewind_ms > 0 ? ` of ${milliseconds(rewind_ms)}` : ', and are not rewound';
    this.shot_age.write(
      `${milliseconds(shot_age_ms)}${bound}`, rewind_ms > 0 && shot_age_ms > rewind_ms);
  }

  override on_report({ room }: Report): void {
    this.too_old.write(whole(room?.game['views_too_old'] ?? NaN));
  }

  private apply(): void {
    this.module.hold_interpolation(this.auto.checked ? undefined : this.slider.value);
  }
}
