// Every sound is made here, from noise and a few oscillators. Off until the player turns it on,
// which is remembered; then it begins with the next visit's first gesture, as browsers want it.

import { recall, remember } from '../memory';

const loudness = 0.5;
const voices_most = 24;  // In a crowd only this many shots sound at once.

interface Tone {
  type: OscillatorType;
  from_hz: number;
  to_hz: number;
  seconds: number;
  gain: number;
  delay_s?: number;
}

interface Noise {
  filter: BiquadFilterType;
  from_hz: number;
  to_hz: number;
  seconds: number;
  gain: number;
  q?: number;
}

export class Sound {
  muted = recall('sound') !== 'on';

  private context: AudioContext | undefined;
  private master: GainNode | undefined;
  private noise_loop: AudioBuffer | undefined;
  private engine: GainNode | undefined;
  private voices = 0;

  // To be called from a gesture.
  wake(): void {
    if (this.muted) return;
    if (this.context) {
      if (this.context.state === 'suspended') void this.context.resume();
      return;
    }
    const context = new AudioContext();
    const squash = new DynamicsCompressorNode(context, { threshold: -18, ratio: 6 });
    this.master = new GainNode(context, { gain: loudness });
    this.master.connect(squash).connect(context.destination);
    this.noise_loop = white_noise(context);
    this.context = context;
    this.engine = this.start_engine(context, this.master);
  }

  toggle(): void {
    this.muted = !this.muted;
    remember('sound', this.muted ? 'off' : 'on');
    this.wake();
    if (this.context) {
      this.master?.gain.setTargetAtTime(this.muted ? 0 : loudness, this.context.currentTime, 0.02);
    }
  }

  thrust(on: boolean): void {
    if (!this.context) return;
    this.engine?.gain.setTargetAtTime(on ? 0.16 : 0, this.context.currentTime, on ? 0.06 : 0.15);
  }

  rail(loudness: number, pan: number, own: boolean): void {
    const out = this.voice(loudness * (own ? 1 : 0.6), pan, 0.6);
    if (!out) return;
    this.tone(out, { type: 'sawtooth', from_hz: 1900, to_hz: 90, seconds: 0.22, gain: 0.3 });
    this.tone(out, { type: 'sine', from_hz: 220, to_hz: 42, seconds: 0.3, gain: own ? 0.7 : 0.4 });
    this.hiss(out, {
      filter: 'bandpass', from_hz: 5200, to_hz: 700, seconds: 0.45, gain: 0.35, q: 1.2,
    });
  }

  hit(loudness: number, pan: number, own: boolean): void {
    const out = this.voice(own ? 1 : loudness * 0.8, own ? 0 : pan, 0.5);
    if (!out) return;
    this.tone(out, { type: 'square', from_hz: 340, to_hz: 60, seconds: 0.14, gain: 0.3 });
    this.hiss(out, { filter: 'highpass', from_hz: 2600, to_hz: 900, seconds: 0.18, gain: 0.4 });
    if (own) this.tone(out, { type: 'sine', from_hz: 110, to_hz: 36, seconds: 0.4, gain: 0.9 });
  }

  explosion(loudness: number, pan: number, own: boolean): void {
    const out = this.voice(own ? 1 : loudness, own ? 0 : pan, 1.6);
    if (!out) return;
    this.hiss(out, { filter: 'lowpass', from_hz: 2600, to_hz: 60, seconds: 1.4, gain: 1 });
    this.tone(out, { type: 'sine', from_hz: 130, to_hz: 24, seconds: 0.9, gain: 0.9 });
    this.tone(out, { type: 'triangle', from_hz: 520, to_hz: 50, seconds: 0.3, gain: 0.3 });
  }

  gem(): void {
    const out = this.voice(0.5, 0, 0.4);
    if (!out) return;
    this.tone(out, { type: 'sine', from_hz: 988, to_hz: 988, seconds: 0.12, gain: 0.3 });
    this.tone(out, {
      type: 'sine', from_hz: 1480, to_hz: 1480, seconds: 0.25, gain: 0.3, delay_s: 0.07,
    });
  }

  kill(): void {
    const out = this.voice(0.7, 0, 0.8);
    if (!out) return;
    [523, 659, 784, 1047].forEach((hz, i) =>
      this.tone(out, {
        type: 'triangle', from_hz: hz, to_hz: hz, seconds: 0.22, gain: 0.3, delay_s: i * 0.06,
      }));
  }

  spawn(): void {
    const out = this.voice(0.6, 0, 0.8);
    if (!out) return;
    this.tone(out, { type: 'sine', from_hz: 160, to_hz: 720, seconds: 0.5, gain: 0.35 });
    this.tone(out, { type: 'triangle', from_hz: 320, to_hz: 1440, seconds: 0.45, gain: 0.12 });
  }

  private voice(loudness: number, pan: number, seconds: number): AudioNode | undefined {
    const { context, master } = this;
    if (!context || !master || this.muted || document.hidden) return undefined;
    if (loudness < 0.03 || this.voices >= voices_most) return undefined;
    this.voices += 1;
    const gain = new GainNode(context, { gain: loudness });
    gain.connect(new StereoPannerNode(context, { pan })).connect(master);
    setTimeout(() => {
      this.voices -= 1;
      gain.disconnect();
    }, seconds * 1000 + 100);
    return gain;
  }

  private tone(out: AudioNode, tone: Tone): void {
    const context = out.context;
    const start = context.currentTime + (tone.delay_s ?? 0);
    const end = start + tone.seconds;
    const source = new OscillatorNode(context, { type: tone.type, frequency: tone.from_hz });
    source.frequency.setValueAtTime(tone.from_hz, start);
    source.frequency.exponentialRampToValueAtTime(tone.to_hz, end);
    source.connect(envelope(out, tone.gain, start, end));
    source.start(start);
    source.stop(end);
  }

  private hiss(out: AudioNode, noise: Noise): void {
    const context = out.context;
    const start = context.currentTime;
    const end = start + noise.seconds;
    const source = this.noise(context);
    const filter = new BiquadFilterNode(context, { type: noise.filter, Q: noise.q ?? 0.7 });
    filter.frequency.setValueAtTime(noise.from_hz, start);
    filter.frequency.exponentialRampToValueAtTime(noise.to_hz, end);
    source.connect(filter).connect(envelope(out, noise.gain, start, end));
    source.start(start, Math.random());
    source.stop(end);
  }

  private noise(context: BaseAudioContext): AudioBufferSourceNode {
    return new AudioBufferSourceNode(context, { buffer: this.noise_loop ?? null, loop: true });
  }

  private start_engine(context: AudioContext, master: GainNode): GainNode {
    const source = this.noise(context);
    const filter = new BiquadFilterNode(context, { type: 'lowpass', frequency: 320, Q: 3 });
    const gain = new GainNode(context, { gain: 0 });
    source.connect(filter).connect(gain).connect(master);
    source.start();
    return gain;
  }
}

function envelope(out: AudioNode, level: number, start: number, end: number): GainNode {
  const gain = new GainNode(out.context, { gain: 0 });
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(level, start + 0.006);
  gain.gain.exponentialRampToValueAtTime(0.0001, end);
  gain.connect(out);
  return gain;
}

function white_noise(context: AudioContext): AudioBuffer {
  const { sampleRate } = context;
  const buffer = new AudioBuffer({ length: 2 * sampleRate, sampleRate });
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.random() * 2 - 1;
  return buffer;
}
