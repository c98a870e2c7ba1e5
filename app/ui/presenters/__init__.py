"""Presenters: each connects controllers with the widgets that show them, and nothing else does.

A presenter turns what a widget asks for into a call of a controller, and what a controller tells
into the plain values that a widget shows. Widgets know no controllers; controllers know no widgets.
"""
