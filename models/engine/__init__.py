"""From a request to pixels: device, precision, memory, caches, and one stage per kind of edit.

A picture is a function of its request (base, edits, size). `engine` owns the machine (device,
precision, memory, networks), `renderer` walks through the edits and caches what each of them makes,
and every kind of edit has a file of its own that implements `stage.Stage`.

Adding a kind of edit: its dataclass in `models.edits`, a file here, a line in `renderer.STAGES`.
"""
