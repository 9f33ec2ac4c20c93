"""The explorer component in a real browser, without Streamlit: numbers, commits, odd input."""

import base64
import dataclasses

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components.bundle import javascript, stylesheet
from app.components.explorer import FOLDER, MODULES, STYLES, ExplorerView, Lane
from app.components.explorer.pack import pack
from tests.explorer_views import ARRAYS, H, K, N, T, make_references, make_view
from tests.waiting import drawn, stop_clock, until

pytestmark = pytest.mark.browser

SHOW = """async ([block, identity]) => {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = explorer({ data: bytes, parentElement: document.body, setStateValue });
  const root = document.querySelector('[data-testid="explorer"]');
  const last = performance.now() + 10_000;
  while (root.dataset.painted !== identity) {
    if (performance.now() > last) throw new Error(`"${identity}" is not painted`);
    await new Promise((go) => setTimeout(go, 5));
  }
}"""


@pytest.fixture
def blank(browser):
    """An empty page with the component's code, and no Streamlit; it must see no error."""
    page = browser.new_page(viewport={"width": 960, "height": 720}, reduced_motion="reduce")
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
    page.set_content(f"<style>{stylesheet(FOLDER, STYLES)}</style>")
    code = javascript(FOLDER, MODULES).replace(
        "export default function explorerComponent", "window.explorer = function"
    )
    page.add_script_tag(content=code, type="module")
    page.wait_for_function("() => 'explorer' in window")  # a module script runs when it likes
    yield page
    page.close()
    assert seen == []


def show(page: Page, view: ExplorerView) -> None:
    block = base64.b64encode(pack(view)).decode()
    page.evaluate(SHOW, [block, view.identity])


def test_the_numbers_on_screen_are_the_arrays_of_the_step(blank):
    view = make_view()
    show(blank, view)
    root = blank.get_by_test_id("explorer")
    assert root.get_attribute("data-steps") == str(T)
    root.focus()
    for t in range(T):
        blank.wait_for_function(
            "step => document.querySelector('.explorer').dataset.step === step", arg=str(t + 1)
        )
        rows = blank.locator('[data-testid="inspector-top"] [data-token]')
        said = [float(rows.nth(at).get_attribute("data-probability")) for at in range(K)]
        assert said == view.top_probability[t].astype(float).tolist()
        beyond = view.truth_rank[t] > K
        assert rows.count() == K + beyond
        true = blank.locator('[data-testid="inspector-top"] [data-true="true"]')
        assert true.count() == 1
        assert true.get_attribute("data-rank") == str(view.truth_rank[t])
        if beyond:
            assert true.get_attribute("data-token") == view.targets[t]
        norm = float(blank.get_by_test_id("gradient-value").inner_text())
        assert norm == pytest.approx(10 ** view.gradient[1, t], rel=5e-3)
        blank.keyboard.press("ArrowRight")


def fills(page: Page) -> list[float]:
    """The width of each model's bar, as a share of its whole length."""
    return page.get_by_test_id("inspector-surprise").evaluate(
        "node => [...node.querySelectorAll('.bar')].map((bar) => "
        "bar.firstChild.offsetWidth / bar.clientWidth)"
    )


def test_every_models_surprise_by_the_token_stands_beside_the_networks(blank):
    view = make_view(references=make_references(), reference_note="counted elsewhere")
    show(blank, view)
    blank.get_by_test_id("explorer").focus()
    models = {"network": view.surprise} | {each.key: each.surprise for each in view.references}
    rows = blank.get_by_test_id("inspector-surprise").locator("[data-model]")
    whole = 2 * np.log(len(view.vocabulary))
    for t in range(T):
        blank.wait_for_function(
            "step => document.querySelector('.explorer').dataset.step === step", arg=str(t + 1)
        )
        assert [row.get_attribute("data-model") for row in rows.all()] == list(models)
        said = rows.locator(".value").all_inner_texts()
        if t == 0:
            assert said == ["–"] * 3
            assert fills(blank) == [0, 0, 0]
        else:
            nats = [float(surprise[t - 1]) for surprise in models.values()]
            assert [float(row.get_attribute("data-nats")) for row in rows.all()] == nats
            assert [each == "∞" for each in said] == np.isinf(nats).tolist()
            numbers = [float(each.replace("∞", "inf")) for each in said]
            assert numbers == pytest.approx(nats, abs=6e-5)
            shares = [min(each / whole, 1) for each in nats]
            assert fills(blank) == pytest.approx(shares, abs=0.03)
        blank.keyboard.press("ArrowRight")
    assert "counted elsewhere" in blank.get_by_test_id("inspector-surprise").get_attribute("title")


def test_the_network_alone_has_no_table_of_models_and_no_further_colour(blank):
    show(blank, make_view(strip="difference", loss={"at": "mean", "value": 1, "perplexity": 2.7}))
    assert blank.get_by_test_id("inspector-surprise").count() == 0
    colour = blank.get_by_label("Colour of the text")
    assert colour.input_value() == "surprise"
    values = colour.locator("option").evaluate_all("all => all.map((each) => each.value)")
    assert values == ["surprise", "gradient", "unit"]
    assert "perplexity 2.70. Below" in blank.locator(".headline").inner_text()


def token_colours(page: Page) -> list[tuple[int, ...]]:
    """Red, green and blue behind each token, () where there is no number."""
    read = "all => all.map(({ style }) => style.color ? style.backgroundColor : '')"
    found = page.locator(".token").evaluate_all(read)
    return [tuple(int(part) for part in text[4:-1].split(",")) if text else () for text in found]


def test_the_text_is_coloured_by_a_reference_and_by_the_difference_to_the_last(blank):
    view = make_view(references=make_references(), reference_note="counted elsewhere")
    guess = np.log(len(view.vocabulary))
    ours = np.array([2, 6, 2, 1, 9, 4, 3.0])
    theirs = np.array([2, np.inf, 5, 1 + guess / 2, 1, 3, 3.0])
    last = dataclasses.replace(view.references[-1], surprise=theirs)
    references = (view.references[0], last)
    show(blank, dataclasses.replace(view, surprise=ours, references=references))
    colour = blank.get_by_label("Colour of the text")
    texts = colour.locator("option").all_inner_texts()
    assert texts == ["surprise", "surprise: unigram", "surprise: bigram", "network − bigram",
                     "gradient norm", "chosen unit"]  # fmt: skip
    seen = {}
    for value in ("surprise", "reference:unigram", "reference:bigram", "difference"):
        colour.select_option(value)
        blank.wait_for_function(
            "wanted => document.querySelector('.how').textContent.includes(wanted)",
            arg={"surprise": "−log p", "difference": "Blue"}.get(value, value[10:]),
        )
        seen[value] = token_colours(blank)
        assert seen[value][0] == ()  # nothing came before
        assert blank.locator(".token.unknown").count() == 0  # and that is no missing number
        ends = blank.locator(".scale .end").all_inner_texts()[:2]
        expected = ("0", 2 * guess) if value != "difference" else (f"−{guess:.1f}", guess)
        assert ends == [expected[0], f"{expected[1]:.1f} nats"]
    assert blank.evaluate("window.told") == [
        ["strip", each] for each in ("reference:unigram", "reference:bigram", "difference")
    ]
    assert seen["reference:bigram"][2] == seen["surprise"][5]  # both beyond the scale: inf, 9
    blue, orange, zero = seen["difference"][2], seen["difference"][5], seen["difference"][1]
    assert blue[2] > blue[0]  # the bigram held it impossible: the network expected it more
    assert orange[0] > orange[2]
    assert min(zero) > 250  # no difference is no colour on a white ground
    for reference in references:  # the same colours as if they were the network's
        colour.select_option("surprise")
        show(blank, dataclasses.replace(view, identity=reference.key, surprise=reference.surprise))
        assert seen[f"reference:{reference.key}"] != seen["surprise"]
        until(lambda: token_colours(blank), seen[f"reference:{reference.key}"])


def test_the_numbers_close_up_before_they_reach_below_the_pictures(blank):
    hidden = make_view().lanes[0]
    lanes = (hidden, *(dataclasses.replace(hidden, key=f"gate {at}") for at in range(13)))
    show(blank, make_view(references=make_references(), lanes=lanes))
    ends = """() => [document.querySelector('.inspector'), document.querySelector('.main')].map(
        (column) => column.lastChild.getBoundingClientRect().bottom)"""
    for height, tight in ((720, True), (1000, False), (720, True)):
        blank.set_viewport_size({"width": 1280, "height": height})
        blank.wait_for_function(
            "tight => document.querySelector('.inspector').matches('.tight') === tight", arg=tight
        )
        numbers, pictures = blank.evaluate(ends)
        assert numbers <= pictures


def test_the_headline_names_the_best_reference_for_the_loss_of_all_steps_only(blank):
    words = "A unigram counted elsewhere: perplexity 12.5."
    view = make_view(references=make_references(), reference_note="counted elsewhere")
    show(blank, view)
    assert words not in blank.locator(".headline").inner_text()
    mean = {"at": "mean", "value": 2.5, "perplexity": 12.18}
    show(blank, dataclasses.replace(view, identity="two", loss=mean))
    assert f"perplexity 12.2. {words} Below" in blank.locator(".headline").inner_text()


def test_python_hears_of_the_cursor_once_it_rests_and_not_again(blank):
    show(blank, make_view())
    blank.get_by_test_id("explorer").focus()
    stop_clock(blank)
    for _ in range(4):
        blank.keyboard.press("ArrowRight")
        blank.clock.run_for(240)
    assert blank.evaluate("window.told") is None
    blank.clock.run_for(20)
    assert blank.evaluate("window.told") == [["cursor", 4]]
    blank.keyboard.press("ArrowRight")
    blank.keyboard.press("ArrowLeft")
    blank.clock.run_for(2000)
    assert blank.evaluate("window.told") == [["cursor", 4]]
    blank.clock.resume()
    show(blank, make_view(identity="two", cursor=0))
    assert blank.get_by_test_id("explorer").get_attribute("data-step") == "5"
    blank.get_by_label("What the heatmap shows").select_option("reset")
    assert blank.evaluate("window.told.at(-1)") == ["lane", "reset"]


def test_user_text_never_becomes_markup_and_the_component_leaves_nothing(blank):
    tokens = ("<b>", "x", "</b>", "<img src=x onerror=alert(1)>", "&amp;", '"', "'")
    show(blank, make_view(inputs=tokens, title="<b>bold</b>", vocabulary=(*tokens, "y", "z")))
    assert blank.locator(".explorer b, .explorer img").count() == 0
    assert blank.locator(".title").inner_text() == "<b>bold</b>"
    blank.evaluate("leave()")
    assert blank.locator(".explorer").count() == 0


@pytest.mark.parametrize("size", ["one step, one unit", "nothing but NaN", "no gradient"])
def test_odd_numbers_are_drawn_without_an_error(blank, size):
    view = make_view(identity=size, references=make_references())
    if size == "nothing but NaN":
        lost = np.full((T, H), np.nan, np.float32)
        lane = Lane("h", "h", lost, "signed_own")
        view = dataclasses.replace(
            view, hidden=np.stack([lost, lost]), lanes=(lane,), surprise=np.full(T, np.nan)
        )
    elif size == "no gradient":
        none = np.full((N, T), np.nan)
        flags = np.arange(N * T, dtype=np.uint8).reshape(N, T) % 3 + 1
        view = dataclasses.replace(view, gradient=none, gradient_flags=flags, fit=None)
    else:
        fields = {each.name: getattr(view, each.name) for each in dataclasses.fields(view)}
        cut = {name: fields[name][:1] for name in ("inputs", "targets", "share_own")}
        cut |= {name: fields[name][:1] for name in ARRAYS if fields[name].shape[0] == T}
        cut |= {name: fields[name][:, :1] for name in ARRAYS if fields[name].shape[0] == N}
        cut["hidden"] = fields["hidden"][:, :1, :1]
        lane = Lane("h", "h", cut["hidden"][1])
        cut |= {"lanes": (lane,), "hidden_size": 1, "similarity": None, "fit": None}
        cut |= {"references": make_references(1)}
        view = ExplorerView(**(fields | cut))
    show(blank, view)
    blank.get_by_test_id("explorer").focus()
    for key in ("End", "ArrowDown", "Home", "Space", "ArrowUp", "Shift+ArrowRight"):
        blank.keyboard.press(key)
    blank.get_by_role("button", name="gradient back").click()
    for colour in ("difference", "reference:bigram", "gradient"):
        blank.get_by_label("Colour of the text").select_option(colour)
    blank.get_by_test_id("gradient").hover()
    blank.get_by_test_id("diagram").hover()
    drawn(blank)
    if size == "no gradient":
        words = ["0 (exactly)", "underflow", "not finite"]
        assert any(word in blank.get_by_test_id("gradient-value").inner_text() for word in words)
        for word in ("exact zero", "underflow", "non-finite"):
            assert word in blank.locator(".flags").inner_text()
