// Runs in a page: the game's own scene, shown a made-up battle of as many ships as one likes. Time
// is told to it, so that minutes of battle take as long as their frames take to make.

import 'pixi.js/unsafe-eval';
import { Application } from 'pixi.js';
import { layout, view_size } from 'railroids-layout';
import { Scene } from '../../game-demo/web/src/railroids/scene/scene';
import { view_of } from '../../game-demo/web/src/ringtick/view';

const frame_s = 1 / 60;
const middle = 2600;
const width = 1800;   // Of the battlefield: all of it is in view.
const height = 1000;
const ids = 700;      // They come again, as slots do; so do the names.
const silent = { rail() {}, hit() {}, explosion() {}, gem() {}, kill() {}, spawn() {} };
const draw_calls = ['drawElements', 'drawArrays', 'drawElementsInstanced', 'drawArraysInstanced'];

export class Battle {
  frames = 0;
  draws = 0;

  static async begin(ships) {
    const app = new Application();
    await app.init({ preference: 'webgl', width: 1280, height: 720, autoStart: false });
    document.body.append(app.canvas);
    return new Battle(app, ships);
  }

  constructor(app, ships) {
    this.app = app;
    this.scene = new Scene(app, silent);
    this.world = view_of(layout, new ArrayBuffer(view_size), 0);
    this.focus = { x: middle, y: middle, lead_x: 0, lead_y: 0 };
    this.names = new Map();
    this.frame = {
      world: this.world, camera: this.scene.camera, time_s: 0, dt: frame_s, eye_dt: frame_s,
      aim: 0,
      name_of: (id) => this.names.get(id) ?? this.name(id),
    };
    this.newest_id = 0;
    this.newest_beam = 0;
    this.muster(ships);
    this.count_draw_calls();
  }

  muster(ships) {
    const { world } = this;
    Object.assign(world, {
      own_id: ships > 0 ? 1 : -1, own_alive: ships > 0 ? 1 : 0, world_side: 2 * middle,
      tick_rate_hz: 30, connected: 1, own_x: middle, own_y: middle, ship_count: ships,
      beacon_x: middle, beacon_y: middle, beacon_radius: 600,
    });
    for (let i = 0; i < ships; i++) this.recruit(i);
    for (let i = 0; i < 40; i++) this.place_rock(i);
  }

  recruit(i) {
    const { world } = this;
    this.newest_id = (this.newest_id % ids) + 1;
    world.ship_id[i] = this.newest_id;
    world.ship_x[i] = middle + width * (Math.random() - 0.5);
    world.ship_y[i] = middle + height * (Math.random() - 0.5);
    world.ship_heading[i] = 2 * Math.PI * Math.random();
    world.ship_energy[i] = 20 + 80 * Math.random();
    world.ship_flags[i] = (i % 3 === 0 ? 1 : 0) | (i % 2 === 0 ? 2 : 0) | (i === 0 ? 8 : 0);
  }

  place_rock(i) {
    const { world } = this;
    world.asteroid_count = i + 1;
    world.asteroid_x[i] = middle + 1.5 * width * (Math.random() - 0.5);
    world.asteroid_y[i] = middle + 1.5 * height * (Math.random() - 0.5);
    world.asteroid_radius[i] = 30 + 60 * Math.random();
    world.asteroid_seed[i] = i * 17;
  }

  name(id) {
    this.names.set(id, `Pilot ${id}`);
    return this.names.get(id);
  }

  // And draws nothing: without a graphics card that takes a hundred times longer than all the rest.
  count_draw_calls() {
    const { gl } = this.app.renderer;
    for (const call of draw_calls) gl[call] = () => (this.draws += 1);
  }

  // Everybody drifts; now and then one shoots, and one dies and leaves gems.
  advance() {
    const { world, frames } = this;
    world.beacon_ms_left = 60_000 - ((frames * 1000 * frame_s) % 60_000);
    for (let i = 0; i < world.ship_count; i++) {
      world.ship_heading[i] += 0.02;
      world.ship_vx[i] = 60 * Math.cos(world.ship_heading[i]);
      world.ship_vy[i] = 60 * Math.sin(world.ship_heading[i]);
      world.ship_x[i] += world.ship_vx[i] * frame_s;
      world.ship_y[i] += world.ship_vy[i] * frame_s;
    }
    for (let i = 0; i < world.beam_count; i++) world.beam_age_ms[i] += 1000 * frame_s;
    const others = world.ship_count - 1;
    if (others > 0 && frames % 6 === 0) this.shoot();
    if (others > 0 && frames % 30 === 0) this.die(1 + (frames / 30) % others);
  }

  shoot() {
    const { world } = this;
    const at = this.newest_beam % 12;
    const shooter = this.newest_beam % world.ship_count;
    this.newest_beam += 1;
    world.beam_count = Math.min(12, this.newest_beam);
    world.beam_id[at] = this.newest_beam;
    world.beam_x0[at] = world.ship_x[shooter];
    world.beam_y0[at] = world.ship_y[shooter];
    world.beam_x1[at] = world.ship_x[shooter] + 500;
    world.beam_y1[at] = world.ship_y[shooter] + 300;
    world.beam_shooter[at] = world.ship_id[shooter];
    world.beam_hit[at] = this.newest_beam % 2 === 0 ? world.ship_id[0] : -1;
    world.beam_age_ms[at] = 0;
  }

  die(victim) {
    const { world } = this;
    const at = victim % 60;
    world.gem_count = Math.max(world.gem_count, at + 1);
    world.gem_id[at] = this.frames;
    world.gem_x[at] = world.ship_x[victim];
    world.gem_y[at] = world.ship_y[victim];
    this.recruit(victim);
  }

  run(count) {
    for (let i = 0; i < count; i++) {
      this.advance();
      this.frames += 1;
      this.frame.time_s = this.frames * frame_s;
      this.scene.draw(this.frame, this.focus);
      this.app.render();
    }
  }

  // Draw calls of one frame, and the milliseconds that the page's own code took for it.
  measure(count) {
    this.draws = 0;
    const from = performance.now();
    this.run(count);
    return { draws: this.draws / count, ms: (performance.now() - from) / count };
  }
}

globalThis.Battle = Battle;
