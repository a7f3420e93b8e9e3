// <tb-stack src="/…/frames.json" label="CT chest, 10 Nov 2026"></tb-stack>: a CT stack on a 2D canvas.
// frames.json: {rows, columns, frames, spacing, slope, intercept, window: [centre, width], frame: "/…/{i}",
// orientation?: {left, right, top, bottom}}
// with {i} from 0. Each frame is rows x columns little-endian Int16; value x slope + intercept = Hounsfield units.
// Keys: up, down, Home, End slice; 1-3 window. PgUp and PgDn belong to the deck: they are a clicker's keys.
import { TbElement } from './element';
import { FrameCache, paint, type StackInfo } from './stack-frames';
import { controls, PRESETS, stage, type Stage } from './stack-stage';

export class TbStack extends TbElement {
  #info!: StackInfo;
  #frames!: FrameCache;
  #stage!: Stage;
  #slice = 0;
  #window: [number, number] = [40, 400];

  protected start(): void {
    this.whenNear(() => void this.attempt('The image stack', (life) => this.load(life)));
  }

  private async load(life: AbortSignal): Promise<void> {
    const info = (await (await this.fetch(this.getAttribute('src') ?? '')).json()) as StackInfo;
    if (life.aborted) return;
    this.#info = info;
    if (!this.#info.frames) return this.say('empty', 'This series has no images that can be shown.');
    this.#frames = new FrameCache(this.#info, (url) => this.fetch(url, life));
    this.#window = this.#info.window ?? [40, 400];
    this.#slice = Math.floor(this.#info.frames / 2);
    this.#stage = stage(this.#info, this.getAttribute('label') ?? 'Image stack');
    const bar = controls((by) => this.go(this.#slice + by), (preset) => this.setWindow(preset), this.signal);
    this.replaceChildren(this.#stage.box, this.#stage.caption, bar);
    this.listen();
    this.dataset.state = 'ready';
    await this.draw();
  }

  private listen(): void {
    const { slider } = this.#stage;
    const { signal } = this;
    slider.addEventListener('keydown', (event) => this.onKey(event), { signal });
    slider.addEventListener('wheel', (event) => this.onWheel(event), { signal, passive: false });
    slider.addEventListener('pointerdown', () => slider.focus({ preventScroll: true }), { signal });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.take(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private take(key: string): boolean {
    const inDeck = this.closest('tb-deck') !== null;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!inDeck) Object.assign(steps, { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 });
    const preset = PRESETS[Number(key) - 1];
    if (key === 'Escape' && inDeck) this.#stage.slider.blur();
    else if (key in steps) this.go(this.#slice + steps[key]!);
    else if (preset) this.setWindow(preset.window);
    else return false;
    return true;
  }

  /** Only with the focus, or where the page itself does not scroll: else the wheel would be trapped here. */
  private onWheel(event: WheelEvent): void {
    if (document.activeElement !== this.#stage.slider && !this.closest('tb-deck')) return;
    event.preventDefault();
    this.go(this.#slice + Math.sign(event.deltaY));
  }

  private go(slice: number): void {
    const next = Math.max(0, Math.min(this.#info.frames - 1, slice));
    if (next === this.#slice) return;
    this.#slice = next;
    void this.draw();
  }

  private setWindow(window: [number, number]): void {
    this.#window = window;
    void this.draw();
  }

  private async draw(): Promise<void> {
    const slice = this.#slice;
    this.describe();
    try {
      const frame = await this.#frames.get(slice);
      if (slice !== this.#slice || this.signal.aborted) return;
      paint(this.#stage.canvas, frame, this.#info, this.#window);
      this.#stage.fail('');
      for (const by of [1, -1, 2]) this.#frames.prefetch(slice + by);
    } catch (error) {
      // A black square would look like a scan: say that it is none.
      if (slice !== this.#slice || this.signal.aborted) return;
      this.#stage.fail(`Slice ${slice + 1}: ${(error as Error).message}.`);
    }
  }

  private describe(): void {
    const [level, width] = this.#window;
    const words = `Slice ${this.#slice + 1} of ${this.#info.frames}, window ${width} level ${level}`;
    this.#stage.caption.textContent = words;
    this.#stage.slider.setAttribute('aria-valuenow', String(this.#slice + 1));
    this.#stage.slider.setAttribute('aria-valuetext', words);
  }
}
