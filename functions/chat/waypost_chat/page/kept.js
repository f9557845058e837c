/** What the browser remembers from one visit to the next; where it may not, from now on. */

/** What was kept under a name, or an empty object. */
export function recalled(name) {
  try {
    return JSON.parse(localStorage.getItem(`waypost.${name}`)) ?? {};
  } catch {
    return {};
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`waypost.${name}`, JSON.stringify(value));
  } catch {
    // It is full, or forbidden: whoever keeps something has it until the page is left.
  }
}
