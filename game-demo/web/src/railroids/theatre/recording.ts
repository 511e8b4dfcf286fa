// A recording as a page has it: bytes with a name, and where they came from. Files are chosen or
// dropped; what comes by URL is this server's own.

import { proof } from '../operator';
import { disk_text, why_not_kept } from './words';

export interface Recording {
  bytes: Uint8Array<ArrayBuffer>;
  name: string;  // As it is saved.
  url?: string;  // Where anybody finds the same.
  keep_by?: string;  // What an operator asks for to have the server keep it.
  kept?: Kept;
}

// What the server keeps for good, and the ticks that are in it.
export interface Kept {
  link: string;
  first_tick: number;
  tick: number;
}

export const size_most = 256 * 1024 * 1024;
const look_again_ms = 100;
const too_large =
  'This file is larger than 256 MiB, which is more than a page plays. ' +
  'Play it with railroids --replay FILE --serve.';

// Says in words for whoever watches why there is nothing to watch.
export class NotThere extends Error {}

export async function from_file(file: File): Promise<Recording> {
  if (file.size > size_most) throw new NotThere(too_large);
  try {
    return { bytes: new Uint8Array(await file.arrayBuffer()), name: file.name };
  } catch {
    throw new NotThere(`${file.name} could not be read. Is it still where it was?`);
  }
}

// The page's Content-Security-Policy lets it fetch from its own server alone.
export async function from_url(wanted: string): Promise<Recording> {
  const url = own_url(wanted);
  const answer = await ask(url);
  if (!answer.ok) {
    throw new NotThere(`There is no recording at ${url.pathname} (status ${answer.status}).`);
  }
  return { bytes: await bytes_of(answer), name: name_in(url), url: url.pathname + url.search };
}

function name_in({ pathname }: URL): string {
  const name = pathname.split('/').at(-1) || 'railroids.rec';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;  // Somebody's percent sign.
  }
}

export async function last_minute(room: string, why_not: (status: number) => string):
Promise<Recording> {
  const answer = await ask(new URL(`/replay/last?room=${encodeURIComponent(room)}`, location.href));
  if (!answer.ok) throw new NotThere(why_not(answer.status));
  const now = new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
  const recording: Recording = {
    bytes: await bytes_of(answer), name: `railroids-${now}-room${room}.replay`,
  };
  const keep_by = answer.headers.get('Ringtick-Keep');
  return keep_by === null ? recording : { ...recording, keep_by };
}

// Has the server keep it, or what it still has with this tick in it, and waits for its disk.
export async function keep(keep_by: string, tick: number): Promise<Kept> {
  const answer = await ask(new URL(`${keep_by}&tick=${tick}`, location.href), 'POST');
  if (!answer.ok) throw new NotThere(why_not_kept(answer.status));
  const kept = (await answer.json()) as Kept & { name: string };
  for (;;) {
    const list = await (await ask(new URL('/moments', location.href))).json() as Moments;
    const moment = list.moments.find(({ name }) => name === kept.name);
    if (moment?.state === 'kept') return kept;
    if (!moment) throw new NotThere(disk_text(list.failed?.remedy));
    await new Promise((done) => setTimeout(done, look_again_ms));
  }
}

interface Moments {
  moments: { name: string; state: string }[];
  failed?: { remedy: string };
}

function own_url(wanted: string): URL {
  let url;
  try {
    url = new URL(wanted, location.href);
  } catch {
    throw new NotThere(`${wanted} is no address.`);
  }
  if (url.origin === location.origin) return url;
  throw new NotThere(
    `This page plays recordings of its own server only, not of ${url.host}. ` +
    'Save the file, and drop it here.');
}

async function ask(url: URL, method = 'GET'): Promise<Response> {
  try {
    return await fetch(url, { method, headers: proof(), cache: 'no-store' });
  } catch {
    throw new NotThere('The server does not answer. Try again in a moment.');
  }
}

async function bytes_of(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    const reader = answer.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
      if (size <= size_most) continue;
      await reader.cancel();
      throw new NotThere(too_large);
    }
  } catch (error) {
    if (error instanceof NotThere) throw error;
    throw new NotThere('The recording did not come whole. Try again.');
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

// To the downloads of whoever looks at it.
export function save({ bytes, name }: Recording): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
