// Those parts of the engineer's overlay that need no browser. usage: node overlay_test.mjs, with
// PAGE_TSCONFIG.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load_page_code } from '../support/page_code.mjs';

const {
  Connection, Lane, Lately, PerSecond, end_us, frame_time, is_another, percentile, prometheus_text,
  queue_most_ms, reached, RewindGhosts, Samples, stall_every_ms, verdict_of,
} = await load_page_code(
  process.env.PAGE_TSCONFIG, [
    'ringtick/connection', 'ringtick/lane', 'railroids/overlay/doublings',
    'railroids/overlay/per_second', 'railroids/overlay/prometheus',
    'railroids/overlay/rewind_ghosts', 'railroids/overlay/samples',
    'railroids/overlay/server_stats', 'railroids/overlay/verdict',
  ]);

// Time that passes when it is told to.
class Time {
  now_ms = stall_every_ms / 2;
  calls = [];
  part = 0;
  now() { return this.now_ms; }
  random() { return this.part; }
  later(callback, delay_ms) { this.calls.push({ callback, at_ms: this.now_ms + delay_ms }); }
  pass(ms) {
    const end_ms = this.now_ms + ms;
    for (;;) {
      const due = this.calls.filter(({ at_ms }) => at_ms <= end_ms);
      if (due.length === 0) break;
      const next = due.reduce((a, b) => (b.at_ms < a.at_ms ? b : a));
      this.calls.splice(this.calls.indexOf(next), 1);
      this.now_ms = next.at_ms;
      next.callback();
    }
    this.now_ms = end_ms;
  }
}

function lane_with(weather) {
  const time = new Time();
  const lane = new Lane(time);
  lane.change(weather);
  const came = [];
  const began_ms = time.now_ms;
  const carry = (what, size = 1) =>
    lane.carry(size, () => came.push([what, Math.round(time.now_ms - began_ms)]));
  return { time, lane, came, carry };
}

test('Lane.PassesOnAtOnceWhatNothingHolds', () => {
  const { came, carry } = lane_with({});
  carry('a');
  assert.deepEqual(came, [['a', 0]]);
});

test('Lane.HoldsEachMessageForTheLag', () => {
  const { time, came, carry } = lane_with({ lag_ms: 75 });
  carry('a');
  time.pass(30);
  carry('b');
  time.pass(200);
  assert.deepEqual(came, [['a', 75], ['b', 105]]);
});

test('Lane.KeepsTheOrderWhateverTheJitter', () => {
  const { time, came, carry } = lane_with({ jitter_ms: 100 });
  time.part = 0.9;
  carry('a');
  time.part = 0.1;
  carry('b');
  time.pass(200);
  assert.deepEqual(came, [['a', 90], ['b', 90]]);
});

test('Lane.KeepsTheOrderWhenTheLagEnds', () => {
  const { time, lane, came, carry } = lane_with({ lag_ms: 50 });
  carry('a');
  lane.change({ lag_ms: 0 });
  carry('b');
  time.pass(50);
  carry('c');
  assert.deepEqual(came, [['a', 50], ['b', 50], ['c', 50]]);
});

test('Lane.LetsNothingPassDuringAStall', () => {
  const { time, came, carry } = lane_with({ stall_ms: 700 });
  carry('before');
  time.pass(stall_every_ms / 2);
  carry('held');
  time.pass(600);
  carry('held, too');
  assert.equal(came.length, 1);
  time.pass(100);
  carry('after');
  const end_ms = stall_every_ms / 2 + 700;
  assert.deepEqual(came, [
    ['before', 0], ['held', end_ms], ['held, too', end_ms], ['after', end_ms]]);
});

test('Lane.PassesNoMoreBytesThanItsLimitAndSaysHowManyWait', () => {
  const { time, lane, came, carry } = lane_with({ bytes_per_s: 1000 });
  carry('a', 100);
  carry('b', 50);
  assert.equal(lane.backlog, 150);
  time.pass(1000);
  assert.equal(lane.backlog, 0);
  assert.deepEqual(came, [['a', 100], ['b', 150]]);
});

test('Lane.LetsGoOfItsQueueWhenTheLimitEnds', () => {
  const { time, lane, came, carry } = lane_with({ bytes_per_s: 1000, lag_ms: 20 });
  carry('a', 100);
  carry('b', 1000);
  time.pass(110);  // Of b, 10 bytes have passed.
  lane.change({ bytes_per_s: 0 });
  carry('c', 1000);
  assert.equal(lane.backlog, 0);
  time.pass(5000);
  assert.deepEqual(came, [['a', 120], ['b', 130], ['c', 130]]);
});

test('Lane.PassesItsQueueOnAtTheNewPaceWhenTheLimitChanges', () => {
  const { time, lane, came, carry } = lane_with({ bytes_per_s: 1000 });
  carry('a', 1000);
  lane.change({ bytes_per_s: 4000 });
  assert.equal(lane.backlog, 1000);
  time.pass(5000);
  assert.deepEqual(came, [['a', 250]]);
});

test('Lane.MakesNobodyWaitLongerThanItsQueueMayBe', () => {
  const { time, lane, came, carry } = lane_with({ bytes_per_s: 1000 });
  for (let i = 0; i < 10; i++) carry(i, 1000);
  assert.equal(lane.backlog, queue_most_ms);
  time.pass(queue_most_ms);
  assert.deepEqual(came.map(([, at_ms]) => at_ms).slice(-2), [queue_most_ms, queue_most_ms]);
  assert.equal(came.length, 10);
});

test('Lane.ForgetsWhatWasUnderWayOnAConnectionThatIsGone', () => {
  const { time, lane, came, carry } = lane_with({ bytes_per_s: 1000, lag_ms: 50 });
  carry('old', 1000);
  lane.clear();
  assert.equal(lane.backlog, 0);
  carry('new', 10);
  time.pass(5000);
  assert.deepEqual(came, [['new', 60]]);
});

// As a browser has it, as far as a connection asks.
class Socket {
  static OPEN = 1;
  static opened = [];
  readyState = Socket.OPEN;
  sent = [];
  constructor() { Socket.opened.push(this); }
  send(bytes) { this.sent.push(...bytes); }
  close() {}
}

test('Connection.SendsByOneLaneHearsByTheOtherAndBeginsBothAnew', (context) => {
  context.mock.method(globalThis, 'setInterval', () => 0);
  Object.assign(globalThis, {
    WebSocket: Socket, document: { addEventListener() {} }, addEventListener() {} });
  const heard = [];
  const connection = new Connection('', '', {
    on_open() {}, on_status() {}, on_dismissed() {},
    on_message: (message) => heard.push(...new Uint8Array(message)) });
  const [up, down] = [lane_with({ lag_ms: 100 }), lane_with({ lag_ms: 30 })];
  connection.lanes = { up: up.lane, down: down.lane };
  connection.connect();
  const [first] = Socket.opened;
  first.onopen();
  connection.send(Uint8Array.of(1));
  first.onmessage({ data: Uint8Array.of(2).buffer });
  down.time.pass(30);
  up.time.pass(99);
  assert.deepEqual([heard, first.sent], [[2], []]);
  up.time.pass(1);
  assert.deepEqual(first.sent, [1]);

  connection.send(Uint8Array.of(3));
  up.lane.change({ bytes_per_s: 1 });
  connection.send(Uint8Array.of(4));
  connection.connect();
  assert.equal(connection.backlog, 0);
  up.time.pass(5000);
  assert.deepEqual(first.sent, [1]);
});

test('Samples.KeepTheLastOnes', () => {
  const samples = new Samples(3);
  for (const value of [1, 2, 3, 4]) samples.push(value);
  assert.deepEqual(samples.all(), [2, 3, 4]);
  assert.equal(samples.last, 4);
  samples.clear();
  assert.deepEqual(samples.all(), []);
});

test('Samples.HaveAPercentileThatIsOneOfThem', () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal(percentile(values, 0), 1);
  assert.equal(percentile(values, 0.5), 3);
  assert.equal(percentile(values, 0.99), 5);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('Lately.KnowsWhatCameInItsTimeHoweverMuchThatWas', () => {
  for (const every_ms of [2, 17, 400]) {
    const lately = new Lately(2000);
    for (let ms = 0; ms <= 10_000; ms += every_ms) lately.push(ms, ms);
    const all = lately.all(10_000);
    assert.ok(all.every((ms) => ms >= 8000), `every ${every_ms} ms: ${all[0]}`);
    assert.ok(Math.abs(all.length - 2000 / every_ms) <= 1, `every ${every_ms} ms: ${all.length}`);
  }
});

test('StatsPoll.KnowsAnotherServerByCountersThatFell', () => {
  const before = {
    schema: '1f', uptime_s: 60, ticks: 1800, enters: 2000, submitted: 10, completions: 10 };
  assert.ok(!is_another({ ...before, uptime_s: 61, ticks: 1830, enters: 2031 }, before));
  assert.ok(is_another({ ...before, uptime_s: 2 }, before));
  assert.ok(is_another({ ...before, uptime_s: 70, ticks: 1700 }, before));
  assert.ok(is_another({ ...before, schema: '20' }, before));
});

test('Prometheus.ReadsWhatTheOverlayShows', () => {
  const shown = [
    ['players', '1,204'], ['rtt_min_ms', '33 ms'], ['tick_work_p50', '850 µs'],
    ['drawn_ahead_ms', '−17 ms'], ['in_bytes_per_s', '1.5 kB/s'], ['sqes_per_enter', '1 · 2 · 9'],
    ['verdict', 'Said "so"'], ['rewound_units', '–'],
  ];
  assert.equal(prometheus_text(shown), [
    'railroids_page_players 1204', 'railroids_page_rtt_min_ms{unit="ms"} 33',
    'railroids_page_tick_work_p50{unit="µs"} 850', 'railroids_page_drawn_ahead_ms{unit="ms"} -17',
    'railroids_page_in_bytes_per_s{unit="kB/s"} 1.5',
    'railroids_page_sqes_per_enter{text="1 · 2 · 9"} 1',
    'railroids_page_verdict{text="Said \\"so\\""} 1',
    'railroids_page_rewound_units{text="–"} 1', '',
  ].join('\n'));
});

test('PerSecond.CountsWhatCameInTheLastSecond', () => {
  const meter = new PerSecond();
  for (let ms = 0; ms < 2000; ms += 10) meter.add(1, ms);
  assert.ok(Math.abs(meter.rate(2000) - 100) <= 1, `${meter.rate(2000)}`);
  assert.equal(meter.rate(60_000), 0);
});

test('PerSecond.CountsWhatIsToldLateAsOfWhenItCame', () => {
  const meter = new PerSecond();
  for (let frame_ms = 0; frame_ms <= 8000; frame_ms += 1600) {
    for (let ms = frame_ms - 1600; ms < frame_ms; ms += 10) if (ms >= 0) meter.add(1, ms);
    const expected = frame_ms > 0 ? 100 : 0;
    const rate = meter.rate(frame_ms);
    assert.ok(Math.abs(rate - expected) <= 13, `${rate} at ${frame_ms}`);
  }
});

test('Doublings.TellWhichOfThemAPartDoesNotExceed', () => {
  const buckets = [0, 90, 8, 1, 1];
  const parts = [0.5, 0.9, 0.98, 0.99, 1];
  assert.deepEqual(parts.map((part) => reached(buckets, part)), [1, 1, 2, 3, 4]);
  assert.equal(reached([0, 0, 0], 0.99), -1);
  assert.deepEqual([0, 1, 10].map(end_us), [1.024, 2.048, 1048.576]);
});

const well = {
  tick_ms: 33, connected: true, snapshot_age_ms: 20, answers_since: 0, snapshot_divisor: 1,
  server_late_ms: 0.1, server_work_ms: 0.5, snapshots_missed: 0, guessed: 0, inputs_late: 0,
  frame_ms: 17, last_frame_ms: 17, shot_age_ms: 200, rewind_ms: 250, views_too_old: 0,
};
const cause = (symptoms) => verdict_of({ ...well, ...symptoms }).cause;

test('Verdict.NamesTheCauseThatTheNumbersShow', () => {
  assert.equal(cause({}), 'none');
  assert.equal(cause({ connected: false }), 'link');
  assert.equal(cause({ snapshot_age_ms: 700 }), 'silence');
  assert.equal(cause({ snapshot_age_ms: 700, answers_since: 2 }), 'withheld');
  assert.equal(cause({ answers_since: 9 }), 'none');
  assert.equal(cause({ server_work_ms: 40 }), 'server');
  assert.equal(cause({ server_late_ms: 20 }), 'server');
  assert.equal(cause({ snapshot_divisor: 3 }), 'rate');
  assert.equal(cause({ snapshots_missed: 0.2 }), 'gaps');
  assert.equal(cause({ guessed: 0.3 }), 'guessing');
  assert.equal(cause({ inputs_late: 0.3 }), 'inputs');
  assert.equal(cause({ frame_ms: 90 }), 'drawing');
  assert.equal(cause({ shot_age_ms: 290 }), 'rewind');
});

test('Verdict.SaysWhichShotsMissAndHowManyLookedBackTooFar', () => {
  const { text } = verdict_of({ ...well, shot_age_ms: 290, views_too_old: 151 });
  assert.equal(text, 'Shots at what is longer ago than 250 ms miss: yours are judged 290 ms ' +
    'after what you see (151 such inputs so far).');
  assert.equal(cause({ shot_age_ms: 260 }), 'none');  // Less than a ship is long.
  assert.equal(cause({ shot_age_ms: 290, rewind_ms: 0 }), 'none');  // All see the present.
});

test('Verdict.TakesNoLowerRateForAStall', () => {
  assert.equal(cause({ snapshot_divisor: 6, snapshot_age_ms: 250 }), 'rate');
});

test('Verdict.NamesTheCauseBeforeWhatComesOfIt', () => {
  assert.equal(cause({ server_work_ms: 50, guessed: 0.5, snapshots_missed: 0.3 }), 'server');
  assert.equal(cause({ snapshots_missed: 0.3, guessed: 0.5, inputs_late: 0.2 }), 'gaps');
});

test('Verdict.BlamesNobodyElseForWhatABusyPageDoes', () => {
  assert.equal(cause({
    frame_ms: 400, last_frame_ms: 400, snapshot_age_ms: 700, server_late_ms: 30, server_work_ms: 50,
    snapshot_divisor: 6, snapshots_missed: 0.9, guessed: 0.9, inputs_late: 0.9 }), 'drawing');
  assert.equal(cause({ snapshot_age_ms: 410, last_frame_ms: 400 }), 'none');
  assert.equal(cause({ snapshot_age_ms: 1500, frame_ms: 400 }), 'silence');  // No page is so deaf.
});

test('Verdict.CountsTheTimeThatFramesTakeAndNotTheFrames', () => {
  const blocked_at_times = Array.from({ length: 240 }, (_, i) => (i % 30 === 0 ? 400 : 17));
  assert.equal(frame_time(blocked_at_times), 400);
  const blocked_once = Array.from({ length: 240 }, (_, i) => (i === 100 ? 300 : 17));
  assert.equal(frame_time(blocked_once), 17);
  assert.equal(frame_time([17]), 17);
});

// A world of the own ship, 7, and two others; and a pen that remembers where it drew circles.
class Range {
  world = {
    own_id: 7, own_cooldown_ms: 0, ship_count: 3, beam_count: 0,
    ship_id: Int32Array.of(3, 5, 7),
    ship_x: Float32Array.of(100, 200, 0), ship_y: Float32Array.of(0, 300, 0),
    beam_id: Int32Array.of(1), beam_shooter: Int32Array.of(7), beam_hit: Int32Array.of(-1),
    beam_age_ms: Int32Array.of(0), beam_x0: Float32Array.of(0), beam_y0: Float32Array.of(0),
    beam_x1: Float32Array.of(900), beam_y1: Float32Array.of(0),
  };
  camera = { zoom: 1, screen_x: (x) => x, screen_y: (y) => y };
  circles = [];
  texts = [];
  ghosts = new RewindGhosts();
  now_ms = 1000;
  constructor() {
    this.ghosts.moved = { write: (text) => this.texts.push(text) };
  }
  frame() {
    const { circles } = this;
    circles.length = 0;
    const quiet = ['beginPath', 'moveTo', 'lineTo', 'stroke', 'setLineDash'];
    const pen = Object.fromEntries(quiet.map((name) => [name, () => {}]));
    pen.arc = (x, y) => circles.push([x, y]);
    this.now_ms += 16;
    this.ghosts.paint(pen, this.world, this.camera, this.now_ms);
  }
}

test('RewindGhosts.ShowWhereTheTargetWasSeenAndWhereItWas', () => {
  const range = new Range();
  range.frame();
  range.world.own_cooldown_ms = 660;  // It fires.
  range.frame();
  range.world.ship_x[0] = 130;        // The target flies on, until the server has heard of it.
  range.world.ship_y[0] = 40;
  range.world.beam_count = 1;
  range.frame();
  assert.deepEqual(range.circles, [[100, 0], [130, 40]]);
  assert.deepEqual(range.texts, ['last shot: seen 50 units behind']);
  range.now_ms += 2000;
  range.frame();
  assert.deepEqual(range.circles, []);
});

test('RewindGhosts.ShowWhomAShotHitThoughAnotherWasNearer', () => {
  const range = new Range();
  range.frame();
  range.world.own_cooldown_ms = 660;
  range.frame();
  range.world.beam_count = 1;
  range.world.beam_hit[0] = 5;
  range.frame();
  assert.deepEqual(range.circles, [[200, 300], [200, 300]]);
});

test('RewindGhosts.ShowNothingOfOthersShots', () => {
  const range = new Range();
  range.frame();
  range.world.beam_count = 1;
  range.world.beam_shooter[0] = 3;
  range.frame();
  assert.deepEqual(range.circles, []);
});
