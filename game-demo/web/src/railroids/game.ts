// One frame after the other: reads the player's wish, lets the module move the world to this
// moment, draws it.

import type { Application } from 'pixi.js';
import type { layout } from 'railroids-layout';
import type { Client, Wish } from '../ringtick/client';
import { Attract } from './attract';
import { Controls, is_for_the_page } from './controls/controls';
import { Hud } from './hud/hud';
import { LinkNotice } from './hud/link';
import { motion } from './motion';
import { Quality } from './quality';
import type { Frame } from './scene/frame';
import { Scene } from './scene/scene';
import type { Sound } from './sound/sound';
import { Button, type World } from './world';

const frame_longest_s = 0.1;  // After a pause the picture goes on; it does not catch up.
const pause_ms = 1500;        // A tab that was hidden, say.
const names_kept_ms = 500;
const aim_lead = 260;         // How far the eye follows the gun, as if it were a speed.

// Something that is shown in place of the match, by a time of its own.
export interface Show {
  // So many seconds have passed here; returns how many there.
  advance(dt: number): number;
}

export class Game {
  readonly scene: Scene;
  // Called behind each frame of the match.
  on_frame: ((world: World, now_ms: number) => void) | undefined;
  readonly link = new LinkNotice();
  // Somebody wants to play, and says so by gamepad.
  on_start: () => void = () => {};

  // Somebody wants to see the last minute again.
  on_last_minute: () => void = () => {};

  private readonly controls: Controls;
  private readonly hud = new Hud();
  private readonly attract = new Attract();
  private readonly names = new Map<number, string>();
  private names_read_ms = 0;
  private title_s = 0;
  private started = false;
  private watching = false;
  private shown: Show | undefined;
  private thrusting = false;
  private focus = { x: 0, y: 0, lead_x: 0, lead_y: 0 };

  constructor(
    app: Application,
    private readonly client: Client<typeof layout>,
    private readonly sound: Sound,
    options: URLSearchParams,
  ) {
    this.scene = new Scene(app, sound);
    this.controls = new Controls(document.getElementById('stage')!);
    this.hud.show_sound(sound.muted);
    client.wish = () => this.wish();
    client.on_status = (status) => {
      if (status === 'open') this.reset();
    };
    const quality = options.has('sharp') ? undefined : new Quality(app);
    app.ticker.add(({ elapsedMS }) => {
      quality?.on_frame(elapsedMS / 1000);
      // Whatever happened meanwhile is no news: else all who are gone would explode at once.
      if (elapsedMS > pause_ms) this.scene.reset();
      this.frame(Math.min(frame_longest_s, elapsedMS / 1000));
    });
    addEventListener('keydown', (event) => this.on_key(event));
    addEventListener('pointerdown', () => sound.wake());
    document.getElementById('sound')!.addEventListener('click', (event) => {
      this.toggle_sound();
      // Else the next shot, by the space bar, would press it again.
      if (event.detail > 0) (event.currentTarget as HTMLElement).blur();
    });
  }

  play(name: string): void {
    this.sound.wake();
    this.watching = false;
    document.body.classList.remove('watching');
    this.controls.enabled = true;
    this.start();
    this.client.play(name);
  }

  // From above, or over a pilot's shoulder.
  watch(whom: number): void {
    this.watching = true;
    document.body.classList.add('watching');
    this.start();
    this.client.watch(whom);
  }

  // A match of the server's is before us, to play or to look at; neither the title nor a show.
  get is_on(): boolean {
    return this.started && !this.shown;
  }

  get is_playing(): boolean {
    return this.started && !this.watching;
  }

  // The client is led elsewhere by whoever shows it.
  begin_show(show: Show): void {
    this.shown = show;
    this.watching = true;
    this.controls.enabled = false;
    this.controls.release();
    document.body.classList.add('watching');
    this.start();
  }

  // Back to the title.
  end_show(): void {
    this.shown = undefined;
    this.started = this.watching = false;
    document.body.classList.remove('playing', 'watching');
    this.hud.hide();
    this.reset();
  }

  private start(): void {
    this.started = true;
    this.link.begin();
    document.body.classList.add('playing');
    this.scene.reset();
  }

  private frame(dt: number): void {
    const now_ms = performance.now();
    const there_dt = this.shown?.advance(dt) ?? dt;
    this.link.update(this.client.connection, now_ms);
    this.controls.gamepad.read();
    if (this.controls.gamepad.take_start() && (!this.started || this.watching)) this.on_start();
    // Until there is a world, that of the title goes on.
    const in_match = this.started && Boolean(this.client.module.view.connected);
    // That world is made up: where there is no server it stands still and fades, lest somebody take
    // it for a match.
    const is_backdrop = !in_match && this.link.is_trouble;
    document.body.classList.toggle('backdrop', is_backdrop);
    document.body.classList.toggle('cut-off', in_match && this.link.is_trouble);
    if (in_match) this.played_frame(now_ms, there_dt, dt);
    else this.title_frame(now_ms, is_backdrop ? 0 : dt);
  }

  private played_frame(now_ms: number, dt: number, eye_dt: number): void {
    const { module } = this.client;
    // First, so that the ship answers in this very frame.
    if (!this.shown) this.client.send_input();
    module.advance(this.client.now());
    const world = module.view;
    this.sound.thrust(Boolean(world.own_alive) && this.thrusting);

    if (now_ms - this.names_read_ms > names_kept_ms) {
      this.names_read_ms = now_ms;
      this.names.clear();
    }
    // Who looks on sees where the pilot aims.
    const aim = this.watching ? world.own_aim : this.aim(world);
    this.look_at(world, aim);
    this.scene.pointers.mouse = this.watching ? undefined : this.controls.pointer;
    this.scene.draw(this.frame_of(world, now_ms, dt, aim, eye_dt), this.focus);
    document.body.classList.toggle('recorded', this.client.is_recorded);
    this.hud.update(world, now_ms, this.name_of);
    this.on_frame?.(world, now_ms);
  }

  private aim(world: World): number {
    const { camera } = this.scene;
    const ship = { x: camera.screen_x(world.own_x), y: camera.screen_y(world.own_y) };
    return this.controls.aim(world, ship);
  }

  // Asked by the client, a moment before it flies by it and tells the server.
  private wish(): Wish {
    const world = this.client.module.view;
    const aim = this.aim(world);
    const buttons = document.hidden ? 0 : this.controls.buttons(world, aim);
    this.thrusting = (buttons & Button.thrust) !== 0;
    return { buttons, aim: Math.round((aim / (2 * Math.PI)) * 256) & 255 };
  }

  private title_frame(now_ms: number, dt: number): void {
    const { world } = this.attract;
    this.title_s += dt;
    this.attract.advance(this.title_s, dt);
    const drift = motion.calm ? 0 : 1;
    this.focus.x = world.beacon_x + drift * 520 * Math.sin(this.title_s * 0.05);
    this.focus.y = world.beacon_y + drift * 260 * Math.sin(this.title_s * 0.073);
    this.scene.draw(this.frame_of(world, now_ms, dt, 0), this.focus);
  }

  private frame_of(
    world: World, now_ms: number, dt: number, aim: number, eye_dt = dt,
  ): Frame {
    const { camera } = this.scene;
    return { world, camera, time_s: now_ms / 1000, dt, eye_dt, aim, name_of: this.name_of };
  }

  // The dead look at where they fell. Who looks on sees what is looked at.
  private look_at(world: World, aim: number): void {
    if (this.watching) {
      this.look_from(world, 0, 0);
      return;
    }
    if (!world.own_alive) {
      this.focus.lead_x = this.focus.lead_y = 0;
      return;
    }
    this.look_from(world, Math.cos(aim) * aim_lead, Math.sin(aim) * aim_lead);
  }

  private look_from(world: World, lead_x: number, lead_y: number): void {
    this.focus.x = world.own_x;
    this.focus.y = world.own_y;
    this.focus.lead_x = world.own_vx + lead_x;
    this.focus.lead_y = world.own_vy + lead_y;
  }

  // Names are asked of the module now and then, not for every ship in every frame.
  readonly name_of = (id: number): string => {
    if (!this.started) return '';
    let name = this.names.get(id);
    if (name === undefined) {
      name = this.client.module.name_of(id);
      this.names.set(id, name);
    }
    return name;
  };

  private reset(): void {
    this.scene.reset();
    this.hud.reset();
    this.names.clear();
  }

  private on_key(event: KeyboardEvent): void {
    this.sound.wake();
    if (event.code === 'KeyM' && !event.repeat && !is_for_the_page(event)) this.toggle_sound();
  }

  private toggle_sound(): void {
    this.sound.toggle();
    this.hud.show_sound(this.sound.muted);
  }
}
