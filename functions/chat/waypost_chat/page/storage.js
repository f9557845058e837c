/** Values kept in the browser's local storage; without one they last until the page is left. */

/** The object stored under a key, or an empty one. */
export function loadItem(key) {
  try {
    return JSON.parse(localStorage.getItem(`waypost.${key}`)) ?? {};
  } catch {
    return {};
  }
}

export function saveItem(key, value) {
  try {
    localStorage.setItem(`waypost.${key}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the caller still has the value.
  }
}
