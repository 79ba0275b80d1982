"""Choices in session and link: what a learner chose stays, what nobody chose follows the default."""

from functools import partial

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner


def script() -> None:
    import streamlit as st

    from pages.app.choice import choice

    options = ["old", "new", *st.session_state.get("more", [])]
    default = st.session_state.get("default", "old")
    value = choice(
        st.selectbox, "label", options, default, key="page.run", format_func=str.upper, always=True
    )
    st.write(value)


def value(at: AppTest) -> str:
    assert not at.exception
    assert at.query_params["page.run"] == at.markdown[0].value
    return str(at.markdown[0].value)


def test_a_default_is_no_choice() -> None:
    at = AppTest.from_function(script).run()
    assert value(at) == "old"
    at.session_state["default"] = "new"
    assert value(at.run()) == "new"


def test_a_choice_stays_when_the_default_changes() -> None:
    at = AppTest.from_function(script).run()
    at.selectbox(key="page.run").set_value("new").run()
    at.session_state["default"] = "old"
    assert value(at.run()) == "new"


def test_a_link_that_is_followed_wins_over_an_earlier_choice() -> None:
    at = AppTest.from_function(script).run()
    at.selectbox(key="page.run").set_value("new").run()
    at.run()  # the browser's address follows
    at.query_params["page.run"] = "old"
    assert value(at.run()) == "old"
    assert value(at.run()) == "old"


def test_a_link_to_what_is_not_there_gives_way() -> None:
    at = AppTest.from_function(script)
    at.query_params["page.run"] = "nowhere"
    assert value(at.run()) == "old"


def test_a_choice_that_is_gone_gives_way_and_comes_back() -> None:
    at = AppTest.from_function(script)
    at.session_state["more"] = ["third"]
    at.run().selectbox(key="page.run").set_value("third").run()
    at.session_state["more"] = []
    assert value(at.run()) == "old"


def relabelled() -> None:
    import streamlit as st

    from pages.app.choice import choice, chosen

    count = st.session_state.setdefault("count", 0)
    style = {"key": "page.run", "format_func": lambda option: f"{option} of {count}"}
    st.write(choice(st.selectbox, "label", ["old", "new"], "old", **style), chosen("page.run", None))


def test_a_label_from_before_it_changed_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's label holds its state, and a browser may send the one that it was drawn with before."""
    at = AppTest.from_function(relabelled).run()
    at.get_by_key("page.run").set_value("new").run()
    old = at._tree.get_widget_states()
    for count in (1, 2, 3):
        at.session_state["count"] = count
        at.run()
        monkeypatch.setattr(at._tree, "get_widget_states", lambda: old)
        assert at.run().markdown[0].value == "new new"


def putting() -> None:
    import streamlit as st

    from pages.app.choice import choice, chosen, put

    @st.fragment
    def draw() -> None:
        choice(
            st.segmented_control,
            "label",
            ["old", "new", "other"],
            "old",
            key="page.run",
            format_func=str.upper,
            on_change=lambda: st.session_state.update(changes=st.session_state.get("changes", 0) + 1),
        )

    st.button("put", key="page.put", on_click=put, args=("page.run", "new"))
    draw()
    st.write(chosen("page.run", "old"))


def rerun_of(
    fragment: str, monkeypatch: pytest.MonkeyPatch, at: AppTest, sent: object, key: str = "page.run"
) -> None:
    """Rerun one fragment alone, the browser saying that the control shows `sent`."""
    at.get_by_key(key).set_value(sent)
    with monkeypatch.context() as patch:
        patch.setattr(local_script_runner, "RerunData", partial(RerunData, fragment_id_queue=[fragment]))
        at.run()


def test_an_echo_of_the_old_value_undoes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    at = AppTest.from_function(putting).run()
    at.button(key="page.put").click().run()
    assert at.markdown[0].value == "new"
    rerun_of("a timer's", monkeypatch, at, "old")  # sent before the browser has drawn the new value
    at.run()
    assert at.markdown[0].value == "new" and at.get_by_key("page.run").value == "new"
    assert "changes" not in at.session_state
    at.run()  # now it has
    at.get_by_key("page.run").set_value("old").run()
    assert at.markdown[0].value == "old" and at.session_state["changes"] == 1


@pytest.mark.parametrize("own", [True, False])
def test_who_goes_back_at_once_is_heard(monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    at = AppTest.from_function(putting).run()
    at.button(key="page.put").click().run()
    if own:
        rerun_of(at.session_state["fragments"]["page.run"], monkeypatch, at, "old")
    else:
        at.get_by_key("page.run").set_value("old")
    at.run()
    assert at.markdown[0].value == "old" and at.session_state["changes"] == 1


def filling() -> None:
    import streamlit as st

    from pages.app.choice import as_filled, put

    @st.fragment
    def timer() -> None:
        st.write("tick")

    st.button("fill", key="page.fill", on_click=put, args=("page.number", 7))
    timer()
    st.write(str(st.number_input("number", 0, 9, 1, key="page.number", **as_filled("page.number"))))


@pytest.mark.parametrize("later", [1, 3])
def test_an_echo_of_the_old_number_undoes_nothing(monkeypatch: pytest.MonkeyPatch, later: int) -> None:
    at = AppTest.from_function(filling).run()
    at.get_by_key("page.number").set_value(3).run()
    at.button(key="page.fill").click().run()
    assert at.markdown[-1].value == "7"
    rerun_of("a timer's", monkeypatch, at, 3, "page.number")  # sent before the browser has drawn the 7
    at.run()
    assert at.markdown[-1].value == "7" and at.get_by_key("page.number").value == 7
    at.run()  # now it has
    at.get_by_key("page.number").set_value(later).run()
    assert at.markdown[-1].value == str(later)


def test_a_number_typed_at_once_after_filling_is_taken() -> None:
    at = AppTest.from_function(filling).run()
    at.get_by_key("page.number").set_value(3).run()
    at.button(key="page.fill").click().run()
    at.get_by_key("page.number").set_value(3).run()
    assert at.markdown[-1].value == "3"


def test_an_address_that_lags_behind_is_no_link() -> None:
    at = AppTest.from_function(putting).run()
    at.get_by_key("page.run").set_value("new").run()
    assert at.query_params["page.run"] == "new"
    at.get_by_key("page.run").set_value("other").run()
    at.query_params["page.run"] = "new"  # the browser hasn't taken over the other one yet
    at.run()
    assert at.markdown[0].value == "other" and at.query_params["page.run"] == "other"
    at.run()  # now it has
    at.query_params["page.run"] = "new"
    at.run()
    assert at.markdown[0].value == "new"


def bound_controls() -> None:
    import streamlit as st

    from pages.app.choice import bound

    bound(st.number_input, "number", 1, 100, 10, initial=10, key="page.number")
    bound(st.toggle, "switch", initial=False, key="page.switch")
    names, first = {"a": "Alpha", "b": "Beta", "c": "Gamma"}, ["a"]
    bound(
        st.pills,
        "several",
        list(names),
        default=first,
        initial=first,
        selection_mode="multi",
        format_func=names.__getitem__,
        key="page.several",
    )


def test_the_link_says_what_a_control_holds_when_a_message_has_wiped_it_out() -> None:
    at = AppTest.from_function(bound_controls).run()
    at.number_input(key="page.number").set_value(7)
    at.toggle(key="page.switch").set_value(True)
    at.get_by_key("page.several").set_value(["a", "c"])
    at.run()
    held = {"page.number": "7", "page.switch": "true", "page.several": ["Alpha", "Gamma"]}
    assert at.query_params == held

    at.number_input(key="page.number").set_value(10)  # and a late message brings the old ones back
    at.toggle(key="page.switch").set_value(False)
    at.get_by_key("page.several").set_value(["a"])
    at.query_params = held
    at.run()
    assert not at.query_params


def test_a_link_fills_the_controls_and_stays_as_it_is() -> None:
    at = AppTest.from_function(bound_controls)
    link = {"page.number": "7", "page.switch": "true", "page.several": ["Beta", "Gamma"]}
    at.query_params = dict(link)
    for _ in range(2):
        at.run()
        assert at.number_input(key="page.number").value == 7
        assert at.toggle(key="page.switch").value is True
        assert at.get_by_key("page.several").value == ["b", "c"]
        assert at.query_params == link
