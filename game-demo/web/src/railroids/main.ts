import 'pixi.js/unsafe-eval';
import { Application } from 'pixi.js';

const app = new Application();
await app.init({ background: 0x04060d, resizeTo: window, preference: 'webgl' });
document.body.append(app.canvas);
