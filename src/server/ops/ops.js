// The operator's page. Asks the server, shows, orders. Whatever the server says is put on the page
// as text, never as markup.

const at = (id) => document.getElementById(id);
const period_ms = 1000;

// Of this tab only, and sent in a header, so that it stands in no address and in no cookie.
let token = sessionStorage.getItem('token') ?? '';
// Of several threads, whose clients and times are shown. All else is for all of them.
let shard = 0;
const is_of_a_thread = (path) => /^(clients|minutes|kick)\b/.test(path);
let first_slot = 0;
let next_slot = null;
let minutes = [];

class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

async function ask(path, method = 'GET') {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const which = is_of_a_thread(path) ? `${path.includes('?') ? '&' : '?'}shard=${shard}` : '';
  const answer = await fetch(`/ops/${path}${which}`, { method, headers, cache: 'no-store' });
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  return method === 'GET' ? answer.json() : (await answer.text()).trim();
}

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// ----------------------------------------------------------------------------------- what is shown

const time = (us) => us < 1000 ? `${us} µs` : `${(us / 1000).toFixed(us < 10_000 ? 2 : 1)} ms`;
const mib = (kib) => `${(kib / 1024).toFixed(0)} MiB`;

function duration(seconds) {
  const minute = Math.floor(seconds / 60);
  if (minute < 1) return `${Math.floor(seconds)} s`;
  if (minute < 60) return `${minute} min`;
  return `${Math.floor(minute / 60)} h ${minute % 60} min`;
}

function show_figures(now) {
  const latest = minutes.at(-1) ?? {};
  const figures = [
    ['Up', duration(now.uptime_s)],
    ['Players', now.players],
    ['Connections', now.connections],
    ['Tick work p99', time(latest.work_p99_us ?? 0), latest.work_p99_us > 1e6 / now.rate_hz],
    ['Tick late p99', time(latest.late_p99_us ?? 0)],
    ['Ticks overrun', now.ticks_overrun],
    ['Ticks forgiven', now.ticks_forgiven],
    ['Sockets full', now.sockets_full],
    ['Memory', mib(now.memory.resident_kib)],
  ];
  at('figures').replaceChildren(...figures.map(([name, value, hurts]) => {
    const figure = document.createElement('div');
    figure.append(element('dt', name), element('dd', value, hurts ? 'hurts' : ''));
    return figure;
  }));
}

function fill(table, rows, nothing) {
  const body = table.tBodies[0];
  if (rows.length > 0) return body.replaceChildren(...rows);
  const cell = element('td', nothing, 'none');
  cell.colSpan = table.tHead.rows[0].cells.length;
  const row = document.createElement('tr');
  row.append(cell);
  body.replaceChildren(row);
}

function show_shards(count) {
  at('threads').hidden = count < 2;
  if (at('shard').options.length === count) return;
  at('shard').replaceChildren(...Array.from({ length: count }, (_, i) => element('option', i)));
}

function show_rooms(rooms) {
  fill(at('rooms'), rooms.map((room) => {
    const row = document.createElement('tr');
    for (const text of [room.id, room.players, room.players_max, time(room.tick_p99_us)]) {
      row.append(element('td', text));
    }
    return row;
  }), 'there is none');
}

// A row stays while its connection does, so that the button under the pointer stays, too.
function client_row(table, client) {
  const name = `${client.slot}.${client.generation}`;
  const old = [...table.tBodies[0].rows].find((row) => row.dataset.name === name);
  const row = old ?? document.createElement('tr');
  const state = client.blocked ? ', full' : client.limited ? ', limited' : '';
  const texts = [name, client.room ?? '', client.name ?? '', client.address, client.sent,
                 client.skipped, `${client.rate}${state}`];
  if (!old) {
    row.dataset.name = name;
    row.append(...texts.map((text) => element('td', text)), document.createElement('td'));
    const button = element('button', 'Kick', 'danger');
    button.setAttribute('aria-label', `Kick connection ${name}`);
    button.onclick = () => order(`kick?slot=${client.slot}&generation=${client.generation}`,
                                 `connection ${name}`);
    row.lastChild.append(button);
  }
  texts.forEach((text, index) => {
    if (row.cells[index].textContent !== `${text}`) row.cells[index].textContent = text;
  });
  return row;
}

function show_clients(id, clients, nothing) {
  const table = at(id);
  const rows = clients.map((client) => client_row(table, client));
  const shown = [...table.tBodies[0].rows];
  const same = rows.length === shown.length && rows.every((row, i) => row === shown[i]);
  if (!same || rows.length === 0) fill(table, rows, nothing);
}

function show_log(lines) {
  const is_bad = (line) => / (warning|error|critical) /.test(line.slice(0, 40));
  at('log').replaceChildren(
    ...lines.map((line) => element('li', line, is_bad(line) ? 'warning' : '')));
}

function show_door(now) {
  const state = at('state');
  state.className = now.draining ? 'draining' : 'open';
  state.textContent = !now.draining ? 'open'
    : now.closing_in_s === undefined ? 'newcomers are refused'
    : `newcomers are refused, the others sent away in ${now.closing_in_s.toFixed(0)} s`;
  at('drain').hidden = now.draining;
  at('empty').hidden = now.draining && now.closing_in_s !== undefined;
  at('undrain').hidden = !now.draining;
}

// -------------------------------------------------------------------------------------- the charts

const svg_name = 'http://www.w3.org/2000/svg';
const width = 600;
const height = 110;
const seconds_max = 300;
const span_s_min = 60;

function shape(name, attributes, text = '') {
  const made = document.createElementNS(svg_name, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// Lines of [class, value of an entry], up to now, from zero to the largest.
function draw(id, lines, unit, limit) {
  const end = minutes.at(-1)?.at_s ?? 0;
  const span = Math.max(span_s_min, end - (minutes[0]?.at_s ?? end));
  const values = lines.flatMap(([, value_of]) => minutes.map(value_of));
  const most = Math.max(0, ...values);
  // A limit is drawn where it can be seen: close enough to what is measured.
  const limit_shown = limit < most * 4;
  const top = 1.25 * Math.max(most, limit_shown ? limit : 0) || 1;
  const x = (entry) => (width - (end - entry.at_s) * width / span).toFixed(1);
  const y = (value) => (height - 3 - value / top * (height - 6)).toFixed(1);
  const paths = lines.map(([kind, value_of]) => {
    const points = minutes.map((entry) => `${x(entry)} ${y(value_of(entry))}`);
    return shape('path', { class: kind, d: points.length > 0 ? `M${points.join('L')}` : '' });
  });
  if (limit_shown) paths.push(shape('path', { class: 'limit', d: `M0 ${y(limit)}H${width}` }));
  const plot = shape('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' });
  plot.append(...paths);
  at(id).replaceChildren(plot, shape('text', { x: 6, y: 14 }, `most ${unit(most)}`),
                         shape('text', { x: 6, y: height - 6 }, `${duration(span)} ago`));
}

function draw_minutes(rate_hz) {
  const of = (name) => (entry) => entry[name];
  const whole = (value) => `${value}`;
  draw('work', [['most', of('work_max_us')], ['usual', of('work_p50_us')]], time, 1e6 / rate_hz);
  draw('late', [['most', of('late_max_us')], ['usual', of('late_p50_us')]], time);
  draw('players', [['usual', of('players')]], whole);
  draw('skipped', [['most', of('snapshots_skipped')]], whole);
}

function keep_minutes({ columns, rows }) {
  const fresh = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  const known = minutes.at(-1)?.at_s ?? -1;
  // A server that was started anew counts from zero again; what it says begins before what we know.
  if (fresh.length > 0 && fresh[0].at_s < known) minutes = [];
  minutes.push(...fresh.filter((entry) => entry.at_s > (minutes.at(-1)?.at_s ?? -1)));
  minutes = minutes.slice(-seconds_max);
}

// ------------------------------------------------------------------------------- asking, ordering

async function refresh() {
  const [now, recent, clients, log] = await Promise.all([
    ask('now'), ask(`minutes?since=${minutes.at(-1)?.at_s ?? 0}`),
    ask(`clients?from=${first_slot}`), ask('log')]);
  // Nothing newer than what we know from a server that is younger: it is another one.
  if (minutes.length > 0 && now.uptime_s < minutes.at(-1).at_s) minutes = [];
  keep_minutes(recent);
  next_slot = clients.next ?? null;
  at('next').disabled = next_slot === null;
  at('first').disabled = first_slot === 0;
  show_door(now);
  show_figures(now);
  show_shards(now.shards);
  show_rooms(now.rooms);
  show_clients('slow', now.slow_clients, 'nobody missed a snapshot');
  show_clients('clients', clients.clients, 'nobody is connected');
  show_log(log.lines);
  draw_minutes(now.rate_hz);
  show_page(true);
}

function show_page(known) {
  document.querySelector('main').hidden = !known;
  at('door').hidden = !known;
  at('login').hidden = known;
}

function on_trouble(error) {
  at('state').className = 'lost';
  if (error.status === 401) {
    at('state').textContent = 'locked';
    at('refused').textContent = token ? error.message : '';
    token = '';
    sessionStorage.removeItem('token');
    show_page(false);
    return;
  }
  at('state').textContent = error.status ? error.message : 'the server does not answer';
}

async function order(path, whom) {
  try {
    at('told').textContent = `${await ask(path, 'POST')}${whom ? `: ${whom}` : ''}`;
    await refresh();
  } catch (error) {
    if (error.status === 401) return on_trouble(error);
    at('told').textContent = error.message;
  }
}

at('drain').onclick = () => order('drain');
at('empty').onclick = () => order('drain?seconds=60');
at('undrain').onclick = () => order('undrain');
at('shard').onchange = () => {
  shard = at('shard').selectedIndex;
  first_slot = 0;
  minutes = [];
  for (const id of ['slow', 'clients']) at(id).tBodies[0].replaceChildren();
  refresh().catch(on_trouble);
};
at('first').onclick = () => { first_slot = 0; };
at('next').onclick = () => { first_slot = next_slot; };
at('login').onsubmit = (event) => {
  event.preventDefault();
  token = at('token').value.trim();
  at('token').value = '';
  sessionStorage.setItem('token', token);
  refresh().catch(on_trouble);
};

async function keep_asking() {
  const locked = !at('login').hidden;
  if (!locked && !document.hidden) await refresh().catch(on_trouble);
  setTimeout(keep_asking, period_ms);
}
keep_asking();
