// After Quake III: above, where each frame's moment lies, before the newest snapshot (blue: between
// two, as it should be) or behind it (yellow: a guess). Below, for each snapshot the round trip and
// by how much it came late, yellow if some before it were skipped, and red for each of these.

import type { World } from '../world';
import { decimal, Panel, type Arrival } from './panel';
import { Samples } from './samples';

const columns = 135;
const column = 2;
const height = 60;
const frame_ms_most = 120;    // The height of either half.
const arrival_ms_most = 250;
const missed_mark = -1;

export class Lagometer extends Panel {
  private readonly pen: CanvasRenderingContext2D;
  private readonly frames = new Samples(columns);
  private readonly arrivals = new Samples(columns);
  private readonly yellow = new Samples(columns);
  private readonly ahead;
  private readonly late;
  private rtt_ms = 0;
  private late_ms = 0;

  constructor() {
    super(
      'Lagometer',
      'Above, each frame: blue is drawn between two snapshots, yellow is a guess beyond the ' +
        'newest. Below, each snapshot: the round trip, and by how much it came late on top; ' +
        'yellow: some before it are missing; red: one that is.',
    );
    const canvas = this.canvas(height);
    this.pen = canvas.getContext('2d')!;
    this.pen.scale(canvas.width / (columns * column), canvas.height / height);
    const numbers = this.numbers();
    this.ahead = numbers.add('drawn_ahead_ms', 'drawn at');
    this.late = numbers.add('arrival_late_ms', 'came late');
  }

  override reset(): void {
    this.frames.clear();
    this.arrivals.clear();
    this.yellow.clear();
  }

  override on_arrival(arrival: Arrival): void {
    for (let i = 0; i < Math.min(arrival.missed, columns); i++) this.push(missed_mark, 0);
    this.late_ms = arrival.late_ms;
    this.push(this.rtt_ms + arrival.late_ms, arrival.missed > 0 ? 1 : 0);
  }

  override on_frame(world: World): void {
    this.rtt_ms = Math.max(0, world.rtt_ms);
    this.frames.push(world.drawn_ahead_ms);
    this.paint();
  }

  override draw(world: World): void {
    const ahead_ms = world.drawn_ahead_ms;
    const sign = ahead_ms > 0 ? '+' : ahead_ms > -0.5 ? '' : '−';
    this.ahead.write(`${sign}${decimal(Math.abs(ahead_ms), 0)} ms`, ahead_ms > 0);
    this.late.write(`${decimal(this.late_ms, 0)} ms`);
  }

  private push(value: number, yellow: number): void {
    this.arrivals.push(value);
    this.yellow.push(yellow);
  }

  private paint(): void {
    const { pen } = this;
    const middle = height / 2;
    pen.clearRect(0, 0, columns * column, height);
    pen.fillStyle = 'rgb(122 160 230 / 18%)';
    pen.fillRect(0, middle, columns * column, 0.5);
    for (let i = 0; i < this.frames.length; i++) {
      const ahead_ms = this.frames.at(i);
      const size = (Math.min(frame_ms_most, Math.abs(ahead_ms)) / frame_ms_most) * (middle - 2);
      pen.fillStyle = ahead_ms > 0 ? '#ffc65c' : '#5f8dff';
      pen.fillRect(this.x(i, this.frames), middle - 1 - size, column, size);
    }
    for (let i = 0; i < this.arrivals.length; i++) {
      const ping_ms = this.arrivals.at(i);
      const missed = ping_ms === missed_mark;
      const part = missed ? 1 : Math.min(1, ping_ms / arrival_ms_most);
      pen.fillStyle = missed ? '#ff4a6b' : this.yellow.at(i) ? '#ffc65c' : '#4fd6a0';
      pen.fillRect(this.x(i, this.arrivals), middle + 1, column, Math.max(1, part * (middle - 2)));
    }
  }

  // The newest is at the right.
  private x(index: number, samples: Samples): number {
    return (columns - samples.length + index) * column;
  }
}
