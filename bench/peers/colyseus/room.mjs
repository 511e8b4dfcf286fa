import { Room } from '@colyseus/core';
import { StateView } from '@colyseus/schema';

import { Grid, Sight } from './interest.mjs';
import { ShipRecord, WorldRecord, input_message, welcome_message } from './record.mjs';
import { Ship, one, side_for, to_quanta, to_speed } from './ship.mjs';

const spot_margin = 250; // In units: the edge is a poor place to begin.

// Somebody at a place of the room, from 0: its ship, what travels of it, and what it sees.
class Seat {
  buttons = 0;
  aim = 0;
  record = new ShipRecord();

  constructor(slot, client, ship, seats_max) {
    this.slot = slot;
    this.client = client;
    this.ship = ship;
    this.sight = new Sight(seats_max);
  }
}

export class RailroidsRoom extends Room {
  autoDispose = false;
  patchRate = null; // turn() sends, at its own deadline.

  onCreate({ players }) {
    this.maxClients = players;
    this.side = side_for(players);
    this.tick = 0;
    this.inputs = 0;
    this.seats = []; // By slot; undefined where nobody is.
    this.ships = []; // Of the same slots.
    this.free_slots = Array.from({ length: players }, (_, i) => players - 1 - i);
    this.grid = new Grid(this.side, players);
    this.state = new WorldRecord();
    this.onMessageBytes(input_message, (client, bytes) => {
      if (bytes.length !== 2) return;
      this.inputs += 1;
      client.userData.buttons = bytes[0];
      client.userData.aim = bytes[1];
    });
  }

  onJoin(client) {
    const slot = this.free_slots.pop();
    const spot = () =>
      Math.floor((spot_margin + Math.random() * (this.side - 2 * spot_margin)) * one);
    const seat = new Seat(slot, client, new Ship(spot(), spot()), this.maxClients);
    client.userData = this.seats[slot] = seat;
    this.ships[slot] = seat.ship;
    write_record(seat);
    client.view = new StateView();
    this.state.ships.set(String(slot), seat.record);
    client.send(welcome_message, slot);
  }

  onLeave(client) {
    const { slot, record } = client.userData;
    for (const seat of this.seats) {
      if (seat?.sight.forget(slot, this.tick)) seat.client.view.remove(record);
    }
    client.view.dispose();
    this.state.ships.delete(String(slot));
    this.seats[slot] = this.ships[slot] = undefined;
    this.free_slots.push(slot);
  }

  // One tick: everyone moves, everyone sees, everyone is told.
  turn() {
    this.tick += 1;
    this.state.tick = this.tick;
    for (const seat of this.seats) {
      if (seat === undefined) continue;
      seat.ship.step(seat.buttons, seat.aim, this.tick, this.side);
      write_record(seat);
    }
    this.grid.build(this.ships);
    for (const seat of this.seats) {
      if (seat !== undefined) this.look(seat);
    }
    this.broadcastPatch();
  }

  look({ ship, sight, client: { view } }) {
    sight.look(ship, this, {
      enters: (slot) => view.add(this.seats[slot].record),
      leaves: (slot) => view.remove(this.seats[slot].record),
    });
  }
}

function write_record({ ship, record }) {
  record.x = to_quanta(ship.x);
  record.y = to_quanta(ship.y);
  record.vx = to_speed(ship.vx);
  record.vy = to_speed(ship.vy);
  record.heading = ship.heading >> 8;
  record.aim = ship.aim;
  record.energy = ship.energy;
  record.flags = ship.flags;
}
