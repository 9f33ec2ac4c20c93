"""Pure functions from core values to Plotly figures."""
