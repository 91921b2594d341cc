"""What the server answers, by topic. Each module has `ROUTES`; `app.py` joins them."""
