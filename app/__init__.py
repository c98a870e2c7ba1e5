"""The Scumble program: window, command line and documents. The only place with Qt."""

__version__ = "0.4.0"
