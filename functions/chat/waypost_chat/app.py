"""The app that the function serves: `waypost_chat.app.app`."""

import logging
import os

from waypost.settings import Settings
from waypost_chat.factory import create

logging.getLogger("botocore").setLevel(logging.WARNING)
app = create(Settings.from_env(os.environ))
