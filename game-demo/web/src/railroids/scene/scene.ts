// The picture, from back to front. It owns the layers and turns what is new in the world (a beam,
// a death, a hit) into effects; it decides nothing about the game.

import { Application, Container } from 'pixi.js';
import { colour_of } from '../colours';
import type { Sound } from '../sound/sound';
import { FeedKind, nobody, type World } from '../world';
import { draw_atlas } from './atlas';
import { Beacon } from './beacon';
import { Beams, type Beam } from './beams';
import { Blasts } from './blasts';
import { Border } from './border';
import { Camera } from './camera';
import { Effects } from './effects';
import type { Frame } from './frame';
import { Gems } from './gems';
import { Particles } from './particles';
import { Pointers } from './pointers';
import { Rocks } from './rocks';
import { Ships, type Ghost } from './ships';
import { Sky } from './sky';

const unknown = -1;

export class Scene {
  readonly camera = new Camera();
  readonly beams: Beams;
  readonly pointers: Pointers;
  readonly particles: Particles;
  // The last hit and kill that were shown. The first ones that a world tells are not news.
  private hit_serial = unknown;
  private kill_serial = unknown;
  private was_alive = false;
  private frame: Frame | undefined;

  private readonly atlas = draw_atlas();
  private readonly world_layer = new Container();
  private readonly sky = new Sky(this.atlas);
  private readonly effects: Effects;
  private readonly blasts: Blasts;
  private readonly ships: Ships;
  private readonly parts: { update(frame: Frame): void }[];

  constructor(
    private readonly app: Application,
    private readonly sound: Sound,
  ) {
    const layer = () => this.world_layer.addChild(new Container());
    this.particles = new Particles(this.atlas.dot);
    const [ground, sights, bodies, lights, rays, fire] =
      [layer(), layer(), layer(), layer(), layer(), layer()] as const;
    this.world_layer.addChild(this.particles.container);
    const labels = layer();
    const glass = new Container();
    app.stage.addChild(this.sky.container, this.world_layer, glass);

    this.blasts = new Blasts(this.atlas, fire);
    this.effects = new Effects(this.atlas, this.blasts, this.particles);
    this.ships = new Ships(this.atlas, this.effects, { bodies, lights, labels },
      (id, ghost) => this.on_vanish(id, ghost));
    this.beams = new Beams(this.atlas, rays, (beam) => this.on_beam(beam));
    this.pointers = new Pointers(this.atlas, glass, sights);
    this.parts = [
      new Beacon(this.atlas, ground),
      new Border(ground),
      new Rocks(ground),
      new Gems(this.atlas, ground, (place) => this.on_gem(place)),
      this.beams,
      this.ships,
      this.pointers,
    ];
  }

  // Where we look at, and in which direction a little farther.
  draw(frame: Frame, focus: { x: number; y: number; lead_x: number; lead_y: number }): void {
    this.frame = frame;
    this.camera.resize(this.app.screen.width, this.app.screen.height);
    this.camera.follow(focus.x, focus.y, focus.lead_x, focus.lead_y, frame.eye_dt);
    this.camera.apply(this.world_layer);
    this.sky.update(this.camera, frame.eye_dt);
    this.tell_news(frame);
    for (const part of this.parts) part.update(frame);
    this.particles.update(frame.dt);
    this.blasts.update(frame.dt);
  }

  // Another world begins: what happened in the last one is over.
  reset(): void {
    this.hit_serial = this.kill_serial = unknown;
    this.ships.clear();
  }

  private tell_news({ world }: Frame): void {
    if (this.hit_serial !== unknown && world.hit_serial !== this.hit_serial) {
      this.camera.shake(0.55);
    }
    if (this.kill_serial !== unknown && world.kill_serial !== this.kill_serial) {
      this.camera.kick(1);
      this.sound.kill();
    }
    this.hit_serial = world.hit_serial;
    this.kill_serial = world.kill_serial;
    const alive = Boolean(world.own_alive);
    if (alive && !this.was_alive) this.sound.spawn();
    this.was_alive = alive;
  }

  private on_beam(beam: Beam): void {
    const { frame } = this;
    if (!frame) return;
    const { own_id } = frame.world;
    const tint = colour_of(beam.shooter, own_id);
    const angle = Math.atan2(beam.y1 - beam.y0, beam.x1 - beam.x0);
    this.effects.muzzle(beam.x0, beam.y0, angle, tint);
    this.effects.rail(beam.x0, beam.y0, beam.x1, beam.y1, tint);
    this.sound.rail(...this.heard(beam.x0, beam.y0), beam.shooter === own_id);
    if (beam.shooter === own_id) this.camera.shake(0.22);

    if (beam.hit === nobody) {
      this.effects.scorch(beam.x1, beam.y1, angle, tint);
      return;
    }
    const victim = () => this.ships.ghosts.get(beam.hit);
    const place = victim() ?? { x: beam.x1, y: beam.y1 };
    this.effects.hit(place, angle, colour_of(beam.hit, own_id), victim);
    this.sound.hit(...this.heard(beam.x1, beam.y1), beam.hit === own_id);
  }

  private on_vanish(id: number, ghost: Ghost): void {
    if (!this.frame) return;
    const { world } = this.frame;
    const tint = colour_of(id, world.own_id);
    if (has_left(world, id)) {
      this.effects.birth(ghost, tint, () => undefined);
      return;
    }
    const own = id === world.own_id;
    this.effects.death(ghost, ghost.vx, ghost.vy, tint);
    this.sound.explosion(...this.heard(ghost.x, ghost.y), own);
    const distance = Math.hypot(ghost.x - this.camera.x, ghost.y - this.camera.y);
    this.camera.shake(own ? 1 : 0.35 * Math.max(0, 1 - distance / 900));
  }

  private on_gem(place: { x: number; y: number }): void {
    this.effects.gem_taken(place);
    this.sound.gem();
  }

  // Loudness and direction of a sound, for an ear at the middle of the screen.
  private heard(x: number, y: number): [loudness: number, pan: number] {
    const dx = x - this.camera.x;
    const dy = y - this.camera.y;
    const loudness = Math.max(0, 1 - Math.hypot(dx, dy) / 1300) ** 1.5;
    return [loudness, Math.max(-0.8, Math.min(0.8, dx / 900))];
  }
}

function has_left(world: World, id: number): boolean {
  for (let i = 0; i < world.feed_count; i++) {
    if (world.feed_kind[i] === FeedKind.leave && world.feed_a[i] === id) return true;
  }
  return false;
}
