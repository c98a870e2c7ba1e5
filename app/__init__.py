"""The Scumble program: window, command line and documents. The only place with Qt."""
