// What a component reports is numbered. No drawing here.

/**
 * A component whose every report is [value, number]. Streamlit passes on only what changed since
 * the last report, and keeps that: without a number it would not pass on a choice that the user
 * takes back with "Back" and makes once more. The component is given the number of each.
 * @param {(of: object) => unknown} component what Streamlit calls
 */
export function countingReports(component) {
  let count = Date.now(); // not a number of an earlier page in the same session
  return (of) => {
    const setStateValue = (name, value) => {
      of.setStateValue(name, [value, (count += 1)]);
      return count;
    };
    return component({ ...of, setStateValue });
  };
}
