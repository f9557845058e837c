/** The difference between two texts, line by line. */

/** With more pairs of lines than this, everything between the first and last change is replaced. */
const MAX_PAIRS = 4_000_000;

/** `[{kind: "same", "removed" or "added", text}]` in order, removed lines before added ones. */
export function diffLines(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && before.at(-tail - 1) === after.at(-tail - 1)) tail += 1;
  const end = before.length - tail;
  return [
    ...before.slice(0, start).map(same),
    ...diffMiddle(before.slice(start, end), after.slice(start, after.length - tail)),
    ...before.slice(end).map(same),
  ];
}

function diffMiddle(before, after) {
  if (before.length * after.length > MAX_PAIRS)
    return [...before.map(removed), ...after.map(added)];
  const commonLength = longestCommonSubsequence(before, after);
  const lines = [];
  let [n, m] = [0, 0];
  while (n < before.length || m < after.length) {
    const hasOld = n < before.length;
    if (hasOld && before[n] === after[m]) {
      lines.push(same(before[n]));
      [n, m] = [n + 1, m + 1];
    } else if (m === after.length || (hasOld && commonLength(n + 1, m) >= commonLength(n, m + 1))) {
      lines.push(removed(before[n]));
      n += 1;
    } else {
      lines.push(added(after[m]));
      m += 1;
    }
  }
  return lines;
}

/** A function `(n, m)`: the longest common subsequence's length from those lines on. */
function longestCommonSubsequence(before, after) {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let n = before.length - 1; n >= 0; n -= 1)
    for (let m = after.length - 1; m >= 0; m -= 1)
      lengths[n * width + m] =
        before[n] === after[m]
          ? lengths[(n + 1) * width + m + 1] + 1
          : Math.max(lengths[(n + 1) * width + m], lengths[n * width + m + 1]);
  return (n, m) => lengths[n * width + m];
}

const same = (text) => ({ kind: "same", text });
const removed = (text) => ({ kind: "removed", text });
const added = (text) => ({ kind: "added", text });
