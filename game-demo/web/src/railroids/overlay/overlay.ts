// The engineer's overlay: what the server claims, live, beside the game. This is a bundle of its
// own, which gate.ts loads when it is first wanted. While it is open it takes one sample a frame
// and asks the server once a second; while it is closed it does nothing.

import 'uplot/dist/uPlot.min.css';
import './overlay.css';
import type { layout } from 'railroids-layout';
import type { Client, Observer } from '../../ringtick/client';
import { Kind } from '../../ringtick/module';
import type { Game } from '../game';
import type { World } from '../world';
import { Age } from './age';
import { Bots } from './bots';
import { Bytes } from './bytes';
import { Encoder } from './encoder';
import { Interpolation } from './interpolation';
import { IoUring } from './io_uring';
import { Lagometer } from './lagometer';
import { Layers } from './layers';
import { NetText } from './net_text';
import type { Panel } from './panel';
import { Path } from './path';
import { PredictionError } from './prediction';
import { Replay } from './replay';
import { RoundTrip } from './round_trip';
import { ServerFacts } from './server_facts';
import { StatsPoll } from './server_stats';
import { TickTimes } from './tick_times';
import { Tools } from './tools';
import { VerdictPanel } from './verdict_panel';

const draw_ms = 100;
const ping_ms = 250;

export class Overlay implements Observer {
  is_open = false;

  private readonly root = document.createElement('div');
  private readonly net_text = new NetText();
  private readonly bytes = new Bytes();
  private readonly path: Path;
  private readonly panels: Panel[];
  private readonly poll: StatsPoll;
  private readonly ping_every_ms: number;
  private drawn_ms = 0;
  private newest_tick = 0;

  constructor(
    private readonly client: Client<typeof layout>,
    private readonly game: Game,
  ) {
    const { module, server } = client;
    const is_there = () => server.status === 'open';
    this.ping_every_ms = client.ping_every_ms;
    const is_recorded = () => client.connection !== server;
    this.path = new Path(server, is_recorded);
    this.poll = new StatsPoll(is_there, (report) => {
      for (const panel of this.panels) panel.on_report(report);
    });
    const left = [
      new VerdictPanel(is_there, is_recorded), new Lagometer(),
      this.net_text, new RoundTrip(), new Age(), new PredictionError(), this.bytes,
    ];
    const right = [
      new Replay(() => game.on_last_minute()), new TickTimes('late'), new TickTimes('work'),
      new IoUring(), this.path, new Interpolation(module), new Encoder(client), new Bots(),
      new Layers(game.scene.camera, module), new ServerFacts(),
    ];
    this.panels = [...left, ...right];
    this.root.id = 'inside';
    const seen = column('What this page sees', left);
    seen.prepend(new Tools(this.root).element);
    this.root.append(seen, column('What the server does', right));
  }

  toggle(): void {
    this.is_open = !this.is_open;
    document.body.classList.toggle('inside', this.is_open);
    document.body.classList.toggle('bad-path', !this.path.is_fair);
    this.client.module.look_inside(this.is_open);
    this.client.ping_every_ms = this.is_open ? ping_ms : this.ping_every_ms;
    this.client.observer = this.is_open ? this : undefined;
    this.game.on_frame = this.is_open ? this.on_frame : undefined;
    for (const panel of this.panels) panel.reset();
    if (this.is_open) {
      this.newest_tick = 0;
      document.body.append(this.root);
      this.client.probe();
      this.poll.start();
    } else {
      this.poll.stop();
      this.root.remove();
    }
  }

  on_received(kind: Kind, size: number): void {
    this.net_text.on_received(size);
    this.bytes.on_received(kind, size);
    if (kind === Kind.snapshot) this.on_snapshot();
  }

  on_sent(size: number): void {
    this.net_text.on_sent(size);
  }

  private on_snapshot(): void {
    const { module } = this.client;
    const tick = module.newest_tick;
    const goes_on = this.newest_tick > 0 && tick > this.newest_tick;
    const arrival = {
      late_ms: module.newest_late_ms,
      missed: goes_on ? tick - this.newest_tick - 1 : 0,
    };
    this.newest_tick = tick;
    for (const panel of this.panels) panel.on_arrival(arrival);
  }

  private readonly on_frame = (world: World, now_ms: number): void => {
    for (const panel of this.panels) panel.on_frame(world, now_ms);
    if (now_ms - this.drawn_ms < draw_ms) return;
    this.drawn_ms = now_ms;
    for (const panel of this.panels) panel.draw(world, now_ms);
  };
}

function column(title: string, panels: readonly Panel[]): HTMLElement {
  const made = document.createElement('div');
  made.className = 'column';
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', title);
  made.append(...panels.map((panel) => panel.element));
  return made;
}
