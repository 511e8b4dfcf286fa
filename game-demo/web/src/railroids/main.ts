import './canvases';
// Pixi compiles its shaders' feeders with `new Function` unless told not to: the page's
// Content-Security-Policy forbids that.
import 'pixi.js/unsafe-eval';
import { Application } from 'pixi.js';
import { layout } from 'railroids-layout';
import { Client } from '../ringtick/client';
import { GameModule, overview } from '../ringtick/module';
import type { Refusal } from '../ringtick/refusal';
import { quick_match } from '../ringtick/rooms';
import { leave_replay, play_page, play_url, take_wish_to_play } from './address';
import { colour } from './colours';
import { Game } from './game';
import { install_hooks } from './hooks';
import { draw_logo } from './hud/logo';
import { Title } from './hud/title';
import { LobbyGate } from './lobby/gate';
import { missing_need } from './needs';
import { load_again, was_loaded_again } from './outdated';
import { Gate } from './overlay/gate';
import { Sound } from './sound/sound';
import { TheatreGate } from './theatre/gate';
import { watched_by } from './watched';

const pixels_per_point_most = 2;  // More cannot be seen in motion, and costs a phone its frames.

// Beside what address.ts knows, ?sharp forbids drawing fewer pixels on a slow machine, and
// ?replay=URL shows a recorded match of this server's, from ?tick=N on.
const options = new URLSearchParams(location.search);

async function open_canvas(): Promise<Application> {
  const app = new Application();
  await app.init({
    preference: 'webgl',
    background: colour.space,
    resizeTo: window,
    autoDensity: true,
    antialias: devicePixelRatio < 1.5,  // Denser screens smooth by themselves.
    resolution: Math.min(devicePixelRatio, pixels_per_point_most),
  });
  app.canvas.setAttribute('role', 'img');
  app.canvas.setAttribute('aria-label', 'The arena');
  document.getElementById('stage')!.append(app.canvas);
  return app;
}

// Only whoever pressed Play or Watch is told so, and a new page waits for that: no endless loop.
function on_bye(client: Client<typeof layout>, game: Game): void {
  if (load_again()) return;
  client.connection.close();
  game.link.end(
    'This page is not of the version that the server runs, and loading it again did not help. ' +
    'Try again in a few minutes.');
}

// Who asked for no room in particular need not wait for a place in one.
async function on_refused(refusal: Refusal): Promise<void> {
  if (refusal !== 'room_full' || options.has('room')) return;
  const room = await quick_match().catch(() => undefined);
  if (room !== undefined) location.assign(play_page(room));
}

async function start(): Promise<void> {
  const [module, app] = await Promise.all([
    GameModule.load('/railroids.wasm', layout),
    open_canvas(),
  ]);
  const client = new Client(module, play_url(), 'arena.v1');
  const game = new Game(app, client, new Sound(), options);
  client.on_bye = () => on_bye(client, game);
  client.on_refused = (refusal) => void on_refused(refusal);
  client.on_displaced = () =>
    game.link.say('Your ship goes on in another tab. Here you have a new one.');
  new Gate(client, game);
  install_hooks(client, game.scene);
  const title = new Title(
    (name) => {
      theatre.close();
      game.play(name);
    },
    () => game.watch(overview));
  const doors = {
    on_enter: () => title.leave(),
    on_leave: (was_playing: boolean) => {
      leave_replay();
      if (was_playing) title.press_play();
      else title.begin_anew();
    },
  };
  const theatre = new TheatreGate(client, game, options, doors, (text) => title.note(text));
  game.on_start = () => title.press_play();
  new LobbyGate(game, () => title.press_play(), (text) => title.note(text));
  performance.mark('playable');
  if (was_loaded_again()) title.note('The game was updated, and this is the new one.');
  const watch = options.get('watch');
  if (theatre.take_address()) return;
  if (take_wish_to_play()) {
    title.press_play();
  } else if (watch !== null) {
    game.watch(watched_by(watch));
    title.leave_to_look_on();
  }
}

function give_up(why: string): void {
  document.body.classList.add('given-up');
  const note = document.getElementById('note')!;
  note.textContent = why;
  note.hidden = false;
}

draw_logo();
const missing = missing_need();
if (missing) give_up(missing);
else {
  start().catch((error: unknown) => {
    give_up('The game could not be loaded whole. Load the page again.');
    throw error;
  });
}
