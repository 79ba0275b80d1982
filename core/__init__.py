"""All computation; imports no Streamlit."""
