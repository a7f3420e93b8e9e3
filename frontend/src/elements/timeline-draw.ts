// Draws the lanes into one SVG. Sizes come from the type size, so the projector theme enlarges all of it.
import { describe, marksOf, ticks, xOf, type Event, type Lane, type Mark, type Scale } from './timeline-marks';

const LANE = 26;
const TOP = 24;
const RADIUS = 5.5;

type Attributes = Record<string, string | number>;

export function svg<K extends keyof SVGElementTagNameMap>(name: K, attributes: Attributes = {}, text?: string) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

export interface Cell {
  mark: Mark;
  lane: Lane;
  element: SVGGElement;
}

/** Fills `root` and returns the cells by lane, for the keys. The current event's cell is the one tab stop. */
export function draw(root: SVGSVGElement, lanes: Lane[], scale: Scale, current: Event, origin: number): Cell[][] {
  const { unit } = scale;
  const height = (TOP + LANE * lanes.reduce((sum, lane) => sum + lane.tracks, 0) + 8) * unit;
  const width = scale.right + 16 * unit;
  const parts = document.createDocumentFragment();
  parts.append(grid(scale, height, origin));
  let y = TOP * unit;
  const cells = lanes.map((lane, index) => {
    const row = drawLane(lane, index, y, width, scale, current);
    y += LANE * unit * lane.tracks;
    parts.append(row.element);
    return row.cells;
  });
  root.setAttribute('viewBox', `0 0 ${width} ${height}`);
  root.setAttribute('height', String(height));
  root.replaceChildren(parts);
  return cells;
}

function grid(scale: Scale, height: number, origin: number): SVGGElement {
  const group = svg('g', { 'aria-hidden': 'true', class: 'tl-grid' });
  const top = TOP * scale.unit;
  for (const { at, label } of ticks(scale)) {
    const x = xOf(at, scale);
    group.append(svg('line', { x1: x, x2: x, y1: top - 4, y2: height }));
    if (x < scale.right - 40 * scale.unit) {
      group.append(svg('text', { x: x + 3, y: top - 8, 'font-size': 11 * scale.unit }, label));
    }
  }
  if (origin > scale.from && origin < scale.to) {
    const x = xOf(origin, scale);
    group.append(svg('line', { x1: x, x2: x, y1: top - 4, y2: height, class: 'tl-origin' }));
  }
  return group;
}

function drawLane(lane: Lane, index: number, y: number, width: number, scale: Scale, current: Event) {
  const { unit } = scale;
  const element = svg('g', { role: 'row', 'aria-rowindex': index + 1 });
  const height = LANE * unit * lane.tracks;
  element.append(
    svg('rect', { x: 0, y, width, height, class: index % 2 ? 'tl-odd' : 'tl-even', 'aria-hidden': 'true' }),
    laneName(lane, y, scale),
  );
  const cells = marksOf(lane, scale).map((mark) => {
    const [shape, words] = drawMark(mark, lane, y, unit);
    const cell = { mark, lane, element: shape };
    dress(cell, current);
    // The words stand beside the cell: cut short, they would contradict its full name.
    element.append(shape, ...words);
    return cell;
  });
  return { element, cells };
}

/** The name keeps to the column left of the marks: on a narrow screen it is cut, and said in full all the same. */
function laneName(lane: Lane, y: number, { left, unit }: Scale): SVGTextElement {
  const count = ` (${lane.events.length})`;
  const text = cut(lane.label, (left - 14 * unit) / (6.4 * unit) - count.length) + count;
  const place = { x: 8, y: y + LANE * unit * 0.68, 'font-size': 12 * unit };
  return svg('text', { ...place, role: 'rowheader', 'aria-label': lane.label + count }, text);
}

const cut = (text: string, room: number) =>
  text.length > room ? `${text.slice(0, Math.max(1, Math.floor(room) - 1))}…` : text;

function drawMark(mark: Mark, lane: Lane, y: number, unit: number): [SVGGElement, SVGTextElement[]] {
  const group = svg('g', { role: 'gridcell', class: `tl-mark lane-${lane.id.replace(/[^\w-]/g, '')}` });
  const first = mark.events[0]!;
  const middle = y + LANE * unit * (first.track + 0.5);
  const r = RADIUS * unit;
  const bar = first.to !== null;
  const x = bar ? mark.x0 : mark.x0 - r;
  const length = bar ? Math.max(4, mark.x1 - mark.x0) : mark.x1 - mark.x0 + 2 * r;
  group.append(
    svg('rect', { x, y: middle - r, width: length, height: 2 * r, rx: bar ? 2 : r }),
    // Nothing smaller than 24 px has to be hit with the pointer.
    svg('rect', { x: x - 4, y: middle - 12 * unit, width: length + 8, height: 24 * unit, class: 'tl-hit' }),
  );
  const place = { y: middle + 3.5 * unit, 'font-size': 10 * unit, 'aria-hidden': 'true' };
  const words: SVGTextElement[] = [];
  if (mark.events.length > 1 && length > 14 * unit) {
    words.push(svg('text', { ...place, x: x + length / 2, class: 'tl-count' }, String(mark.events.length)));
  }
  if (bar && length > 40 * unit) {
    const label = cut(first.label, (length - 10 * unit) / (6 * unit));
    words.push(svg('text', { ...place, x: x + 5 * unit, class: 'tl-label' }, label));
  }
  return [group, words];
}

/** Name and tab stop of a cell: all that an arrow key changes. */
export function dress({ mark, lane, element }: Cell, current: Event): void {
  const on = mark.events.includes(current);
  element.setAttribute('aria-label', describe(mark, lane, current));
  element.setAttribute('tabindex', on ? '0' : '-1');
  element.classList.toggle('on', on);
}
