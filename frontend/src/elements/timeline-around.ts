// What stands around the timeline's drawing: the buttons for the pointer and the same events as a table.
import { asTable } from './element';
import type { Step } from './timeline-keys';
import { day, type Event, type Lane, type Row } from './timeline-marks';

export type Tool = Extract<Step, { zoom: number } | { whole: true }> | { pan: number };

const TOOLS: [string, Tool][] = [
  ['Earlier', { pan: -0.5 }],
  ['Later', { pan: 0.5 }],
  ['Zoom in', { zoom: 0.5 }],
  ['Zoom out', { zoom: 2 }],
  ['Show all', { whole: true }],
];

export function toolbar(use: (tool: Tool) => void, signal: AbortSignal): HTMLElement {
  const bar = document.createElement('div');
  bar.className = 'tools';
  for (const [name, tool] of TOOLS) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name });
    button.addEventListener('click', () => use(tool), { signal });
    bar.append(button);
  }
  return bar;
}

export function hint(words: string): HTMLElement {
  return Object.assign(document.createElement('p'), { className: 'hint', textContent: words });
}

export function eventTable(lanes: Lane[], events: Event[], undated: Row[]): HTMLElement {
  const lane = (index: number) => lanes[index]?.label ?? 'unknown';
  return asTable(['From', 'To', 'Lane', 'Event', 'Detail', 'Source'], () => {
    const dated = events
      .toSorted((a, b) => a.from - b.from)
      .map((e) => [day(e.from), e.to ? day(e.to) : '', lane(e.lane), e.label, e.detail, chip(e.source, e.label)]);
    const rest = undated.map(([index, label, start, end, detail, source]) => [
      start || 'no date', end ?? '', lane(index), label, detail, chip(source, label),
    ]);
    return [...dated, ...rest];
  });
}

function chip(source: string, label: string): Node {
  if (!source) return document.createTextNode('none');
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    className: 'chip',
    textContent: 'Source',
  });
  button.dataset.source = source;
  button.setAttribute('aria-label', `Source of ${label}`);
  return button;
}
