"""What is drawn: the one room that knows Streamlit and Altair."""
