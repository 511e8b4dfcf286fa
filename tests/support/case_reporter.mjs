// Prints the cases of a node:test file as GoogleTest prints its own, so that one tool counts and
// names all of the project's tests.

const word = { pass: '      OK', fail: ' FAILED ' };

function name_of(event) {
  return event.data.name.replaceAll(/\W+/g, '_');
}

export default async function* report(events) {
  for await (const event of events) {
    if (event.type === 'test:start') yield `[ RUN      ] ${name_of(event)}\n`;
    if (event.type === 'test:stderr' || event.type === 'test:stdout') yield event.data.message;
    if (event.type === 'test:diagnostic') continue;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { skip, details } = event.data;
    if (details.error) yield `${details.error.cause?.stack ?? details.error}\n`;
    const outcome = skip === undefined ? word[event.type.slice(5)] : ' SKIPPED ';
    const time = `(${Math.round(details.duration_ms)} ms)`;
    yield `[${outcome.padEnd(10).slice(0, 10)}] ${name_of(event)} ${time}\n`;
  }
}
