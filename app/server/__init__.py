"""What stands around Streamlit's own server: done once for all sessions, before any of them.

    from app import server
    app = st.App(__file__, middleware=server.MIDDLEWARE, lifespan=server.lifespan)

Files from memory, the links and the policy in the page's head, messages without delay, the library
imported early, jobs ended in time. Nothing here changes what the page shows.
"""

from app.server.around import MIDDLEWARE, lifespan

__all__ = ["MIDDLEWARE", "lifespan"]
