"""Everything that computes; knows no Streamlit."""
