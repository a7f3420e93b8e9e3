// What the timeline draws, without a pixel of drawing: lanes, sub-tracks, merged marks and ticks.

/** One event as the server sends it: lane index, label, start, end or null, detail, address of the source. */
export type Row = [number, string, string, string | null, string, string];
export interface Timeline {
  lanes: { id: string; label: string }[];
  events: Row[];
  origin?: string;
}
export interface Event {
  lane: number;
  label: string;
  from: number;
  to: number | null;
  detail: string;
  source: string;
  track: number;
}
export interface Lane {
  id: string;
  label: string;
  events: Event[];
  tracks: number;
}
export interface Mark {
  events: Event[];
  x0: number;
  x1: number;
}
export interface Scale {
  from: number;
  to: number;
  left: number;
  right: number;
  unit: number;
}

export const DAY = 864e5;
/** Marks closer than this, in px at normal type size, become one pill. */
const CLOSE = 9;
const TICK_WIDTH = 76;
const TICK_MONTHS = [1, 3, 6, 12, 24, 60, 120];
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

export const day = (time: number) => date.format(time);
export const xOf = (time: number, s: Scale) => s.left + ((time - s.from) / (s.to - s.from)) * (s.right - s.left);

/** The lanes with their events in order of time. Events whose start is no date cannot be drawn: they are counted. */
export function readLanes(data: Timeline): { lanes: Lane[]; undated: Row[] } {
  const lanes: Lane[] = data.lanes.map(({ id, label }) => ({ id, label, events: [], tracks: 1 }));
  const undated: Row[] = [];
  for (const row of data.events) {
    const [lane, label, start, end, detail, source] = row;
    const from = Date.parse(start);
    const to = end ? Date.parse(end) : null;
    if (!lanes[lane] || Number.isNaN(from)) undated.push(row);
    else lanes[lane].events.push({ lane, label, from, to: to && to > from ? to : null, detail, source, track: 0 });
  }
  for (const lane of lanes) {
    lane.events.sort((a, b) => a.from - b.from);
    stack(lane);
  }
  return { lanes, undated };
}

/** Overlapping therapies go on sub-tracks, points on one below them, so that nothing hides anything. */
function stack(lane: Lane): void {
  const ends: number[] = [];
  for (const event of lane.events) {
    if (event.to === null) continue;
    let track = ends.findIndex((end) => end <= event.from);
    if (track < 0) track = ends.length;
    ends[track] = event.to;
    event.track = track;
  }
  const points = lane.events.filter((event) => event.to === null);
  for (const event of points) event.track = ends.length;
  lane.tracks = Math.max(1, ends.length + (points.length ? 1 : 0));
}

/** The marks of a lane inside the scale: bars as they are, points closer than CLOSE merged into one. */
export function marksOf(lane: Lane, scale: Scale): Mark[] {
  const marks: Mark[] = [];
  let last: Mark | null = null;
  for (const event of lane.events) {
    if ((event.to ?? event.from) < scale.from || event.from > scale.to) continue;
    const x0 = Math.max(scale.left, xOf(event.from, scale));
    const x1 = Math.min(scale.right, xOf(event.to ?? event.from, scale));
    if (event.to === null && last && x0 - last.x1 < CLOSE * scale.unit) {
      last.events.push(event);
      last.x1 = x0;
      continue;
    }
    const mark = { events: [event], x0, x1 };
    if (event.to === null) last = mark;
    marks.push(mark);
  }
  return marks;
}

/** Events of one day stay together at every zoom: the arrow keys then walk inside the pill. */
export const isOneDay = (mark: Mark) => mark.events.at(-1)!.from - mark.events[0]!.from < DAY;

/** Month starts, as close together as their labels allow; Mondays when less than two months are in view. */
export function ticks(scale: Scale): { at: number; label: string }[] {
  const widthOf = (span: number) => (span / (scale.to - scale.from)) * (scale.right - scale.left);
  const found: { at: number; label: string }[] = [];
  if (scale.to - scale.from < 60 * DAY) {
    const week = 7 * DAY;
    const monday = Math.ceil((scale.from - 4 * DAY) / week) * week + 4 * DAY;
    for (let at = monday; at < scale.to; at += week) found.push({ at, label: day(at) });
    return found;
  }
  const step = TICK_MONTHS.find((n) => widthOf(n * 30 * DAY) > TICK_WIDTH * scale.unit) ?? 240;
  const first = new Date(scale.from);
  let index = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth() + 1) / step) * step;
  for (let at = Date.UTC(0, index); (at = monthStart(index)) < scale.to; index += step) {
    found.push({ at, label: month.format(at) });
  }
  return found;
}

const monthStart = (index: number) => Date.UTC(Math.floor(index / 12), index % 12, 1);

/** What a screen reader hears, and what the pointer shows. */
export function describe(mark: Mark, lane: Lane, current: Event): string {
  const first = mark.events[0]!;
  if (mark.events.length === 1) {
    const until = first.to === null ? '' : ` to ${day(first.to)}`;
    return `${first.label}, ${day(first.from)}${until}${first.detail ? `, ${first.detail}` : ''}`;
  }
  const count = `${mark.events.length} events, ${lane.label}`;
  if (!isOneDay(mark)) return `${count}, ${day(first.from)} to ${day(mark.events.at(-1)!.from)}; Enter zooms in`;
  const event = mark.events.includes(current) ? current : first;
  const place = mark.events.indexOf(event) + 1;
  return `${event.label}${event.detail ? `, ${event.detail}` : ''}; ${place} of ${count}, ${day(first.from)}`;
}
