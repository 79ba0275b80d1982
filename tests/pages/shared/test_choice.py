"""Choices in session and link: what a learner chose stays, what nobody chose follows the default."""

from streamlit.testing.v1 import AppTest


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
