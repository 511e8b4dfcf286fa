// One room: who is in it, and the ways in, for oneself and for somebody else.

import type { Directory, Inside } from '../../ringtick/rooms';
import { invitation, own_room } from '../address';
import { button, element, write } from '../parts';
import { facts, who, why_not } from './words';

export type Way = 'play' | 'watch';

const copied_ms = 1500;

export class RoomDetails {
  readonly element = element('section');
  private readonly title = element('h3');
  private readonly facts = element('p');
  private readonly pilots = element('p');
  private readonly link = element('input');
  private readonly play = button('Play', () => this.go(this.room, 'play'));
  private readonly watch = button('Watch', () => this.go(this.room, 'watch'));
  private readonly copy = button('Copy link', () => void this.copy_link());
  private room = own_room();

  constructor(private readonly go: (room: string, way: Way) => void) {
    this.element.setAttribute('aria-label', 'The chosen room');
    this.facts.className = 'facts';
    this.pilots.className = 'pilots';
    this.play.className = 'first';
    this.link.readOnly = true;
    this.link.setAttribute('aria-label', 'Invitation');
    this.link.addEventListener('focus', () => this.link.select());
    const ways = element('div');
    ways.append(this.play, this.watch);
    const invitation_row = element('div');
    invitation_row.append(this.link, this.copy);
    this.element.append(
      this.title, this.facts, this.pilots, ways,
      element('h4', 'Ask somebody in'), invitation_row);
    this.element.hidden = true;  // Until something is known.
  }

  show(name: string, directory: Directory, inside: Inside | undefined): void {
    this.room = name;
    const room = directory.rooms.find(({ id }) => id === name);
    const why = why_not(name, directory);
    write(this.title, name + (name === own_room() ? ', where you are' : ''));
    write(this.facts, room ? facts(room, directory.shards) : 'There is no such room yet.');
    write(this.pilots, why || (inside ? who(inside.names, inside.players) : ''));
    this.pilots.classList.toggle('why', why !== '');
    write(this.play, room ? 'Play' : 'Create and play');
    this.play.disabled = why !== '';
    // The title behind has buttons of these names, too.
    this.play.setAttribute('aria-label', `${room ? 'Play' : 'Create and play'} in ${name}`);
    this.watch.setAttribute('aria-label', `Watch ${name}`);
    // Who looks on takes a place, too.
    this.watch.disabled = why !== '' || !room;
    this.link.value = invitation(name);
    this.element.hidden = false;
  }

  press_play(): void {
    if (!this.element.hidden && !this.play.disabled) this.play.click();
  }

  // Only a page that came by TLS, or from this very machine, may write to the clipboard itself.
  private async copy_link(): Promise<void> {
    this.link.select();
    try {
      await navigator.clipboard.writeText(this.link.value);
    } catch {
      write(this.copy, 'Press Ctrl+C');
      return;
    }
    write(this.copy, 'Copied');
    setTimeout(() => write(this.copy, 'Copy link'), copied_ms);
  }
}
