// The function Streamlit calls at mount and again on every change of data or theme.
import { el } from "../shared/dom.js";
import { helpDialog, toggleHelp } from "./help.js";
import { watchHistory } from "./history.js";
import { focused, pictures, typing } from "./pictures.js";

const STEPS = new Set(["PageUp", "PageDown"]);
const mounted = new WeakMap();

/** Mounts the component, or hands it new data. */
export default function presenterComponent({ data, parentElement, setStateValue }) {
  const { presenting, page } = JSON.parse(new TextDecoder().decode(data));
  let x = mounted.get(parentElement);
  if (!x) {
    x = mount(parentElement);
    mounted.set(parentElement, x);
    present(x, presenting);
  }
  x.page.textContent = page;
  x.tell = (on) => setStateValue("presenting", on);
  return () => {
    window.removeEventListener("keydown", x.onKey);
    x.unwatch();
    present(x, false);
    x.root.remove();
    mounted.delete(parentElement);
  };
}

function mount(parentElement) {
  const help = el("button", { type: "button", text: "?", title: "Keys (?)", "aria-label": "Keys", "data-testid": "keys" });
  const show = el("button", { type: "button", "data-testid": "present" });
  const page = el("span", { class: "page", "data-testid": "page-name" });
  const list = helpDialog();
  const root = el("div", { class: "unrolled presenter", "data-testid": "presenter" }, [page, show, help, list.dialog]);
  const x = { root, page, show, list, on: false, tell: () => {} };
  help.onclick = () => toggleHelp(list);
  show.onclick = () => change(x);
  x.onKey = (event) => onKey(x, event);
  window.addEventListener("keydown", x.onKey);
  x.unwatch = watchHistory();
  parentElement.append(root);
  return x;
}

function change(x) {
  present(x, !x.on);
  x.tell(x.on);
}

/* The page's style sheet hides what stands around the pictures, and makes the type larger. */
function present(x, on) {
  const changed = x.on !== on;
  x.on = on;
  if (on) document.documentElement.dataset.presenting = "true";
  else delete document.documentElement.dataset.presenting;
  x.show.textContent = on ? "End presenting" : "Present";
  x.show.title = "Large, without what stands around the pictures (p)";
  x.show.setAttribute("aria-pressed", String(on));
  x.root.dataset.presenting = String(on);
  // On a phone the pictures keep their width, so nothing else tells them to draw anew.
  if (changed) window.dispatchEvent(new Event("resize"));
  if (on) pictures()[0]?.target.focus({ preventScroll: true });
}

function onKey(x, event) {
  const node = focused();
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || typing(node)) return;
  if (event.key === "?") toggleHelp(x.list);
  else if (event.key === "p" && !x.list.dialog.open) change(x);
  else if (x.on && STEPS.has(event.key)) step(event.key, node);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit has shortcuts of its own
}

/* A clicker's key reaches a picture wherever the focus is; one that has it heard it already. */
function step(key, node) {
  const target = pictures()[0]?.target;
  if (!target || target.contains(node)) return;
  target.focus({ preventScroll: true });
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}
