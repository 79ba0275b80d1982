"""The clinic: sick runs to diagnose and mend, overfitting and its cures, lr range test, initialisation."""

from pages.app.language import PageWords
from pages.app.tabs import panels
from pages.panels.diagnosis import initialisation, lr_range, overfitting, patients

words = PageWords("diagnosis")

# Show
panels(
    {
        "patients": patients.panel,
        "overfitting": overfitting.panel,
        "lr_range": lr_range.panel,
        "initialisation": initialisation.panel,
    },
    words,
    "diagnosis.tab",
)
