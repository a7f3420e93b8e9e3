// <tb-plot src="/…/figure.json" label="Overall survival: median 9.5 months"></tb-plot>
// The figure is Plotly JSON made on the server: {data, layout, label?, table?: {columns, rows}}. The label is computed
// there from the same rows as the curve. A colour written as a token ("--bad") is replaced by the theme's value.
import type { Figure } from 'plotly.js-basic-dist-min';
import { asTable, TbElement } from './element';

interface ServedFigure extends Figure {
  label?: string;
  table?: { columns: string[]; rows: Array<Array<string | number | null>> };
}
type Tree = Record<string, unknown>;

const CONFIG = { responsive: true, displayModeBar: false };
const COLOURS = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6'];
const plotly = async () => (await import('plotly.js-basic-dist-min')).default;

export class TbPlot extends TbElement {
  #figure: ServedFigure = { data: [] };
  #host = document.createElement('div');

  protected start(): void {
    this.whenNear(() => void this.attempt('The chart', (life) => this.load(life)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const host = this.#host;
    if (this.dataset.state === 'ready') void plotly().then((Plotly) => Plotly.purge(host));
  }

  private async load(life: AbortSignal): Promise<void> {
    const [Plotly, response] = await Promise.all([plotly(), this.fetch(this.getAttribute('src') ?? '')]);
    this.#figure = (await response.json()) as ServedFigure;
    if (life.aborted) return;
    if (!this.#figure.data?.length) return this.say('empty', 'There is nothing to draw yet.');
    this.#host = document.createElement('div');
    this.#host.setAttribute('role', 'img');
    this.#host.setAttribute('aria-label', this.getAttribute('label') || this.#figure.label || 'Chart');
    this.replaceChildren(this.#host, ...this.table());
    await this.draw(Plotly.newPlot);
    document.addEventListener('tb:theme', () => void this.draw(Plotly.react), { signal: life });
    this.dataset.state = 'ready';
  }

  private async draw(how: (typeof import('plotly.js-basic-dist-min').default)['newPlot']): Promise<void> {
    const colour = colours(this);
    const data = themed(this.#figure.data, colour) as object[];
    await how(this.#host, data, layoutOf(this.#figure.layout ?? {}, colour, this.#host), CONFIG);
  }

  private table(): Node[] {
    const table = this.#figure.table;
    if (!table) return [];
    return [asTable(table.columns, () => table.rows.map((row) => row.map((value) => String(value ?? ''))))];
  }
}

/** Reads tokens as plain colours. A custom property keeps light-dark() unresolved, so a probe element resolves it. */
function colours(host: HTMLElement): (token: string) => string {
  return (token) => {
    const probe = document.createElement('i');
    host.append(probe);
    probe.style.color = `var(${token})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

/** The figure with every "--token" in place of a colour resolved; typed arrays are passed on as they are. */
function themed(value: unknown, colour: (token: string) => string): unknown {
  if (typeof value === 'string') return /^--[\w-]+$/.test(value) ? colour(value) : value;
  if (Array.isArray(value)) return value.map((item) => themed(item, colour));
  if (!value || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, colour)]));
}

/** Axis text and lines do not follow `font.color` alone: every axis is named, or dark mode hides its labels. */
function layoutOf(given: Tree, colour: (token: string) => string, host: HTMLElement): Tree {
  const layout = themed(given, colour) as Tree;
  const text = colour('--fg');
  const line = colour('--line');
  const size = parseFloat(getComputedStyle(host).fontSize) * 0.85;
  const axis = { color: text, gridcolor: line, zerolinecolor: line, automargin: true };
  const axes = new Set(['xaxis', 'yaxis', ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))]);
  for (const key of axes) layout[key] = { ...(layout[key] as Tree), ...axis };
  return {
    margin: { t: 28, r: 16, b: 40, l: 56 },
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom' },
    ...layout,
    template: {},
    autosize: true,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    colorway: (given.colorway as string[] | undefined) ?? COLOURS.map(colour),
    font: { ...(layout.font as Tree), color: text, size, family: getComputedStyle(host).fontFamily },
  };
}
