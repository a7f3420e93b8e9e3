// Frames of a CT stack: fetched once, checked for their length, turned into grey values.

export interface StackInfo {
  rows: number;
  columns: number;
  frames: number;
  /** mm between pixel centres, as [row, column] or one number for both. */
  spacing?: number | [number, number];
  slope?: number;
  intercept?: number;
  /** Centre and width in Hounsfield units. */
  window?: [number, number];
  /** Addresses of the frames in order; or one address with {i} from 0. */
  urls?: string[];
  frame?: string;
  orientation?: { left: string; right: string; top: string; bottom: string };
}

/** Enough for a whole small series; of a long one the oldest frames are let go. */
const KEPT = 96;

export class FrameCache {
  #frames = new Map<number, Promise<Int16Array>>();

  constructor(
    private info: StackInfo,
    private fetch: (url: string) => Promise<Response>,
  ) {}

  get(index: number): Promise<Int16Array> {
    const known = this.#frames.get(index);
    if (known) return known;
    const loading = this.load(index);
    this.#frames.set(index, loading);
    loading.catch(() => this.#frames.delete(index)); // the next look tries again
    if (this.#frames.size > KEPT) this.#frames.delete(this.#frames.keys().next().value!);
    return loading;
  }

  prefetch(index: number): void {
    if (index >= 0 && index < this.info.frames) void this.get(index).catch(() => undefined);
  }

  private address(index: number): string {
    return this.info.urls?.[index] ?? (this.info.frame ?? '').replace('{i}', String(index));
  }

  private async load(index: number): Promise<Int16Array> {
    const bytes = await (await this.fetch(this.address(index))).arrayBuffer();
    const expected = this.info.rows * this.info.columns * 2;
    if (bytes.byteLength !== expected) {
      throw new Error(`the image is damaged (${bytes.byteLength} bytes where ${expected} were expected)`);
    }
    return new Int16Array(bytes); // every platform with a browser is little-endian
  }
}

/** Linear window of DICOM PS3.3 C.11.2.1.2, without its half-pixel terms, which are below one grey level here. */
export function paint(canvas: HTMLCanvasElement, frame: Int16Array, info: StackInfo, window: [number, number]): void {
  const context = canvas.getContext('2d', { alpha: false })!;
  const image = context.createImageData(info.columns, info.rows);
  const grey = new Uint32Array(image.data.buffer);
  const [centre, width] = window;
  const gain = (255 / width) * (info.slope ?? 1);
  const lift = (((info.intercept ?? 0) - centre) / width + 0.5) * 255;
  for (let k = 0; k < frame.length; k++) {
    const value = frame[k]! * gain + lift;
    const level = value < 0 ? 0 : value > 255 ? 255 : value | 0;
    grey[k] = 0xff000000 | (level << 16) | (level << 8) | level;
  }
  context.putImageData(image, 0, 0);
}
