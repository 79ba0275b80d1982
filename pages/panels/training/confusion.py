"""The confusion matrix of a ResNet-18 run's last epoch, as the run reported it; judging again is too slow."""

import pandas as pd
import streamlit as st

from core.jobs.history import Confusion
from pages.app.class_names import class_names
from pages.app.language import PageWords

words = PageWords("training")


def confusion_table(confusion: Confusion) -> None:
    """Show the counts, a row for each true class, with its recall."""
    names = class_names()
    table = pd.DataFrame(confusion.counts, index=names, columns=names)
    table[words("transfer.recall")] = [
        f"{100 * row[index] / sum(row):.0f}%" if sum(row) else "–"
        for index, row in enumerate(confusion.counts)
    ]
    st.dataframe(table, height="content", key="training.confusion.table")
