// Details are printed open: what is folded on the screen belongs on the paper.
"use strict";
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details:not([open]):not(.screen-only)")) {
    each.open = true;
    each.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const each of document.querySelectorAll("details[data-printed]")) {
    each.open = false;
    delete each.dataset.printed;
  }
});
