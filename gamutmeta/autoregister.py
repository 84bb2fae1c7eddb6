"""Importing this module registers the Pillow plugin, for frameworks that load plugins by module name."""

from gamutmeta.pillow import register

register()
