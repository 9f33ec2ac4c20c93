// The legend: a small table with the mark, the number of ranks and both exponents of each curve.
import { el, sized } from "../shared/dom.js";
import { fixed } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { drawMark, inks } from "./plot.js";

const ESTIMATORS = ["least squares", "maximum likelihood"];

/** Makes the rows anew; when the curves changed. */
export function buildLegend(x) {
  const heads = ESTIMATORS.map((estimator, at) =>
    el("th", { scope: "col" }, [
      el("span", { text: estimator }),
      el("span", { class: at ? "stroke dashed" : "stroke", "aria-hidden": "true" }),
    ]),
  );
  const head = el("thead", {}, [
    el("tr", {}, [
      el("th", { scope: "col", rowspan: "2", text: "curve" }),
      el("th", { scope: "col", rowspan: "2", class: "count", text: "distinct" }),
      el("th", { scope: "colgroup", colspan: "2", class: "over", text: "exponent by" }),
    ]),
    el("tr", {}, heads),
  ]);
  x.rows = x.view.curves.map((curve) => {
    const mark = el("canvas", { class: "mark", "aria-hidden": "true" });
    const cells = ESTIMATORS.map((estimator) =>
      el("td", {
        class: "exponent", "data-testid": "exponent", "data-order": String(curve.order),
        "data-estimator": estimator,
      }),
    );
    const name = el("th", { scope: "row" }, [mark, el("bdi", { text: curve.label })]);
    const distinct = el("td", { class: "count", text: grouped(curve.distinct) });
    return { mark, cells, node: el("tr", {}, [name, distinct, ...cells]) };
  });
  x.parts.legend.replaceChildren(
    el("caption", { class: "hidden", text: "The curves and the exponents fitted to them" }),
    head,
    el("tbody", {}, x.rows.map(({ node }) => node)),
  );
}

/** Paints the marks in the first column; when size or theme changed. */
export function paintMarks(x) {
  const side = Math.round(1.1 * x.sizes.base);
  x.view.curves.forEach((curve, at) => {
    const context = sized(x.rows[at].mark, side, side);
    context.fillStyle = inks(x.theme)[curve.order];
    drawMark(context, curve.order, side / 2, side / 2, 0.34 * side);
  });
}

/** Writes the exponents; "…" while the range on screen is not the one they are of. */
export function writeLegend(x) {
  x.view.curves.forEach((curve, at) => {
    ESTIMATORS.forEach((estimator, column) => {
      const fit = curve.fits.find((each) => each.estimator === estimator);
      const { text, note, title } = x.stale
        ? { text: "…", note: "", title: "the fit of the range on screen is on its way" }
        : exponentWords(curve, fit, x.asked);
      const cell = x.rows[at].cells[column];
      const said = `${text} ${note} ${title}`;
      if (cell.dataset.said === said) return;
      cell.dataset.said = said;
      cell.title = title;
      const nodes = [el("span", { class: "number", text })];
      if (note) nodes.push(el("span", { class: "note", text: note }));
      if (text === "–") nodes.push(el("span", { class: "hidden", text: title }));
      cell.replaceChildren(...nodes);
    });
  });
}

/**
 * An exponent as it stands in the table, and what the pointer finds behind it.
 * @param {number[]} asked the range on screen
 */
export function exponentWords(curve, fit, [low, high]) {
  const wanted = `ranks ${grouped(low)} to ${grouped(high)}`;
  if (!fit || fit.exponent === null) {
    const there = Math.max(0, Math.min(high, curve.distinct) - low + 1);
    const ranks = there === 0 ? "no rank" : there === 1 ? "one rank" : `${grouped(there)} ranks`;
    const why = fit?.why || (there < 2 ? `this curve has ${ranks} in ${wanted}` : "no line fits");
    return { text: "–", note: "", title: `Not fitted: ${why}.` };
  }
  const used = `ranks ${grouped(fit.low)} to ${grouped(fit.high)}`;
  const fewer = fit.low !== low || fit.high !== high;
  const text = fixed(fit.exponent, 3);
  return { text, note: fewer ? used : "", title: `Fitted to ${used}.` };
}
