// The parts of a CT stack on the page: the canvas in its slider, orientation letters, caption, buttons.
import type { StackInfo } from './stack-frames';

export interface Stage {
  box: HTMLElement;
  slider: HTMLElement;
  canvas: HTMLCanvasElement;
  caption: HTMLElement;
  fail: (words: string) => void;
}

export const PRESETS: { name: string; window: [number, number] }[] = [
  { name: 'Soft tissue', window: [40, 400] },
  { name: 'Lung', window: [-600, 1500] },
  { name: 'Bone', window: [400, 1800] },
];

function make<K extends keyof HTMLElementTagNameMap>(name: K, className: string, text = ''): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

export function stage(info: StackInfo, label: string): Stage {
  // The letters and the error stand beside the slider, not in it: what a slider contains is not read out.
  const box = make('div', 'stack-box');
  const slider = make('div', 'stack-slider');
  slider.tabIndex = 0;
  const attributes = {
    role: 'slider',
    'aria-label': label,
    'aria-orientation': 'vertical',
    'aria-valuemin': '1',
    'aria-valuemax': String(info.frames),
  };
  for (const [name, value] of Object.entries(attributes)) slider.setAttribute(name, value);
  const canvas = make('canvas', 'stack-canvas');
  canvas.width = info.columns;
  canvas.height = info.rows;
  const [down, across] = Array.isArray(info.spacing) ? info.spacing : [1, 1];
  box.style.aspectRatio = String((info.columns * across) / (info.rows * down));
  const error = make('p', 'stack-error');
  error.setAttribute('role', 'alert');
  error.hidden = true;
  slider.append(canvas);
  box.append(slider, error);
  for (const [side, letter] of Object.entries(info.orientation ?? {})) {
    box.append(make('span', `stack-${side}`, letter));
  }
  const fail = (words: string) => {
    error.textContent = words;
    error.hidden = !words;
    canvas.hidden = Boolean(words);
  };
  return { box, slider, canvas, caption: make('p', 'stack-caption'), fail };
}

/** The same for the pointer: one slice on, one back, and the windows by name. */
export function controls(
  move: (by: number) => void,
  choose: (window: [number, number]) => void,
  signal: AbortSignal,
): HTMLElement {
  const bar = make('div', 'tools');
  const add = (name: string, run: () => void) => {
    const button = make('button', '', name);
    button.type = 'button';
    button.addEventListener('click', run, { signal });
    bar.append(button);
  };
  add('Previous', () => move(-1));
  add('Next', () => move(1));
  PRESETS.forEach(({ name, window }, i) => add(`${i + 1} ${name}`, () => choose(window)));
  return bar;
}
