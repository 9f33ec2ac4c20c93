// Round numbers on linear and logarithmic axes. Pure.
import { tenTo } from "../shared/format.js";
import { grouped } from "../shared/words.js";

const DIGITS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
const JUMPS = [1, 2, 3, 5, 10, 20, 50, 100];

/**
 * Numbers that are named on a log axis: as many round ones as fit.
 * @param {number} low log10 of the axis's lower end
 * @param {number} high log10 of its upper end
 * @param {number} length px of the axis
 * @param {number} gap px that two names need
 */
export function logTicks(low, high, length, gap) {
  const apart = ((high - low) * gap) / length;
  const fit = (ticks) => ticks.every((tick, at) => {
    return at === 0 || Math.log10(tick / ticks[at - 1]) >= apart;
  });
  const plans = [...DIGITS.map((digits) => [digits, 1]), ...JUMPS.slice(1).map((jump) => [[1], jump])];
  const sparse = [];
  for (const [digits, jump] of plans) {
    const ticks = onAxis(digits, jump, low, high);
    if (fit(ticks) && (ticks.length > 1 || digits.length > 1)) return ticks;
    sparse.push(ticks);
  }
  return sparse.find((ticks) => ticks.length === 1) ?? [];
}

function onAxis(digits, jump, low, high) {
  const ticks = [];
  const slack = 1e-9;
  for (let power = Math.floor(low / jump) * jump; power <= high + slack; power += jump) {
    for (const digit of digits) {
      const place = power + Math.log10(digit);
      if (place >= low - slack && place <= high + slack) {
        ticks.push(Number(`${digit}e${power}`)); // exact, where 3 * 10 ** -1 is not
      }
    }
  }
  return ticks;
}

/** Whole numbers from 0 to `end` that are named: round ones, at most `room` of them beside 0. */
export function stepTicks(end, room) {
  const least = Math.max(1, end / Math.max(1, room));
  const power = 10 ** Math.floor(Math.log10(least));
  const jump = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= least - 1e-9);
  const ticks = [];
  for (let step = 0; step <= end; step += jump) ticks.push(step);
  return ticks;
}

/** A number at an axis: 1,000, 0.05, 10⁻⁶. */
export function tickText(value) {
  const power = Math.log10(value);
  if (power < -2.999 || power > 5.999) {
    const whole = Math.floor(power + 1e-9);
    const digit = Math.round(value / 10 ** whole);
    return digit === 1 ? tenTo(whole) : `${digit}·${tenTo(whole)}`;
  }
  return value >= 1 ? grouped(Number(value.toPrecision(6))) : String(Number(value.toPrecision(3)));
}
