import logging
import os

from django.core.asgi import get_asgi_application

from tumorboard.ui.logs import Line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tumorboard.settings")
application = get_asgi_application()

# The lines of the server itself tell no exception's text either.
for handler in logging.getLogger("uvicorn").handlers:
    handler.setFormatter(Line("%(asctime)s %(levelname)s %(name)s %(message)s"))
