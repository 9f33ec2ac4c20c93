"""The Explore page in a real browser: what a teacher and a student do with it."""

import datetime
import re

import pytest
from playwright.sync_api import expect

from tests.waiting import FAR, settled, until

pytestmark = pytest.mark.browser


def explorer(page):
    return page.get_by_test_id("explorer")


def choose(page, option: str) -> None:
    """Click one of the sidebar's segments."""
    page.get_by_test_id("stSidebar").get_by_role("radio", name=option, exact=True).or_(
        page.get_by_test_id("stSidebar").get_by_role("button", name=option, exact=True)
    ).first.click()


def step_of(page) -> int:
    return int(explorer(page).get_attribute("data-step"))


def expect_step(page, step: int) -> None:
    """The pictures follow within a frame."""
    expect(explorer(page)).to_have_attribute("data-step", str(step))


def identity_of(page) -> str:
    return explorer(page).get_attribute("data-painted")


def wait_for_other(page, identity: str) -> str:
    """Wait until something else than `identity` is painted."""
    page.locator(
        f'[data-testid="explorer"][data-painted]:not([data-painted="{identity}"])'
    ).wait_for()
    return identity_of(page)


def top_rows(page) -> list[tuple[str, str]]:
    rows = page.get_by_test_id("inspector-top").locator("[data-token]").all()
    return [
        (row.get_attribute("data-token"), row.get_attribute("data-probability")) for row in rows
    ]


def test_the_page_opens_and_explains_itself(visit):
    page = visit()
    page.get_by_text(
        "An LSTM of 80 units, trained for 3,000 steps on Skerrow Time, reads 110 characters it has"
    ).wait_for()
    page.get_by_text(re.compile("vanishes · ×0\\.[0-9]+ per step back")).first.wait_for()
    page.locator('[data-testid="lanes"][data-painted]').wait_for()
    assert int(explorer(page).get_attribute("data-steps")) == 110
    assert len(top_rows(page)) in (5, 6)
    assert "Traceback" not in page.inner_text("body")


def test_the_keyboard_moves_everything_and_the_link_follows(visit):
    page = visit()
    explorer(page).focus()
    page.keyboard.press("Home")
    expect_step(page, 1)
    before, read = top_rows(page), page.get_by_test_id("inspector-step").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_step(page, 3)
    assert top_rows(page) != before
    assert page.get_by_test_id("inspector-step").inner_text() != read
    page.wait_for_url(re.compile(r"[?&]t=3(&|$)"))
    page.keyboard.press("End")
    expect_step(page, 110)
    page.wait_for_url(re.compile(r"[?&]t=110(&|$)"))


def test_python_hears_nothing_until_the_cursor_rests(visit):
    page = visit()
    settled(page)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sent = []
    session.on("Network.webSocketFrameSent", lambda event: sent.append(event))  # noqa: PLW0108
    box = explorer(page).locator("canvas").last.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    steps = set()
    for k in range(60):
        page.mouse.move(box["x"] + (0.9 - 0.01 * k) * box["width"], box["y"] + box["height"] / 2)
        steps.add(step_of(page))
    assert len(steps) > 10
    assert sent == []
    page.clock.install()
    page.mouse.up()
    page.wait_for_url(re.compile(rf"[?&]t={step_of(page)}(&|$)"))
    settled(page)
    page.clock.run_for(3000)  # nothing is said later either, nor in answer to the answer
    settled(page)
    assert len(sent) == 1


def test_the_cursor_survives_changes_of_model_and_text(visit):
    page = visit("?t=40&weights=untrained")
    expect_step(page, 40)
    first = identity_of(page)
    choose(page, "GRU")
    second = wait_for_other(page, first)
    expect_step(page, 40)
    page.get_by_text("An untrained GRU of 32 units").wait_for()
    page.get_by_label("Steps (to 500)", exact=True).fill("25")
    page.keyboard.press("Enter")
    wait_for_other(page, second)
    expect_step(page, 25)
    explorer(page).focus()
    page.keyboard.press("ArrowLeft")
    expect_step(page, 24)


def test_an_uploaded_file_is_read_and_stays_private(visit, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("A secret about émigrés 👩🏽‍🚀 and ships. " * 20, encoding="utf-16")
    page = visit("?text=upload&steps=60&weights=untrained")
    before = identity_of(page)
    page.locator('input[type="file"]').set_input_files(str(file))
    after = wait_for_other(page, before)
    page.get_by_text("UTF-16").first.wait_for()
    page.get_by_text("reads 60 characters").wait_for()
    explorer(page).focus()
    page.keyboard.press("Home")
    expect(page.get_by_test_id("inspector-step")).to_contain_text("“A”")
    assert "secret" not in page.url
    choose(page, "RNN")
    wait_for_other(page, after)
    page.get_by_text("An untrained RNN of 32 units reads 60 characters").wait_for()


def test_a_file_that_is_no_text_gets_one_sentence_and_loses_nothing(visit, tmp_path):
    file = tmp_path / "picture.txt"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    page = visit("?text=upload&steps=50")
    before = identity_of(page)
    page.locator('input[type="file"]').set_input_files(str(file))
    alert = page.get_by_test_id("stAlert")
    alert.wait_for()
    assert alert.count() == 1
    assert "PNG" in alert.inner_text() or "binary" in alert.inner_text()
    until(lambda: identity_of(page), before)
    assert "Traceback" not in page.inner_text("body")


def test_user_text_never_becomes_html(visit):
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script> **bold** $x^2$ :red[no]" * 3
    page = visit("?text=paste&steps=80")
    before = identity_of(page)
    page.get_by_label("Your text").fill(hostile)
    page.get_by_label("Your text").press("Control+Enter")
    wait_for_other(page, before)
    assert page.locator('img[src="x"]').count() == 0
    explorer(page).focus()
    page.keyboard.press("Home")
    expect(page.get_by_test_id("inspector-step")).to_contain_text("“<”")


def test_a_link_reproduces_the_screen(visit):
    page = visit("?weights=untrained")
    first = identity_of(page)
    choose(page, "GRU")
    second = wait_for_other(page, first)
    page.get_by_label("Units (to 512)").fill("20")
    page.keyboard.press("Enter")
    third = wait_for_other(page, second)
    explorer(page).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"[?&]t=2(&|$)"))
    page.get_by_role("button", name="Fold", exact=True).click()
    page.get_by_label("Steps a second", exact=False).select_option("8")
    page.get_by_test_id("window").fill("40")
    for words in ("fold=1", "speed=8", "truncate=40"):
        page.wait_for_url(re.compile(rf"[?&]{words}(&|$)"))
    link, rows = page.url, top_rows(page)
    other = visit(link[link.index("?") :])
    assert identity_of(other) == third
    expect_step(other, 2)
    assert top_rows(other) == rows
    expect(other.get_by_role("button", name="Unfold", exact=True)).to_be_visible()
    other.get_by_text("Folded, at t = 2").wait_for()
    assert other.get_by_label("Steps a second", exact=False).input_value() == "8"
    assert other.get_by_test_id("window").input_value() == "40"
    other.get_by_role("button", name="Unfold", exact=True).click()
    other.get_by_test_id("window").fill("")
    other.wait_for_url(lambda address: "fold" not in address and "truncate" not in address)
    other.go_back()
    expect(other.get_by_test_id("window")).to_have_value("40")
    other.get_by_text("Unrolled around t = 2").wait_for()
    other.go_back()
    other.get_by_text("Folded, at t = 2").wait_for()
    other.go_forward()
    other.get_by_text("Unrolled around t = 2").wait_for()
    other.go_back()
    other.get_by_text("Folded, at t = 2").wait_for()
    # What Back undid does not come again with the next choice, and can itself be chosen again.
    other.get_by_label("What the heatmap shows").select_option("update")
    other.wait_for_url(re.compile("lane=update"))
    assert "fold=1" in other.url
    other.get_by_role("button", name="Unfold", exact=True).click()
    other.wait_for_url(lambda address: "fold" not in address)


def test_one_loss_alone_is_run_back_from_and_a_link_shows_it_again(visit):
    page = visit("?t=40&speed=16")
    first = identity_of(page)
    explorer(page).focus()
    page.keyboard.press("l")
    page.keyboard.press("b")
    alone = wait_for_other(page, first)
    page.wait_for_url(re.compile(r"[?&]origin=40(&|$)"))
    expect(explorer(page)).to_have_attribute("data-run", "backward ended")
    expect(page.locator(".motion + .how")).to_contain_text("Loss at t = 40 alone. ")
    page.get_by_text("Loss at step 40 alone: ").wait_for()
    page.get_by_text("exact zero: 70").wait_for()
    other = visit(page.url[page.url.index("?") :])
    assert identity_of(other) == alone
    assert other.get_by_test_id("origin").input_value() == "40"
    expect_step(other, step_of(page))
    until(other.locator(".inspector").inner_text, page.locator(".inspector").inner_text())
    lanes = other.get_by_test_id("lanes")
    expect(lanes).to_contain_text("gradient of the loss at step 40 alone")
    other.get_by_test_id("origin").fill("")
    assert wait_for_other(other, alone) == first
    other.wait_for_url(lambda address: "origin" not in address)
    expect(lanes).to_contain_text("gradient of the loss at the last step.")
    other.clock.install()
    for day, asked in enumerate(("7", "31", "9")):  # with the cursor and the edges, as one thing
        field = other.get_by_test_id("origin")
        other.clock.pause_at(FAR + datetime.timedelta(days=day))  # typed without a rest
        field.press("Home")
        field.press("Delete")
        field.press("Delete")
        field.press_sequentially(asked)
        other.clock.resume()
        step = other.locator(f'[data-testid="explorer"][data-step="{asked}"]')
        step.wait_for()
        other.wait_for_url(
            lambda address, asked=asked: all(
                re.search(rf"[?&]{word}={asked}(&|$)", address) for word in ("t", "origin")
            )
        )
        expect(lanes).to_contain_text(f"gradient of the loss at step {asked} alone")
    other.go_back()
    expect(other.get_by_test_id("origin")).to_have_value("31")
    expect_step(other, 31)


def test_where_two_pictures_report_at_once_neither_report_is_lost(visit):
    page = visit("generate?rule=greedy&length=20")
    expect(page.get_by_test_id("writing").first).to_have_attribute("data-playing", "false")
    page.wait_for_url(re.compile(r"[?&]g=20(&|$)"))
    settled(page)
    read_before = step_of(page) - 20
    explorer(page).focus()
    for _ in range(4):  # moves the written text's cursor too, and each rests as long
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("l")
        origin = step_of(page)
        written = origin - read_before
        for words in (f"origin={origin}", f"g={written}"):
            page.wait_for_url(re.compile(rf"[?&]{words}(&|$)"))
        settled(page)
        expect(page.get_by_test_id("origin")).to_have_value(str(origin))
        assert re.search(rf"[?&]g={written}(&|$)", page.url)
    page.keyboard.press("b")
    expect(explorer(page)).to_have_attribute("data-run", re.compile("backward"))
    assert "edges=gradient" in page.url


def test_what_back_undid_can_be_chosen_once_more(visit):
    page = visit("?t=2&lane=c")
    explorer(page).focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile("t=3"))
        page.go_back()
        expect_step(page, 2)
    lane = page.get_by_label("What the heatmap shows")
    for _ in range(2):
        lane.select_option("h")
        page.wait_for_url(re.compile("lane=h(&|$)"))
        page.go_back()
        expect(lane).to_have_value("c")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_at_the_extremes(visit, scheme):
    page = visit("?steps=500&units=128&layers=2&both=true", color_scheme=scheme)
    assert int(explorer(page).get_attribute("data-steps")) == 500
    explorer(page).focus()
    for key in ("Home", "End", "ArrowLeft", "ArrowUp", "ArrowDown", "PageUp", "PageDown"):
        page.keyboard.press(key)
    shortest = visit("?steps=1&units=1&cell=rnn_relu", color_scheme=scheme)
    expect_step(shortest, 1)


def test_a_link_with_short_names_survives_a_reload(visit):
    page = visit("?cell=gru&loss=mean&start=normal&sigma=0.5&steps=30&text=&tokens=nonsense")
    page.get_by_text("An untrained GRU of 32 units reads 30 characters").wait_for()
    shown = identity_of(page)
    assert "cell=GRU" in page.url
    assert "sigma=0.5" in page.url
    page.reload()
    page.locator(f'[data-testid="explorer"][data-painted="{shown}"]').wait_for()
    page.get_by_text("An untrained GRU of 32 units reads 30 characters").wait_for()
