// uPlot, dressed as the game is: no legend, no cursor, hair lines.

import uPlot from 'uplot';
import { chart_width, name_picture } from './panel';

export interface Line {
  colour: string;
  fill?: string;
  bars?: boolean;
  dots?: boolean;
}

export interface ChartOptions {
  height: number;
  lines: readonly Line[];
  // What is written at the sides; nothing at the lower one unless it is asked for.
  y_text: (value: number) => string;
  x_text?: (value: number) => string;
  x_splits?: readonly number[];
  x_range?: readonly [number, number];
  y_least?: number;  // The scale shows at least so much.
}

const font = '9px "Segoe UI", Inter, Roboto, "DejaVu Sans", sans-serif';
const dim = '#8596bb';
const hair = 'rgb(122 160 230 / 14%)';

export class Chart {
  private readonly plot: uPlot;

  constructor(host: HTMLElement, options: ChartOptions) {
    const { height, lines, y_text, x_text, x_splits, x_range, y_least = 1 } = options;
    const ticks = { show: false };
    this.plot = new uPlot(
      {
        width: chart_width,
        height,
        padding: [4, 2, x_text ? 0 : 4, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, ...(x_range ? { range: () => [...x_range] as [number, number] } : {}) },
          y: { range: (_plot, _low, high) => [0, Math.max(y_least, (high || 0) * 1.08)] },
        },
        axes: [
          {
            show: x_text !== undefined, stroke: dim, font, size: 14, gap: 1, ticks,
            grid: { show: false },
            values: (_plot, splits) => splits.map((value) => x_text?.(value) ?? ''),
            ...(x_splits ? { splits: () => [...x_splits] } : {}),
          },
          {
            stroke: dim, font, size: 34, gap: 3, ticks, space: 18,
            grid: { stroke: hair, width: 1 },
            values: (_plot, splits) => splits.map(y_text),
          },
        ],
        series: [{}, ...lines.map(series_of)],
      },
      [[], ...lines.map(() => [])],
      host,
    );
    for (const canvas of this.plot.root.querySelectorAll('canvas')) name_picture(canvas, host);
  }

  set(x: number[], ...lines: number[][]): void {
    this.plot.setData([x, ...lines]);
  }
}

function series_of({ colour, fill, bars, dots }: Line): uPlot.Series {
  return {
    stroke: colour,
    width: 1,
    points: { show: dots ?? false, size: 3 },
    ...(fill ? { fill } : {}),
    ...(bars ? { paths: uPlot.paths.bars!({ size: [0.82, 24] }) } : {}),
  };
}
