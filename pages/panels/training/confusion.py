"""The confusion matrix of a ResNet-18 run's last epoch, as the run reported it; judging again is too slow."""

import pandas as pd
import streamlit as st

from core.jobs import Run, latest_event
from pages.app.language import PageWords
from pages.app.services import jobs
from pages.shared.class_names import class_names

words = PageWords("training")


def confusion(run: Run) -> None:
    """Show the matrix; nothing for a run that has reported none."""
    event = latest_event(jobs().events(run.id), "confusion")
    if event is None:
        return
    names, counts = class_names(), event["counts"]
    total, right = sum(map(sum, counts)), sum(row[index] for index, row in enumerate(counts))
    st.markdown(words("transfer.confusion", epoch=event["epoch"], right=right, total=total))
    table = pd.DataFrame(counts, index=names, columns=names)
    table[words("transfer.recall")] = [
        f"{100 * row[index] / sum(row):.0f}%" if sum(row) else "–" for index, row in enumerate(counts)
    ]
    st.dataframe(table, height="content", key="training.confusion")
