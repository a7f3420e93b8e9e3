// Where a key leads on the timeline: a pure answer from (key, cells, current event), so it can be reasoned about.
import { isOneDay, type Event, type Lane, type Mark } from './timeline-marks';
import type { Cell } from './timeline-draw';

export type Step = { to: Event } | { zoom: number } | { whole: true } | { into: Mark } | { open: Event };

const nearest = (events: Event[], time: number) =>
  events.reduce((best, event) => (Math.abs(event.from - time) < Math.abs(best.from - time) ? event : best));

export function step(key: string, lanes: Lane[], cells: Cell[][], current: Event): Step | null {
  const events = lanes[current.lane]!.events;
  switch (key) {
    case 'ArrowRight':
      return { to: along(events, cells[current.lane]!, current, 1) };
    case 'ArrowLeft':
      return { to: along(events, cells[current.lane]!, current, -1) };
    case 'ArrowDown':
      return { to: across(lanes, current, 1) };
    case 'ArrowUp':
      return { to: across(lanes, current, -1) };
    case 'Home':
      return { to: events[0]! };
    case 'End':
      return { to: events.at(-1)! };
    case '+':
    case '=':
      return { zoom: 0.5 };
    case '-':
      return { zoom: 2 };
    case '0':
      return { whole: true };
    case 'Enter':
    case ' ':
      return choose(cells[current.lane]!.find(({ mark }) => mark.events.includes(current))?.mark, current);
    default:
      return null;
  }
}

/** A pill of several days opens up; anything else opens its source. */
export function choose(mark: Mark | undefined, current: Event): Step {
  return mark && mark.events.length > 1 && !isOneDay(mark) ? { into: mark } : { open: current };
}

/** Mark by mark; event by event where a pill cannot be zoomed apart; into what lies outside the view at the ends. */
function along(events: Event[], cells: Cell[], current: Event, by: 1 | -1): Event {
  const at = cells.findIndex(({ mark }) => mark.events.includes(current));
  const mark = cells[at]?.mark;
  const inside = mark && isOneDay(mark) ? mark.events[mark.events.indexOf(current) + by] : undefined;
  const next = inside ?? cells[at + by]?.mark.events.at(by > 0 ? 0 : -1);
  if (at >= 0 && next) return next;
  const last = mark?.events.at(by > 0 ? -1 : 0) ?? current;
  return events[events.indexOf(last) + by] ?? last;
}

function across(lanes: Lane[], current: Event, by: 1 | -1): Event {
  const beyond = by > 0 ? lanes.slice(current.lane + 1) : lanes.slice(0, current.lane).reverse();
  const lane = beyond.find(({ events }) => events.length);
  return lane ? nearest(lane.events, current.from) : current;
}
