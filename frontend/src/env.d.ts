declare module 'plotly.js-basic-dist-min' {
  export interface Figure {
    data: object[];
    layout?: Record<string, unknown>;
  }
  const Plotly: {
    newPlot(host: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
    react(host: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
    purge(host: HTMLElement): void;
  };
  export default Plotly;
}
