/**
 * The inside of a line of Markdown as nodes.
 *
 * What is not understood stays text, HTML too. Every search is bounded, so that no answer can
 * keep the page busy: a delimiter that found no partner once is not looked for again.
 */

import { h } from "./dom.js";

const DEEPEST = 8;
const LONGEST_LABEL = 1000;
const PLAIN = /[^\\`*_~[\]!<\nh]+|h(?!ttps?:\/\/)/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const CITED = /\[(\d{1,3})\](?![(\[:])|\[(\d{1,3})\](?=\[\d)/y;
const TARGET =
  /\(\s{0,9}<?([^\s<>()]{1,2000}(?:\([^\s<>()]{0,500}\)[^\s<>()]{0,500})?)>?(?:\s{1,9}"[^"\n]{0,300}")?\s{0,9}\)/y;
const BARE = /https?:\/\/[^\s<>"'`|\\]{1,2000}/y;
const BRACKETED = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y;
const BREAK = /(?: {2,}|\\)?\n */y;
const EMPHASIS = { "***": ["strong", "em"], "**": ["strong"], "*": ["em"], "~~": ["del"] };
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/**
 * `cite(n)` makes the node of a mark `[n]`, or null where it is no source's. Where `open`, the text
 * is still being written: bold and code that lack their end run to the end of the text. Without
 * `links`, addresses stay text.
 */
export function inline(text, options = {}, depth = 0) {
  const whole = { cite: () => null, open: false, links: true, ...options };
  return depth > DEEPEST ? [text] : new Line(text, whole, depth).nodes();
}

/** The address if a link may lead there, else null. */
export function safe(address) {
  try {
    return SCHEMES.has(new URL(address).protocol) ? address : null;
  } catch {
    return null;
  }
}

class Line {
  constructor(text, options, depth) {
    Object.assign(this, { text, options, depth, at: 0, out: [], alone: new Set() });
  }

  nodes() {
    while (this.at < this.text.length) {
      const node = this.#next();
      const last = this.out.length - 1;
      if (typeof node === "string" && typeof this.out[last] === "string") this.out[last] += node;
      else this.out.push(node);
    }
    return this.out;
  }

  #next() {
    const plain = this.#match(PLAIN);
    if (plain) return plain[0];
    const found = this.#special(this.text[this.at]);
    return found ?? this.text[this.at++];
  }

  #special(character) {
    switch (character) {
      case "\\":
        return this.#match(ESCAPED)?.[1] ?? this.#lineBreak();
      case "\n":
        return this.#lineBreak();
      case "`":
        return this.#code();
      case "[":
        return this.#citation() ?? this.#link(this.at);
      case "!":
        return this.text[this.at + 1] === "[" ? this.#link(this.at + 1) : null;
      case "<":
        return this.#address(this.#match(BRACKETED)?.[1]);
      case "h":
        return this.#bare();
      default:
        return this.#emphasis(character);
    }
  }

  #match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  #lineBreak() {
    const last = this.out.length - 1;
    const hard =
      this.text[this.at] === "\\" || /  $/.test(this.text.slice(Math.max(0, this.at - 2), this.at));
    if (!this.#match(BREAK)) return null;
    if (hard && typeof this.out[last] === "string") this.out[last] = this.out[last].trimEnd();
    return hard ? h("br") : "\n";
  }

  #code() {
    const ticks = /`+/y;
    ticks.lastIndex = this.at;
    const fence = ticks.exec(this.text)[0];
    const start = this.at + fence.length;
    const end = this.#partner(fence, start, (from) => sameRun(this.text, fence, from));
    if (end < 0) return this.#literal(fence);
    this.at = end + fence.length;
    const code = this.text.slice(start, end).replaceAll("\n", " ");
    return h("code", {}, /^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code);
  }

  #emphasis(character) {
    const run = runOf(this.text, this.at, character);
    const mark = (character === "~" ? "~~" : character.repeat(3)).slice(0, run);
    const tags = EMPHASIS[mark.replaceAll("_", "*")];
    const start = this.at + mark.length;
    const opens = /\S/.test(this.text[start] ?? "") && !(character === "_" && this.#inWord());
    if (!tags || run > 3 || !opens) return this.#literal(this.text.slice(this.at, this.at + run));
    const end = this.#partner(mark, start, (from) => closing(this.text, mark, from));
    if (end < 0) return this.#literal(mark);
    const inner = inline(this.text.slice(start, end), this.options, this.depth + 1);
    this.at = end + mark.length;
    return tags.reduceRight((children, tag) => [h(tag, {}, ...children)], inner)[0];
  }

  #inWord() {
    return /[\p{L}\p{N}]/u.test(this.text[this.at - 1] ?? "");
  }

  /** Where `mark` closes, -1 where it does not. */
  #partner(mark, start, find) {
    if (this.alone.has(mark)) return -1;
    const end = find(start);
    if (end >= 0) return end;
    this.alone.add(mark);
    const written = this.options.open && (mark === "**" || mark === "`");
    return written && start < this.text.length ? this.text.length : -1;
  }

  #literal(text) {
    this.at += text.length;
    return text;
  }

  #citation() {
    const before = this.at;
    const found = this.#match(CITED);
    const node = found && this.options.cite(Number(found[1] ?? found[2]));
    if (!node) this.at = before;
    return node;
  }

  /** A link, or an image as a link to it: nothing is loaded from elsewhere. */
  #link(bracket) {
    const end = labelEnd(this.text, bracket);
    if (end < 0 || !this.options.links) return null;
    const label = this.text.slice(bracket + 1, end);
    TARGET.lastIndex = end + 1;
    const target = TARGET.exec(this.text);
    if (!target) return null;
    this.at = TARGET.lastIndex;
    const children = inline(label, { links: false }, this.depth + 1);
    return anchor(target[1], ...children) ?? h("span", {}, ...children);
  }

  #bare() {
    const found = this.#match(BARE)?.[0];
    if (!found) return null;
    const address = withoutStop(found);
    this.at -= found.length - address.length;
    return this.#address(address);
  }

  #address(address) {
    if (!address) return null;
    return (this.options.links && anchor(address, address)) || address;
  }
}

/** An address without the full stop or bracket of the sentence around it. */
function withoutStop(address) {
  const bare = address.replace(/[.,;:!?*_~]{1,9}$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? withoutStop(bare.slice(0, -1)) : bare;
}

function anchor(address, ...children) {
  const href = safe(address);
  return href && h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function runOf(text, at, character) {
  let end = at;
  while (text[end] === character) end += 1;
  return end - at;
}

function sameRun(text, fence, from) {
  for (let at = text.indexOf(fence, from); at >= 0; at = text.indexOf(fence, at)) {
    const run = runOf(text, at, "`");
    if (run === fence.length) return at;
    at += run;
  }
  return -1;
}

/** Where an emphasis closes: a run of its own length (or 3, which closes two), after a word. */
function closing(text, mark, from) {
  const character = mark[0];
  for (let at = text.indexOf(character, from); at >= 0; at = text.indexOf(character, at)) {
    const run = runOf(text, at, character);
    const after = text[at + run] ?? "";
    const ends = at > from && /\S/.test(text[at - 1]) && text[at - 1] !== "\\";
    const free = character !== "_" || !/[\p{L}\p{N}]/u.test(after);
    if (ends && free && (run === mark.length || (run === 3 && mark.length < 3))) {
      return at + run - mark.length;
    }
    at += run;
  }
  return -1;
}

function labelEnd(text, bracket) {
  let depth = 0;
  for (let at = bracket; at < Math.min(text.length, bracket + LONGEST_LABEL); at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") depth += 1;
    else if (text[at] === "]" && --depth === 0) return at;
  }
  return -1;
}
