"""The language of a page while it runs."""

import pytest

from pages.app import language


def test_it_is_looked_up_once_for_a_run_and_again_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = "zh"
    monkeypatch.setattr(language, "chosen", lambda *_: choice)
    with pytest.raises(ZeroDivisionError), language.settled():
        choice = "en"
        assert language.current() == "zh" and language.shared("page.training") == "训练 LeNet"
        raise ZeroDivisionError  # st.stop and st.rerun are exceptions too
    assert language.current() == "en"
