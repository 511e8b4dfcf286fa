// The lobby: which rooms there are and who is in them; to play in one, look on, make another, or
// ask somebody in. It is asked of the server for as long as somebody looks at it.

import './lobby.css';
import {
  quick_match, read_directory, read_inside, type Directory, type Inside,
} from '../../ringtick/rooms';
import { own_room, play_page, watch_page } from '../address';
import type { Game } from '../game';
import { RoomDetails, type Way } from './details';
import { button, element, write } from '../parts';
import { RoomList } from './room_list';
import { busiest, summary } from './words';

const refresh_ms = 2000;

export class Lobby {
  private readonly dialog = element('dialog');
  private readonly summary = element('p');
  private readonly name = element('input');
  private readonly list = new RoomList((room) => this.choose(room));
  private readonly details = new RoomDetails((room, way) => this.go(room, way));

  private directory: Directory | undefined;
  private inside: Inside | undefined;
  private chosen = own_room();
  private timer = 0;

  constructor(
    private readonly game: Game,
    private readonly play: () => void,
  ) {
    this.build();
    document.addEventListener('visibilitychange', () => {
      if (this.dialog.open && !document.hidden) void this.refresh();
    });
  }

  toggle(): void {
    if (this.dialog.open) return this.dialog.close();
    this.chosen = own_room();
    this.name.value = '';
    this.list.forget_order();
    this.dialog.showModal();
    void this.refresh();
  }

  private build(): void {
    this.dialog.id = 'lobby';
    this.dialog.setAttribute('aria-labelledby', 'lobby-title');
    const title = element('h2', 'Rooms');
    title.id = 'lobby-title';
    this.summary.setAttribute('role', 'status');
    const head = element('header');
    const match = button('Quick match', () => void this.match());
    match.className = 'first';
    head.append(title, this.summary, match, button('Close', () => this.dialog.close()));
    const columns = element('div');
    columns.className = 'columns';
    const left = element('div');
    left.append(this.name_form(), this.list.element);
    columns.append(left, this.details.element);
    this.dialog.append(head, columns);
    this.dialog.addEventListener('close', () => clearTimeout(this.timer));
    document.body.append(this.dialog);
  }

  private name_form(): HTMLFormElement {
    const form = element('form');
    this.name.placeholder = 'Find a room, or name a new one';
    this.name.setAttribute('aria-label', this.name.placeholder);
    this.name.maxLength = 32;
    this.name.spellcheck = false;
    this.name.autocomplete = 'off';
    this.name.addEventListener('input', () => {
      this.list.forget_order();
      this.choose(this.name.value.trim() || own_room());
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.details.press_play();
    });
    form.append(this.name);
    return form;
  }

  private choose(room: string): void {
    this.chosen = room;
    this.inside = undefined;
    this.show();
    void this.refresh();
  }

  // What comes too late is of no use: the choice is another one by then.
  private async refresh(): Promise<void> {
    clearTimeout(this.timer);
    const { chosen } = this;
    try {
      const directory = await read_directory();
      const is_there = directory.rooms.some(({ id }) => id === chosen);
      const inside = is_there ? await read_inside(chosen) : undefined;
      if (!this.dialog.open || chosen !== this.chosen) return;
      this.directory = directory;
      this.inside = inside;
      this.show();
    } catch {
      write(this.summary, 'The server does not answer. Asking again…');
    }
    clearTimeout(this.timer);
    if (this.dialog.open && !document.hidden) {
      this.timer = setTimeout(() => void this.refresh(), refresh_ms);
    }
  }

  private show(): void {
    const { directory, chosen, inside } = this;
    if (!directory) return;
    write(this.summary, summary(directory));
    this.list.show(busiest(directory.rooms, this.name.value.trim()), chosen);
    this.details.show(chosen, directory, inside);
  }

  private async match(): Promise<void> {
    const room = await quick_match().catch(() => undefined);
    if (room !== undefined) return this.go(room, 'play');
    write(this.summary, 'All rooms are full.');
  }

  // To another room it is another page: nothing of this one is of use there.
  private go(room: string, way: Way): void {
    if (way === 'watch') return location.assign(watch_page(room));
    if (room !== own_room()) return location.assign(play_page(room));
    this.dialog.close();
    if (!this.game.is_playing) this.play();
  }
}
