/** Follows what is written, for as long as the reader stays at the end. */

const NEAR = 48;

/** `follows()` tells whether something is being written; `button` leads back to the end. */
export function followEnd(scroller, content, button, follows) {
  let atEnd = true;
  const end = () => scroller.scrollTo({ top: scroller.scrollHeight, behavior: "instant" });
  const look = () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    button.hidden = atEnd;
  };
  scroller.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(() => (atEnd && follows() ? end() : look())).observe(content);
  button.addEventListener("click", end);
  return end;
}
