"""Markdown: what each construct is rendered as, and that streaming changes nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fake_server import FakeServer

RENDER = """async (text) => {
  const { renderMarkdown } = await import("/page/markdown.js");
  const root = document.createElement("div");
  root.append(...renderMarkdown(text));
  return root.innerHTML;
}"""
STREAM = """async (text) => {
  const { StreamingMarkdown } = await import("/page/markdown_stream.js");
  window.requestAnimationFrame = (render) => (render(), 0);
  const root = document.createElement("div");
  const markdown = new StreamingMarkdown(root, () => null);
  for (let end = 1; end <= text.length; end += 1) markdown.write(text.slice(0, end));
  return root.innerHTML;
}"""
SAME_NODES = """async ([before, after]) => {
  const { StreamingMarkdown } = await import("/page/markdown_stream.js");
  window.requestAnimationFrame = (render) => (render(), 0);
  const root = document.createElement("div");
  const markdown = new StreamingMarkdown(root, () => null);
  markdown.write(before);
  const nodes = [...root.children];
  markdown.write(before + after);
  return nodes.map((node) => root.contains(node));
}"""
RENDER_LATER = """(text) => {
  setTimeout(async () => {
    (await import("/page/markdown.js")).renderMarkdown(text);
    document.body.dataset.rendered = text.length;
  });
}"""


def link(url: str, label: str) -> str:
    return f'<a href="https://{url}" target="_blank" rel="noopener noreferrer">{label}</a>'


@pytest.fixture(scope="module")
def modules(browser: Browser, fake_server: FakeServer) -> Iterator[Page]:
    """A page to import modules in."""
    page = browser.new_page()
    page.goto(fake_server.url)
    yield page
    page.close()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one\ntwo</p><p>three</p>"),
        ("one  \ntwo\\\nthree", "<p>one<br>two<br>three</p>"),
        ("# A\n### *B* #", "<h3>A</h3><h5><em>B</em></h5>"),
        ("#hashtag", "<p>#hashtag</p>"),
        ("***\n\n- - -", "<hr><hr>"),
        (
            "**a** __b__ *c* _d_ ***e*** ~~f~~",
            "<p><strong>a</strong> <strong>b</strong> <em>c</em> "
            "<em>d</em> <strong><em>e</em></strong> <del>f</del></p>",
        ),
        ("**a *b***", "<p><strong>a <em>b</em></strong></p>"),
        ("2 * 3 * 4, a_b_c, **open", "<p>2 * 3 * 4, a_b_c, **open</p>"),
        (r"\*a\* \<b\> \\", "<p>*a* &lt;b&gt; \\</p>"),
        ("`a*b*` ``c`d`` `open", "<p><code>a*b*</code> <code>c`d</code> `open</p>"),
        ("> a\n> - b\n\nc", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote><p>c</p>"),
        (
            "- a\n- b\n  - c\n\n    d\n- e",
            "<ul><li>a</li><li>b<ul><li>c<p>d</p></li></ul></li><li>e</li></ul>",
        ),
        ("1. a\n   - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("3) a\n4) b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("28.", "<p>28.</p>"),
        ("It was in\n2019. Then", "<p>It was in\n2019. Then</p>"),
        (
            "a (https://b.example/c_d).",
            f"<p>a ({link('b.example/c_d', 'https://b.example/c_d')}).</p>",
        ),
        ('[*a*](https://b.example/(c) "t")', f"<p>{link('b.example/(c)', '<em>a</em>')}</p>"),
        (
            "[http://a.example](https://b.example)",
            f"<p>{link('b.example', 'http://a.example')}</p>",
        ),
        ("[1] and [a]", "<p>[1] and [a]</p>"),
    ],
)
def test_a_construct_is_rendered(modules: Page, text: str, html: str) -> None:
    assert modules.evaluate(RENDER, text) == html


def test_a_code_block_keeps_its_text(modules: Page) -> None:
    html = modules.evaluate(RENDER, "```sql\nSELECT *\n\n  FROM <t>\n```\nafter")
    assert html == (
        '<pre tabindex="0" aria-label="sql"><code>SELECT *\n\n  FROM &lt;t&gt;</code></pre>'
        "<p>after</p>"
    )


def test_a_table_has_headers_and_alignment(modules: Page) -> None:
    html = modules.evaluate(RENDER, "| a | b |\n|:--|--:|\n| `x` | 1 \\| 2 |\n| short |\n\nafter")
    assert html == (
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Table"><table>'
        '<thead><tr><th class="align-start" scope="col">a</th>'
        '<th class="align-end" scope="col">b</th></tr></thead>'
        '<tbody><tr><td class="align-start"><code>x</code></td>'
        '<td class="align-end">1 | 2</td></tr><tr><td class="align-start">short</td>'
        '<td class="align-end"></td></tr></tbody></table></div><p>after</p>'
    )


LONG = """# Rules

Intro with **bold**, `code` and a [link](https://a.example).
a | b
--|--
1 | 2
3 | *4*

1. first
   - nested

     loose
2. second
- other

> quote
> more

```py
x = "- not a list"

# not a heading
```
Last *line*
#### End
***
done"""


def test_streaming_renders_the_same_as_the_whole_text(modules: Page) -> None:
    assert modules.evaluate(STREAM, LONG) == modules.evaluate(RENDER, LONG)


def test_finished_blocks_are_not_rendered_again(modules: Page) -> None:
    before = "one\n\n- two\n- three\n\nfour\n\nfi"

    assert modules.evaluate(SAME_NODES, [before, "ve\n\nsix"]) == [True, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "*a " * 20_000,
        "**a" * 20_000,
        "`" * 30_000 + "a",
        "[" * 50_000,
        "[a](" * 15_000,
        "> " * 20_000,
        "- " * 20_000,
        "|" * 30_000 + "\n" + "|-" * 15_000,
        "https://" + "a." * 30_000,
        "a" + " " * 50_000 + "b",
        "# " + "#" * 50_000 + " x",
        "\n".join(f"{'  ' * n}- a" for n in range(300)),
    ],
    ids=lambda text: text[:8].strip(),
)
def test_no_text_blocks_the_page(modules: Page, text: str) -> None:
    """Anything quadratic in their length would not end while the test waits."""
    modules.evaluate(RENDER_LATER, text)

    expect(modules.locator("body")).to_have_attribute("data-rendered", str(len(text)))
