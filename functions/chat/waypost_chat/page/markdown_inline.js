/**
 * Inline Markdown, rendered as nodes.
 *
 * Anything unknown stays text, HTML too. Every search is bounded, so that no text can block the
 * page: after a delimiter without a closing one, none of its kind is searched for again.
 */

import { h } from "./dom.js";

const MAX_DEPTH = 8;
const MAX_LABEL_LENGTH = 1000;
const PLAIN_TEXT = /[^\\`*_~[\]!<\nh]+|h(?!ttps?:\/\/)/y;
const ESCAPE = /\\([!-/:-@[-`{-~])/y;
const CITATION = /\[(\d{1,3})\](?![([:])|\[(\d{1,3})\](?=\[\d)/y;
const LINK_TARGET =
  /\(\s{0,9}<?([^\s<>()]{1,2000}(?:\([^\s<>()]{0,500}\)[^\s<>()]{0,500})?)>?(?:\s{1,9}"[^"\n]{0,300}")?\s{0,9}\)/y;
const BARE_URL = /https?:\/\/[^\s<>"'`|\\]{1,2000}/y;
const BRACKETED_URL = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y;
const LINE_BREAK = /(?: {2,}|\\)?\n */y;
const EMPHASIS_TAGS = { "***": ["strong", "em"], "**": ["strong"], "*": ["em"], "~~": ["del"] };
const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/**
 * `cite(n)` makes the node of a citation `[n]`, or null where it has no source. Where `open`, the
 * text is still being written: unclosed bold and code run to its end. Without `links`, URLs stay
 * text.
 */
export function renderInline(text, options = {}, depth = 0) {
  const settings = { cite: () => null, open: false, links: true, ...options };
  return depth > MAX_DEPTH ? [text] : new InlineParser(text, settings, depth).nodes();
}

/** The URL if its protocol is safe to link to, else null. */
function safeUrl(address) {
  try {
    return SAFE_PROTOCOLS.has(new URL(address).protocol) ? address : null;
  } catch {
    return null;
  }
}

class InlineParser {
  constructor(text, options, depth) {
    Object.assign(this, { text, options, depth, at: 0, out: [], unclosed: new Set() });
  }

  /** The text as nodes and strings. */
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
    const plain = this.#match(PLAIN_TEXT);
    if (plain) return plain[0];
    const found = this.#special(this.text[this.at]);
    return found ?? this.text[this.at++];
  }

  #special(character) {
    switch (character) {
      case "\\":
        return this.#match(ESCAPE)?.[1] ?? this.#lineBreak();
      case "\n":
        return this.#lineBreak();
      case "`":
        return this.#code();
      case "[":
        return this.#citation() ?? this.#link(this.at);
      case "!":
        return this.text[this.at + 1] === "[" ? this.#link(this.at + 1) : null;
      case "<":
        return this.#urlLink(this.#match(BRACKETED_URL)?.[1]);
      case "h":
        return this.#bareUrl();
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
      this.text[this.at] === "\\" ||
      / {2}$/.test(this.text.slice(Math.max(0, this.at - 2), this.at));
    if (!this.#match(LINE_BREAK)) return null;
    if (hard && typeof this.out[last] === "string") this.out[last] = this.out[last].trimEnd();
    return hard ? h("br") : "\n";
  }

  #code() {
    const ticks = /`+/y;
    ticks.lastIndex = this.at;
    const fence = ticks.exec(this.text)[0];
    const start = this.at + fence.length;
    const end = this.#findEnd(fence, start, (from) => findFence(this.text, fence, from));
    if (end < 0) return this.#literal(fence);
    this.at = end + fence.length;
    const code = this.text.slice(start, end).replaceAll("\n", " ");
    return h("code", {}, /^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code);
  }

  #emphasis(character) {
    const run = runLength(this.text, this.at, character);
    const mark = (character === "~" ? "~~" : character.repeat(3)).slice(0, run);
    const tags = EMPHASIS_TAGS[mark.replaceAll("_", "*")];
    const start = this.at + mark.length;
    const opens = /\S/.test(this.text[start] ?? "") && !(character === "_" && this.#inWord());
    if (!tags || run > 3 || !opens) return this.#literal(this.text.slice(this.at, this.at + run));
    const end = this.#findEnd(mark, start, (from) => findEmphasisEnd(this.text, mark, from));
    if (end < 0) return this.#literal(mark);
    let nodes = renderInline(this.text.slice(start, end), this.options, this.depth + 1);
    this.at = end + mark.length;
    for (const tag of tags.toReversed()) nodes = [h(tag, {}, ...nodes)];
    return nodes[0];
  }

  #inWord() {
    return /[\p{L}\p{N}]/u.test(this.text[this.at - 1] ?? "");
  }

  /** Where the closing `mark` begins, -1 where there is none. */
  #findEnd(mark, start, find) {
    if (this.unclosed.has(mark)) return -1;
    const end = find(start);
    if (end >= 0) return end;
    this.unclosed.add(mark);
    const runsToEnd = this.options.open && (mark === "**" || mark === "`");
    return runsToEnd && start < this.text.length ? this.text.length : -1;
  }

  #literal(text) {
    this.at += text.length;
    return text;
  }

  #citation() {
    const before = this.at;
    const found = this.#match(CITATION);
    const node = found && this.options.cite(Number(found[1] ?? found[2]));
    if (!node) this.at = before;
    return node;
  }

  /** A link; an image becomes a link too, so that nothing is loaded from elsewhere. */
  #link(bracket) {
    const end = labelEnd(this.text, bracket);
    if (end < 0 || !this.options.links) return null;
    const label = this.text.slice(bracket + 1, end);
    LINK_TARGET.lastIndex = end + 1;
    const target = LINK_TARGET.exec(this.text);
    if (!target) return null;
    this.at = LINK_TARGET.lastIndex;
    const children = renderInline(label, { links: false }, this.depth + 1);
    return externalLink(target[1], ...children) ?? h("span", {}, ...children);
  }

  #bareUrl() {
    const found = this.#match(BARE_URL)?.[0];
    if (!found) return null;
    const address = withoutPunctuation(found);
    this.at -= found.length - address.length;
    return this.#urlLink(address);
  }

  #urlLink(address) {
    if (!address) return null;
    return (this.options.links && externalLink(address, address)) || address;
  }
}

/** A URL without the punctuation of the sentence around it. */
function withoutPunctuation(address) {
  const bare = address.replace(/[.,;:!?*_~]{1,9}$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? withoutPunctuation(bare.slice(0, -1)) : bare;
}

function externalLink(address, ...children) {
  const href = safeUrl(address);
  return href && h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function runLength(text, at, character) {
  let end = at;
  while (text[end] === character) end += 1;
  return end - at;
}

function findFence(text, fence, from) {
  for (let at = text.indexOf(fence, from); at >= 0; at = text.indexOf(fence, at)) {
    const run = runLength(text, at, "`");
    if (run === fence.length) return at;
    at += run;
  }
  return -1;
}

/** Where an emphasis ends: a run of its own length (or 3, which ends two), after a word. */
function findEmphasisEnd(text, mark, from) {
  const character = mark[0];
  for (let at = text.indexOf(character, from); at >= 0; at = text.indexOf(character, at)) {
    const run = runLength(text, at, character);
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
  for (let at = bracket; at < Math.min(text.length, bracket + MAX_LABEL_LENGTH); at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") depth += 1;
    else if (text[at] === "]" && --depth === 0) return at;
  }
  return -1;
}
