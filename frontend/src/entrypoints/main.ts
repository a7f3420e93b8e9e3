// The one script of every page: the elements, and the few behaviours that belong to the page as a whole.
import '../page/htmx';
import { TbClock } from '../elements/clock';
import { TbDeck } from '../elements/deck';
import { TbKeys } from '../elements/keys';
import { TbPlot } from '../elements/plot';
import { TbStack } from '../elements/stack';
import { TbTimeline } from '../elements/timeline';
import { dialogs } from '../page/dialogs';
import { sourcePanel } from '../page/source';
import { submitGuard } from '../page/submit';
import { themeSwitch } from '../page/theme';

customElements.define('tb-clock', TbClock);
customElements.define('tb-deck', TbDeck);
customElements.define('tb-keys', TbKeys);
customElements.define('tb-plot', TbPlot);
customElements.define('tb-stack', TbStack);
customElements.define('tb-timeline', TbTimeline);

themeSwitch();
dialogs();
submitGuard();
sourcePanel();

document.documentElement.dataset.ready = '';
performance.mark('tb-interactive');
