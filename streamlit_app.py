"""LeNet Lab's entry point: `streamlit run` serves the App below; run as a script, by tests, it does the same.

A script beside a folder named pages/ starts in Streamlit's legacy multipage mode, which greets the first
visitor of a fresh server with "Page not found" at every address but the first. The script of this App lies
elsewhere.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from starlette.middleware import Middleware

    from pages.app import history
    from pages.app.background import lifespan
    from pages.app.services import jobs, require_settings
    from pages.server import health, logs, metrics
    from pages.server.closed import ClosedAddresses
    from pages.server.headers import SecurityHeaders
    from pages.server.hosting import is_hosted
    from pages.server.hosts import KnownHosts, OwnPages
    from pages.server.uploads import Allowance, BoundedUploads

    require_settings()
    if is_hosted():
        logs.write_json()
    app = st.App(
        Path(__file__).parent / "pages" / "app" / "entrance.py",
        lifespan=lifespan,
        routes=[*history.routes(), *metrics.routes(jobs), *health.routes()],
        middleware=[
            Middleware(SecurityHeaders, html=history.html()),
            Middleware(KnownHosts),
            Middleware(OwnPages),
            Middleware(ClosedAddresses),
            Middleware(BoundedUploads, allowance=Allowance() if is_hosted() else None),
        ],
    )
else:
    from pages.app import entrance

    entrance.enter()
