"""What stands around Streamlit's own server: done once for all sessions, before any of them.

    from app import server
    app = st.App(__file__, middleware=server.MIDDLEWARE, lifespan=server.lifespan)

Nothing here changes what the page shows; without it the page is the same, only slower to come up.
"""

from app.server.around import MIDDLEWARE, lifespan

__all__ = ["MIDDLEWARE", "lifespan"]
