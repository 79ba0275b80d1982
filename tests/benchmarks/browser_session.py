"""A visitor without a browser, who speaks Streamlit's protocol over a WebSocket as its front end would.

Reruns come one at a time.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 30.0  # seconds for one answer
_LARGEST = 64 * 2**20  # bytes of one message


@dataclass(frozen=True)
class Sample:
    """One answered request.

    `kind` is "first", "rerun", "change" or "fragment", `at` the moment it was sent (time.perf_counter).
    """

    kind: str
    at: float
    seconds: float


def _strings(values: Iterable[str]) -> dict[str, Any]:
    return {"string_array_value": StringArray(data=values)}


# What a browser reports of a control that nobody has touched. Expanders, never opened here, are left out.
_VALUES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "button_group": lambda proto: _strings(
        proto.raw_values if proto.set_value else (proto.options[k].content for k in proto.default)
    ),
    "multiselect": lambda proto: _strings(
        proto.raw_values if proto.set_value else (proto.options[k] for k in proto.default)
    ),
    "selectbox": lambda proto: {
        "string_value": proto.raw_value if proto.set_value else proto.options[proto.default]
    },
    "pagination": lambda proto: {"int_value": proto.value if proto.set_value else proto.default},
    "number_input": lambda proto: {"double_value": proto.value if proto.set_value else proto.default},
    "checkbox": lambda proto: {"bool_value": proto.value if proto.set_value else proto.default},
    "text_input": lambda proto: {"string_value": proto.value if proto.set_value else proto.default},
}


class SessionError(Exception):
    """No answer came, or the script failed."""


class BrowserSession:
    """One tab; each request waits for the one before, its seconds end with the script's `script_finished`."""

    def __init__(self, socket: ClientConnection, port: int, page: str, query: str) -> None:
        self._socket = socket
        self._state = ClientState(page_name=page, query_string=query)
        self._state.context_info.url = f"http://127.0.0.1:{port}/{page}"
        self._state.context_info.timezone = "UTC"
        self._state.context_info.locale = "en"
        self._token = secrets.token_hex(32)
        self._cached: set[str] = set()
        self._timers: dict[str, tuple[float, float]] = {}  # fragment -> (due, period)
        self._buttons: dict[str, str] = {}  # key of a button -> its widget id
        self._owner = ""  # widget id of the component that asks who this is
        # States of the controls on the page, sent with every request, and those of the tabs that were opened.
        self._values: dict[str, WidgetState] = {}
        self._tabs: dict[str, WidgetState] = {}
        self._kept: dict[str, WidgetState] = {}  # those of the page before it was drawn again
        # Key of a control or of tabs -> widget id, kind, fragment.
        self._places: dict[str, tuple[str, str, str]] = {}
        self.samples: list[Sample] = []
        self.received, self.messages = 0, 0  # bytes
        self.exceptions: list[str] = []

    @classmethod
    async def open(cls, port: int, page: str, query: str = "") -> Self:
        """Connect and draw the page; on a hosted server send the owner too, as the browser component does."""
        origin = f"http://127.0.0.1:{port}"
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        socket = await connect(
            address,
            subprotocols=["streamlit"],
            origin=origin,
            max_size=_LARGEST,
            compression=None,
            proxy=None,
        )
        session = cls(socket, port, page, query)
        await session._request("first")
        if session._owner:
            owner = WidgetState(id=session._owner, json_value=f'{{"token": "{session._token}"}}')
            await session._request("first", owner)
        return session

    async def close(self) -> None:
        await self._socket.close()

    async def rerun(self) -> None:
        """Run the whole script, as any control outside a fragment does."""
        await self._request("rerun")

    async def press(self, key: str) -> None:
        """Click a button. Raises SessionError when there is none with this key."""
        if key not in self._buttons:
            raise SessionError(f"no button {key}; there are {sorted(self._buttons)}; {self.exceptions}")
        await self._request("rerun", WidgetState(id=self._buttons[key], trigger_value=True))

    async def change(self, key: str, value: Any) -> None:
        """Choose an option by its label, set a number, or open a tab.

        Where the control lies in a fragment, only the fragment runs. Raises SessionError when there is no
        such control.
        """
        if key not in self._places:
            raise SessionError(f"no control {key}; there are {sorted(self._places)}; {self.exceptions}")
        widget, kind, fragment = self._places[key]
        field = {
            "pagination": "int_value",
            "number_input": "double_value",
            "button_group": "string_array_value",
        }.get(kind, "string_value")
        state = WidgetState(id=widget, **(_strings([value]) if kind == "button_group" else {field: value}))
        (self._tabs if kind == "tabs" else self._values)[widget] = state
        await self._request("change", *([] if fragment else [state]), fragment=fragment)

    async def idle(self, seconds: float) -> None:
        """Think for a while; fragments that redraw themselves keep doing so."""
        until = time.perf_counter() + seconds
        while (now := time.perf_counter()) < until:
            fragment, (due, period) = min(
                self._timers.items(), key=lambda item: item[1][0], default=("", (until, 0.0))
            )
            await asyncio.sleep(max(0.0, min(due, until) - now))
            if due < until:
                # A browser skips the redraws it is late for.
                self._timers[fragment] = (max(due, time.perf_counter() - period) + period, period)
                await self._request("fragment", fragment=fragment)

    async def rest(self) -> None:
        """Look on until nothing on the page redraws itself any more."""
        while self._timers:
            await self.idle(0.25)

    async def _request(self, kind: str, *widgets: WidgetState, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.CopyFrom(self._state)
        state.fragment_id = fragment
        state.is_auto_rerun = kind == "fragment"
        state.cached_message_hashes.extend(self._cached)
        state.widget_states.widgets.extend(
            {
                widget.id: widget for widget in (*self._values.values(), *self._tabs.values(), *widgets)
            }.values()
        )
        if not fragment:
            self._timers.clear()  # they come again if the page still wants them, and so do the controls
            self._values, self._kept = {}, self._values
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        try:
            async with asyncio.timeout(PATIENCE):
                await self._answer()
        except TimeoutError:
            if fragment:
                self._timers.pop(fragment, None)
            raise SessionError(f"{kind}: no answer in {PATIENCE:g} s") from None
        self.samples.append(Sample(kind, began, time.perf_counter() - began))

    async def _answer(self) -> None:
        """Take all messages to the script's end; a fragment that asks for the whole script ends with it."""
        while True:
            data = await self._socket.recv()
            assert isinstance(data, bytes)
            self.received += len(data)
            self.messages += 1
            message = ForwardMsg.FromString(data)
            self._take(message)
            if message.WhichOneof("type") != "script_finished":
                continue
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise SessionError("the script doesn't compile")
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return
            self._timers.clear()  # the whole page follows

    def _take(self, message: ForwardMsg) -> None:
        """Remember the parts of a message that the front end would remember."""
        if message.hash and message.metadata.cacheable:
            self._cached.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._state.page_script_hash, self._state.page_name = message.navigation.page_script_hash, ""
        elif kind == "page_info_changed":
            self._state.query_string = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            period = message.auto_rerun.interval
            self._timers[message.auto_rerun.fragment_id] = time.perf_counter() + period, period
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._timers.pop(fragment, None)
        elif kind == "delta" and message.delta.add_block.tab_container.id:
            self._place(message.delta.add_block.tab_container.id, "tabs", message.delta.fragment_id)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            what = element.WhichOneof("type")
            if what == "button":
                # An id ends with the widget's key.
                self._buttons[element.button.id.rpartition("-")[2]] = element.button.id
            elif what == "bidi_component" and element.bidi_component.id.endswith("-owner_token"):
                self._owner = element.bidi_component.id
            elif what in _VALUES:
                control = getattr(element, what)
                self._values[control.id] = self._value(what, control)
                self._place(control.id, what, message.delta.fragment_id)
            elif what == "exception":
                self.exceptions.append(f"{element.exception.type}: {element.exception.message}"[:200])

    def _value(self, what: str, control: Any) -> WidgetState:
        """The visitor's value where the control isn't new and the server sets none."""
        known = self._values.get(control.id) or self._kept.get(control.id)
        if known is not None and not control.set_value:
            return known
        return WidgetState(id=control.id, **_VALUES[what](control))

    def _place(self, widget: str, kind: str, fragment: str) -> None:
        self._places[widget.rpartition("-")[2]] = widget, kind, fragment
