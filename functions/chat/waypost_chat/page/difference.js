/** What differs between two texts, line by line. */

/** Beyond so many pairs of lines all that differs counts as replaced. */
const MOST = 4_000_000;

/** `[{kind: "same", "gone" or "new", text}]`, in their order; what is gone before what is new. */
export function differences(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let kept = 0;
  while (kept < shorter - start && before.at(-kept - 1) === after.at(-kept - 1)) kept += 1;
  const end = before.length - kept;
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, end), after.slice(start, after.length - kept)),
    ...before.slice(end).map(same),
  ];
}

function middle(before, after) {
  if (before.length * after.length > MOST) return [...before.map(gone), ...after.map(added)];
  const common = longest(before, after);
  const told = [];
  let [n, m] = [0, 0];
  while (n < before.length || m < after.length) {
    const left = n < before.length;
    if (left && before[n] === after[m]) {
      told.push(same(before[n]));
      [n, m] = [n + 1, m + 1];
    } else if (m === after.length || (left && common(n + 1, m) >= common(n, m + 1))) {
      told.push(gone(before[n]));
      n += 1;
    } else {
      told.push(added(after[m]));
      m += 1;
    }
  }
  return told;
}

/** Of the lines from the n-th and the m-th on: how many there are in both, in the same order. */
function longest(before, after) {
  const wide = after.length + 1;
  const known = new Uint32Array((before.length + 1) * wide);
  for (let n = before.length - 1; n >= 0; n -= 1)
    for (let m = after.length - 1; m >= 0; m -= 1)
      known[n * wide + m] =
        before[n] === after[m]
          ? known[(n + 1) * wide + m + 1] + 1
          : Math.max(known[(n + 1) * wide + m], known[n * wide + m + 1]);
  return (n, m) => known[n * wide + m];
}

const same = (text) => ({ kind: "same", text });
const gone = (text) => ({ kind: "gone", text });
const added = (text) => ({ kind: "new", text });
