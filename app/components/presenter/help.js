// The list of keys, as a dialog.
import { el } from "../shared/dom.js";
import { groupsFor } from "./groups.js";
import { pictures } from "./pictures.js";

/** Makes the dialog; it is filled when it opens. */
export function helpDialog() {
  const body = el("div", { class: "groups" });
  const close = el("button", { type: "button", text: "Close", "data-testid": "help-close" });
  const dialog = el("dialog", { class: "keys", "data-testid": "help", "aria-label": "Keys" }, [
    el("div", { class: "head" }, [el("h2", { text: "Keys" }), close]), body,
  ]);
  close.onclick = () => dialog.close();
  return { dialog, body };
}

/** Opens the list, or closes it. */
export function toggleHelp({ dialog, body }) {
  if (dialog.open) {
    dialog.close();
    return;
  }
  const kinds = new Set(pictures().map(({ kind }) => kind));
  const touch = window.matchMedia("(pointer: coarse)").matches;
  body.replaceChildren(...groupsFor(kinds, touch).map(([title, keys]) => el("section", {}, [
    el("h3", { text: title }),
    el("dl", {}, keys.flatMap(([key, words]) => [
      el("dt", {}, key.split(" ").map((each) => el("kbd", { text: each }))),
      el("dd", { text: words }),
    ])),
  ])));
  dialog.showModal();
}
