// <tb-clock planned="480" started="2026-11-24T08:00:00Z"></tb-clock>: time used of the time planned, in seconds.
import { TbElement } from './element';

const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export class TbClock extends TbElement {
  protected start(): void {
    const started = Date.parse(this.getAttribute('started') ?? '') || Date.now();
    const planned = Number(this.getAttribute('planned')) || 0;
    const tick = () => this.show(Math.max(0, Math.floor((Date.now() - started) / 1000)), planned);
    const timer = setInterval(tick, 1000);
    this.signal.addEventListener('abort', () => clearInterval(timer));
    tick();
  }

  private show(used: number, planned: number): void {
    const over = planned > 0 && used > planned;
    this.textContent = minutes(used) + (planned ? ` of ${minutes(planned)}` : '') + (over ? ' over time' : '');
    this.classList.toggle('over', over);
  }
}
