"""The server's log as JSON, a line for each record, with the learner's hash and never a token."""

import json
import logging
import re
import threading
from datetime import UTC, datetime

import streamlit.logger
from streamlit.runtime.scriptrunner import get_script_run_ctx

_TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])|(?<=Bearer )\S+")


class JsonLines(logging.Formatter):
    """One object for each record: time, level, logger, owner, message, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """Put the record on one line, without what looks like a token."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "owner": _owner(),
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        kept = {name: _TOKEN.sub("…", value) for name, value in fields.items() if value}
        return json.dumps(kept, ensure_ascii=False)


def write_json() -> None:
    """Send all records to standard error as JSON, those of loggers that Streamlit makes later too."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    streamlit.logger.setup_formatter = _leave_to_root  # Streamlit gives each of its loggers a handler
    streamlit.logger.update_formatter()
    for name in ("uvicorn", "uvicorn.error"):
        _leave_to_root(logging.getLogger(name))
    logging.getLogger("uvicorn.access").propagate = False  # a line for each request is switched off
    logging.captureWarnings(True)
    threading.excepthook = _log_thread


def _leave_to_root(logger: logging.Logger) -> None:
    logger.handlers.clear()
    logger.propagate = True


def _log_thread(death: threading.ExceptHookArgs) -> None:
    if death.exc_value is not None:
        logging.getLogger("threading").error("a thread has ended", exc_info=death.exc_value)


def _owner() -> str | None:
    """The learner whose script writes the record, read where Streamlit doesn't interrupt the script."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_state.filtered_state.get("owner")
