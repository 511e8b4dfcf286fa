// What a test, or a curious player at the console, may ask: railroids.state(). It only reads.

import type { Client } from '../ringtick/client';
import type { layout } from 'railroids-layout';
import type { Scene } from './scene/scene';

export function install_hooks(client: Client<typeof layout>, scene: Scene): void {
  const { module } = client;
  const state = () => {
    const { view } = module;
    const ships = Array.from({ length: view.ship_count }, (_, i) => ({
      id: view.ship_id[i]!,
      name: module.name_of(view.ship_id[i]!),
      x: view.ship_x[i]!,
      y: view.ship_y[i]!,
      flags: view.ship_flags[i]!,
    }));
    return {
      link: client.connection.status,
      connected: Boolean(view.connected),
      resumptions: view.resumptions,
      id: view.own_id,
      alive: Boolean(view.own_alive),
      x: view.own_x,
      y: view.own_y,
      speed: Math.hypot(view.own_vx, view.own_vy),
      heading: view.own_heading,
      energy: view.own_energy,
      rtt_ms: view.rtt_ms,
      server_tick: view.server_tick,
      players: view.players,
      bots: view.bots,
      bots_max: view.bots_max,
      input_lead: view.input_lead,
      inputs_late: view.inputs_late,
      inputs_waiting: view.inputs_waiting,
      corrections: view.corrections,
      corrections_unexplained: view.corrections_unexplained,
      snapshot_divisor: view.snapshot_divisor,
      snapshots_per_second: view.snapshots_per_second,
      snapshots: view.snapshots,
      put_off: Array.from(view.put_off_id.subarray(0, view.put_off_count)),
      bytes: {
        header: view.bytes_header,
        own: view.bytes_own,
        shots: view.bytes_shots,
        comings: view.bytes_comings,
        updates: view.bytes_updates,
        cells: view.bytes_cells,
      },
      beams_seen: scene.beams.seen_count,
      beam_shooters: Array.from(view.beam_shooter.subarray(0, view.beam_count)),
      particles: scene.particles.count,
      asteroids: view.asteroid_count,
      beacon: { x: view.beacon_x, y: view.beacon_y, radius: view.beacon_radius },
      ships,
    };
  };
  Object.defineProperty(window, 'railroids', { value: { state } });
}
