// What is drawn over the world itself: one canvas of its own, so that the game's picture stays as
// it is. Nothing is drawn, and there is no canvas, as long as no layer is wanted.

import type { layout } from 'railroids-layout';
import type { GameModule } from '../../ringtick/module';
import type { Camera } from '../scene/camera';
import type { World } from '../world';
import { InterestGrid } from './interest_grid';
import { Panel } from './panel';
import { RewindGhosts } from './rewind_ghosts';
import { ServerGhosts } from './server_ghosts';

export interface Layer {
  readonly name: string;
  readonly label: string;
  readonly meaning: string;
  paint(pen: CanvasRenderingContext2D, world: World, camera: Camera, now_ms: number): void;
  // It is painted no more.
  end?(): void;
}

export class Layers extends Panel {
  private readonly sheet = document.createElement('canvas');
  // As large as the screen, and drawn anew in each frame: that is for the graphics card.
  private readonly pen = this.sheet.getContext('2d', { willReadFrequently: false })!;
  private readonly wanted = new Set<Layer>();

  constructor(private readonly camera: Camera, module: GameModule<typeof layout>) {
    super('Over the world', 'What the server knows, over what this page shows.');
    this.sheet.id = 'inside-world';
    this.sheet.setAttribute('role', 'img');
    this.sheet.setAttribute('aria-label', 'Over the world: what the server knows of it');
    const rewind = new RewindGhosts();
    rewind.moved = this.headline('rewound_units');
    const choices = document.createElement('p');
    for (const layer of [new ServerGhosts(), rewind, new InterestGrid(module)]) {
      choices.append(this.check(layer));
      this.explain(layer.meaning);
    }
    choices.className = 'choices';
    this.element.append(choices);
  }

  override reset(): void {
    for (const layer of this.wanted) layer.end?.();
    this.sheet.remove();
  }

  override on_frame(world: World, now_ms: number): void {
    if (this.wanted.size === 0) return;
    if (!this.sheet.isConnected) document.getElementById('stage')!.after(this.sheet);
    const { innerWidth: width, innerHeight: height } = window;
    if (this.sheet.width !== width || this.sheet.height !== height) {
      this.sheet.width = width;
      this.sheet.height = height;
    }
    this.pen.clearRect(0, 0, width, height);
    for (const layer of this.wanted) layer.paint(this.pen, world, this.camera, now_ms);
  }

  private check(layer: Layer): HTMLElement {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'checkbox';
    input.name = layer.name;
    label.className = 'check';
    label.append(input, layer.label);
    input.addEventListener('change', () => {
      // Clicked: the keys are the ship's.
      if (!input.matches(':focus-visible')) input.blur();
      if (input.checked) this.wanted.add(layer);
      else if (this.wanted.delete(layer)) layer.end?.();
      if (this.wanted.size === 0) this.sheet.remove();
    });
    return label;
  }
}
