"""Save and load: what a file of weights holds, what breaks when it is loaded, and networks to take along."""

from pages.shared.opening import open_page

words = open_page("saving")
