// In a module of its own and imported first: extensions and elements look for globalThis.htmx when they load.
import htmx from 'htmx.org';

declare global {
  var htmx: typeof import('htmx.org').default;
}

globalThis.htmx = htmx;
export default htmx;
