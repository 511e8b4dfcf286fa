// Which server this is: of which build, and how it runs.

import { Panel, whole, Written } from './panel';
import type { Report } from './server_stats';

export class ServerFacts extends Panel {
  private readonly uptime = this.headline('uptime');
  private readonly schema: Written;
  private readonly limits: Written;
  private readonly configuration: Written;

  constructor() {
    super('Server', 'The build is told by its messages and rules: a page of another one is ' +
      'loaded again. Below, what the kernel granted and what memory was taken at start.', true);
    const grid = this.numbers();
    this.schema = grid.add('schema', 'build', true);
    this.limits = grid.add('rate_hz', 'ticks', true);
    const line = this.note('–');
    line.dataset['number'] = 'configuration';
    this.configuration = new Written(line);
  }

  override on_report({ now }: Report): void {
    this.uptime.write(`up ${up(now.uptime_s)}`);
    this.schema.write(now.schema);
    this.limits.write(`${now.rate_hz} Hz`);
    this.configuration.write(now.configuration);
  }
}

function up(seconds: number): string {
  if (seconds < 120) return `${whole(seconds)} s`;
  return seconds < 7200 ? `${whole(seconds / 60)} min` : `${whole(seconds / 3600)} h`;
}
