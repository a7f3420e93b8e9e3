// <tb-timeline src="/…/events.json"></tb-timeline>: a patient's course, lanes x time, one tab stop.
// Marks and tracks: timeline-marks.ts; drawing: timeline-draw.ts; keys: timeline-keys.ts; the rest: timeline-around.ts.
// Enter (or a click) on an event dispatches `tb:source` {source, label}; page/source.ts opens the panel.
import { announce } from '../page/letters';
import { TbElement } from './element';
import { eventTable, hint, toolbar, type Tool } from './timeline-around';
import { draw, dress, svg, type Cell } from './timeline-draw';
import { choose, step, type Step } from './timeline-keys';
import { DAY, readLanes, type Event, type Lane, type Mark, type Scale, type Timeline } from './timeline-marks';

const LABEL =
  'Patient timeline. Arrow keys move between events and lanes, plus and minus zoom, 0 shows all, ' +
  'Enter opens the source.';
const SHORTEST = 14 * DAY;

export class TbTimeline extends TbElement {
  #lanes: Lane[] = [];
  #cells: Cell[][] = [];
  #root = svg('svg');
  #current!: Event;
  #whole = { from: 0, to: 1 };
  #view = { from: 0, to: 1 };
  #origin = NaN;

  protected start(): void {
    this.whenNear(() => void this.attempt('The timeline', (life) => this.load(life)), '400px');
  }

  private async load(life: AbortSignal): Promise<void> {
    const data = (await (await this.fetch(this.getAttribute('src') ?? '')).json()) as Timeline;
    if (life.aborted) return;
    const begun = performance.now();
    const { lanes, undated } = readLanes(data);
    const events = lanes.flatMap((lane) => lane.events);
    if (!events.length && !undated.length) return this.say('empty', 'No events are recorded yet.');
    this.#lanes = lanes;
    this.#origin = Date.parse(data.origin ?? '');
    this.replaceChildren();
    if (events.length) this.show(events);
    if (undated.length) this.append(hint(`${undated.length} without a date: only in the table.`));
    this.append(eventTable(lanes, events, undated));
    this.dataset.state = 'ready';
    this.dataset.ms = (performance.now() - begun).toFixed(0);
  }

  private show(events: Event[]): void {
    const ends = events.map((event) => event.to ?? event.from);
    const first = events.reduce((least, event) => Math.min(least, event.from), Infinity);
    const last = ends.reduce((most, end) => Math.max(most, end), -Infinity);
    const margin = Math.max(7 * DAY, (last - first) * 0.02);
    this.#whole = { from: first - margin, to: last + margin };
    this.#view = { ...this.#whole };
    this.#current = this.#lanes.find((lane) => lane.events.length)!.events[0]!;
    this.#root = svg('svg', { class: 'tl', role: 'grid', 'aria-label': LABEL, 'aria-rowcount': this.#lanes.length });
    this.append(toolbar((tool) => this.use(tool), this.signal), this.#root);
    this.listen();
    this.redraw();
  }

  private listen(): void {
    const { signal } = this;
    this.#root.addEventListener('keydown', (event) => this.onKey(event), { signal });
    this.#root.addEventListener('click', (event) => this.onClick(event), { signal });
    this.whenResized(() => this.redraw());
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const found = step(event.key, this.#lanes, this.#cells, this.#current);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    this.take(found);
  }

  private onClick(event: MouseEvent): void {
    const cell = this.#cells.flat().find(({ element }) => element.contains(event.target as Node));
    if (!cell) return;
    this.move(cell.mark.events.includes(this.#current) ? this.#current : cell.mark.events[0]!);
    this.take(choose(cell.mark, this.#current));
  }

  private take(found: Step): void {
    if ('to' in found) return this.move(found.to);
    if ('open' in found) return this.open(found.open);
    if ('into' in found) this.look(this.around(found.into));
    else if ('zoom' in found) this.look(this.zoomed(found.zoom));
    else this.look(this.#whole);
  }

  private open({ source, label }: Event): void {
    this.dispatchEvent(new CustomEvent('tb:source', { bubbles: true, detail: { source, label } }));
  }

  private move(to: Event): void {
    this.#current = to;
    if (to.from < this.#view.from || to.from > this.#view.to) this.look(this.zoomed(1));
    for (const cell of this.#cells.flat()) {
      if (cell.element.getAttribute('tabindex') === '0' || cell.mark.events.includes(to)) dress(cell, to);
    }
    this.focusCurrent();
  }

  private focusCurrent(): void {
    const cell = this.#cells[this.#current.lane]?.find(({ mark }) => mark.events.includes(this.#current));
    if (document.activeElement === cell?.element) announce(cell?.element.getAttribute('aria-label') ?? '');
    cell?.element.focus({ preventScroll: true });
    cell?.element.scrollIntoView({ block: 'nearest' });
  }

  private zoomed(factor: number): { from: number; to: number } {
    const span = Math.max(SHORTEST, (this.#view.to - this.#view.from) * factor);
    return { from: this.#current.from - span / 2, to: this.#current.from + span / 2 };
  }

  /** At least twice as close as before, or a pill of evenly spread events would never come apart. */
  private around({ events }: Mark): { from: number; to: number } {
    const first = events[0]!.from;
    const length = events.at(-1)!.from - first;
    const span = Math.max(SHORTEST, Math.min(length * 1.2, (this.#view.to - this.#view.from) / 2));
    this.#current = events[0]!;
    return { from: first - span * 0.1, to: first + span * 0.9 };
  }

  private look({ from, to }: { from: number; to: number }): void {
    const span = Math.min(to - from, this.#whole.to - this.#whole.from);
    const start = Math.min(Math.max(from, this.#whole.from), this.#whole.to - span);
    this.#view = { from: start, to: start + span };
    this.redraw();
  }

  private redraw(): void {
    if (!this.clientWidth) return;
    const unit = parseFloat(getComputedStyle(this).fontSize) / 15;
    const width = this.clientWidth;
    const left = Math.min(150 * unit, width * 0.4);
    const scale: Scale = { ...this.#view, left, right: width - 16 * unit, unit };
    const focused = this.#root.contains(document.activeElement);
    this.#cells = draw(this.#root, this.#lanes, scale, this.#current, this.#origin);
    this.keepTabStop();
    if (focused) this.focusCurrent();
  }

  /** The current event may have left the view: the nearest mark takes its place, or else the grid itself. */
  private keepTabStop(): void {
    const cells = this.#cells.flat();
    const shown = cells.some(({ mark }) => mark.events.includes(this.#current));
    this.#root.setAttribute('tabindex', cells.length ? '-1' : '0');
    if (shown || !cells.length) return;
    const lane = this.#cells[this.#current.lane];
    const cell = (lane?.length ? lane : cells)[0]!;
    this.#current = cell.mark.events[0]!;
    dress(cell, this.#current);
  }

  private use(tool: Tool): void {
    const { from, to } = this.#view;
    if ('pan' in tool) this.look({ from: from + (to - from) * tool.pan, to: to + (to - from) * tool.pan });
    else this.take(tool);
  }
}
